import { MessageChannel, Worker, type MessagePort, type ResourceLimits } from "node:worker_threads";
import type { Connection, Spawner } from "../../kernel/connection.js";
import { NodeDown } from "../../kernel/errors.js";
import type { Node } from "../../kernel/node.js";
import type { Pid } from "../../kernel/ids.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { ExitKind, type SpawnId } from "../../kernel/wire.js";
import type { Job } from "../../tasks/job.js";
import type { Call } from "../../tasks/module-reference.js";
import { Board } from "./board.js";
import { PortWire } from "./port-wire.js";
import type { ThreadData } from "./worker.js";

export interface ThreadOptions {
  readonly concurrency: number;
  readonly worker: {
    readonly env?: NodeJS.ProcessEnv;
    readonly execArgv?: string[];
    readonly argv?: string[];
    readonly resourceLimits?: ResourceLimits;
  };
}

/** What happened to a thread's tasks when it died. */
export interface ThreadHost {
  readonly node: Node;
  /** One of its tasks ended: it has room. */
  freed(thread: Thread): void;
  /** It is gone; these tasks had not started, and are to be started elsewhere. */
  died(thread: Thread, unstarted: readonly Job[]): void;
}

/** A kill that is not answered within this many milliseconds stops the thread. */
const patience = 50;

/** How often a thread that has work is looked at, in milliseconds: the results of quick tasks are fetched when a slow one holds them up. */
const look = 10;

/** One task on one thread. */
class Seat implements Spawner {
  id: SpawnId = -1;

  constructor(
    readonly thread: Thread,
    readonly job: Job,
    /** The how manieth it is on its thread. */
    readonly order: number,
  ) {}

  announced(pid: Pid): void {
    this.job.announced(pid);
  }

  spawnEnded(reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    this.thread.ended(this, reason, value, duration, straggles);
  }
}

/** A worker thread: a node of its own, as its pool sees it. */
export class Thread {
  readonly name: string;
  readonly #host: ThreadHost;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #wire: PortWire;
  readonly #connection: Connection;
  readonly #board = new Board();
  #order = 0;
  #held = true;
  #looking: ReturnType<typeof setInterval> | undefined = undefined;
  #rounds = -1;
  #killed: Seat | undefined = undefined;
  #cause: { readonly error: unknown } | undefined = undefined;
  readonly exited: Promise<void>;
  /** How long its tasks take, in milliseconds: a moving average. */
  pace = 1;

  constructor(host: ThreadHost, name: string, { concurrency, worker }: ThreadOptions) {
    this.name = name;
    this.#host = host;
    const { port1, port2 } = new MessageChannel();
    const data: ThreadData = { name, parent: host.node.name, port: port2, board: this.#board.buffer, concurrency };
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), {
      ...worker,
      name,
      workerData: { taskward: data },
      transferList: [port2],
    });
    this.#port = port1;
    this.#wire = new PortWire(port1);
    this.#connection = host.node.connect(name, this.#wire);
    this.exited = new Promise((resolve) => {
      this.#worker.once("error", (error) => {
        this.#cause = { error };
      });
      this.#worker.once("exit", (code) => {
        this.#died(code);
        resolve();
      });
    });
    this.#letGo();
  }

  get load(): number {
    return this.#connection.spawnCount;
  }

  // ——— Tasks ———

  start(job: Job): void {
    const seat = new Seat(this, job, this.#order++);
    job.seat = seat;
    job.place = this.name;
    if (!this.#held) this.#hold();
    const { ref, args } = job.work as Call;
    seat.id = this.#connection.spawn(ref, args, job.spawnOptions, seat);
    this.#board.offer(seat.id);
  }

  ended(seat: Seat, reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    this.pace += (duration - this.pace) * 0.2;
    seat.job.seat = undefined;
    seat.job.beganAt(this.#board.startOf(seat.id));
    this.#left();
    seat.job.spawnEnded(reason, value, duration, straggles);
    this.#host.freed(this);
  }

  #left(): void {
    if (this.load === 0) setImmediate(this.#letGoWhenIdle);
  }

  startOf(job: Job): number | undefined {
    const seat = this.#seatOf(job);
    return seat === undefined ? undefined : this.#board.startOf(seat.id);
  }

  /** The task that would have waited longest here, taken back; undefined when none waits. */
  giveBack(): Job | undefined {
    if (this.load < 2) return undefined;
    const last = this.#seats().at(-1);
    return last !== undefined && this.#takeBack(last) ? last.job : undefined;
  }

  #takeBack(seat: Seat): boolean {
    if (!this.#board.takeBack(seat.id)) return false;
    this.#connection.disown(seat.id);
    seat.job.seat = undefined;
    this.#left();
    return true;
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    const seat = this.#seatOf(job);
    if (seat === undefined) return;
    if (this.#takeBack(seat)) {
      job.finish(reason === "kill" ? "killed" : reason, undefined, false);
      this.#host.freed(this);
      return;
    }
    this.#connection.exitSpawned(seat.id, job.supervisor.pid, reason, kind);
    if (reason === "kill" && kind !== ExitKind.link) this.#killAfterPatience(seat);
  }

  #killAfterPatience(seat: Seat): void {
    const timer = setTimeout(() => {
      if (seat.job.seat === seat) this.#kill(seat);
    }, patience);
    timer.unref();
  }

  #kill(culprit: Seat): void {
    this.#killed ??= culprit;
    void this.#worker.terminate();
  }

  #seatOf(job: Job): Seat | undefined {
    return job.seat instanceof Seat && job.seat.thread === this ? job.seat : undefined;
  }

  /** Its tasks, in the order in which they were handed over. */
  #seats(): Seat[] {
    return ([...this.#connection.spawners()] as Seat[]).sort((a, b) => a.order - b.order);
  }

  // ——— The handle: held while there is work, so that the program does not end before its results ———

  #hold(): void {
    this.#held = true;
    this.#looking = setInterval(this.#lookAfter, look);
    this.#worker.ref();
    this.#port.ref();
  }

  #letGo(): void {
    this.#held = false;
    clearInterval(this.#looking);
    this.#worker.unref();
    this.#port.unref();
  }

  readonly #lookAfter = (): void => {
    const { rounds } = this.#board;
    if (rounds === this.#rounds) this.#fetchKept();
    this.#rounds = rounds;
  };

  /** What was returned and not sent counts as if it had been. */
  #fetchKept(): void {
    for (const { id, value } of this.#board.kept()) this.#connection.disown(id)?.spawnEnded("normal", value, 0, false);
  }

  readonly #letGoWhenIdle = (): void => {
    if (this.load === 0 && this.#held) this.#letGo();
  };

  // ——— Its end ———

  /** The thread is gone. What it had sent and what it had kept still counts; then every task is accounted for. */
  #died(code: number): void {
    this.#wire.drain();
    this.#fetchKept();
    const unstarted: Job[] = [];
    const running: Seat[] = [];
    for (const seat of this.#seats()) {
      this.#connection.disown(seat.id);
      seat.job.seat = undefined;
      seat.job.beganAt(this.#board.startOf(seat.id));
      if (this.#board.takeBack(seat.id) && this.#board.isUp) unstarted.push(seat.job);
      else running.push(seat);
    }
    clearInterval(this.#looking);
    this.#port.close();
    this.#wire.lost(this.#reason(code, this.#killed));
    this.#host.died(this, unstarted);
    for (const seat of running) {
      if (seat === this.#killed) seat.job.finish("killed", undefined, false);
      else seat.job.finish(this.#reason(code, this.#killed ?? (running.length > 1 ? running[0] : undefined)), undefined, false);
    }
  }

  #reason(exitCode: number, culprit: Seat | undefined): NodeDown {
    const cause = this.#cause?.error;
    const outOfMemory = (cause as NodeJS.ErrnoException | undefined)?.code === "ERR_WORKER_OUT_OF_MEMORY";
    return new NodeDown(this.name, {
      ...(culprit === undefined ? {} : { culprit: culprit.job.toString() }),
      ...(cause === undefined ? { exitCode } : { cause }),
      ...(outOfMemory ? { what: "its memory is exhausted" } : this.#board.isUp ? {} : { what: "it could not start" }),
    });
  }

  /** Ends the thread, whatever it does. */
  async stop(): Promise<void> {
    this.#hold();
    await Promise.all([this.#worker.terminate(), this.exited]);
  }
}
