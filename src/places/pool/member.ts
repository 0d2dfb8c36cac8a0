import { type Connection, connect } from "../../kernel/connection.js";
import { NodeDown } from "../../kernel/errors.js";
import { type Pid, makePid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { tellTied } from "../../kernel/peers.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { isGone } from "../../kernel/transfer.js";
import { ExitKind, type SpawnId } from "../../kernel/wire.js";
import type { Job, Seat } from "../../tasks/job.js";
import type { Call } from "../../tasks/module-reference.js";
import { type Printed, type Stream, isPrinted } from "./beginning.js";
import type { Board } from "../board/board.js";
import { optionsOf } from "../spawn-options.js";
import type { Carrier, Death, Launch } from "./carrier.js";
import { type HostTimer, type HostTimers, hostTimers } from "./host-timers.js";
import type { Meter } from "./meter.js";
import { Lines, type Output } from "./lines.js";

export interface MemberOptions {
  /** How many tasks run at once on each node. */
  readonly concurrency: number;
  /** How many tasks it may have in its life. */
  readonly recycleAfter: number;
  /** Who is told of what it prints. */
  readonly lines: { readonly stdout: Output; readonly stderr: Output };
  readonly launch: Launch;
  /** By what it waits for its nodes. Default: the host's. */
  readonly timers?: HostTimers;
}

/** The pool, as its members see it. */
export interface MemberHost {
  readonly node: Node;
  /** The parent of what runs there. */
  readonly supervisor: Pid;
  readonly meter: Meter;
  /** One of its tasks ended: it has room. */
  freed(member: Member): void;
  /** These tasks waited behind one that takes long, and are to be started elsewhere. */
  returned(jobs: readonly Job[]): void;
  /** It has just been given the last task that it may have. */
  spent(member: Member): void;
  /** It has nothing to do. */
  idles(member: Member): void;
  /** It is gone, which nobody knows yet; these tasks had not started, and are to be started elsewhere. Answers what is to be called when all have been told. */
  died(member: Member, unstarted: readonly Job[]): () => void;
}

/** A kill that is not answered within this many milliseconds stops the node: sooner where no other task runs there that would be stopped with it. */
const patience = { alone: 5, among: 50 };

/** An idle node that has not ended by itself within this many milliseconds, for a task has left a timer, say, is stopped. */
const leaveTaking = 250;

/** How many milliseconds of work a node has at hand beyond the task that it runs, so that it never waits for the next message. */
const supply = 2;
const mostAtHand = 500;
const few = 8;

/** How often a node that has work is looked at, in milliseconds: results are fetched, and tasks taken elsewhere, that a slow one holds up. */
const look = 10;

/**
 * A node that says nothing and starts nothing is held up by something else than its tasks: a timer's loop, a SIGSTOP. After so many looks what waits
 * there goes elsewhere; after as many as the second, when it would harm no task, the node is stopped.
 */
const silent = 10;
const silentTooLong = 100;
/** A node that takes so many looks to start may be stopped as well, or its set-up takes long: its tasks go elsewhere meanwhile. */
const slow = 500;

/** A node of a pool, as the pool sees it: its tasks, and what becomes of them. */
export class Member implements Seat {
  readonly name: string;
  readonly #host: MemberHost;
  readonly #carrier: Carrier;
  readonly #board: Board;
  readonly #connection: Connection;
  #held = true;
  #looking: HostTimer | undefined = undefined;
  #rounds = -1;
  #isUp = false;
  /** For how many looks nothing has come from it. */
  #silence = 0;
  #dead = false;
  #stopping = false;
  #killed: Job | undefined = undefined;
  /** What it sent cannot be read here: whom that was for is not known. */
  #garbled: Death | undefined = undefined;
  readonly exited: Promise<void>;
  readonly #concurrency: number;
  readonly #timers: HostTimers;
  /** How long its tasks take, in milliseconds: a moving average. */
  #pace = 1;
  #room: number;
  /** How many tasks it has been given and has kept, and how many it may have. */
  #given = 0;
  /** How many tasks have ended there. */
  ended = 0;
  readonly #most: number;
  /** Since when it has had nothing to do, in milliseconds since the epoch; `Infinity` while it has. */
  idleSince = Number.POSITIVE_INFINITY;
  #stopped: Promise<void> | undefined = undefined;
  readonly #lines: Readonly<Record<Stream, Lines | undefined>>;

  constructor(host: MemberHost, name: string, { concurrency, recycleAfter, lines: { stdout, stderr }, launch, timers = hostTimers }: MemberOptions) {
    this.name = name;
    this.#host = host;
    this.#concurrency = concurrency;
    this.#timers = timers;
    this.#room = concurrency + 1;
    this.#most = recycleAfter;
    const lines = (output: Output, stream: Stream): Lines | undefined => (typeof output === "function" ? new Lines(output, stream, name) : undefined);
    this.#lines = { stdout: lines(stdout, "stdout"), stderr: lines(stderr, "stderr") };
    this.#carrier = launch({ name, parent: host.node.name, supervisor: host.supervisor }, this.#print);
    this.#board = this.#carrier.board;
    this.#carrier.wire.unreadable = (cause) => {
      this.#garbled ??= { cause, what: "what it sent cannot be read here" };
      this.#carrier.terminate();
    };
    this.#connection = connect(host.node, name, this.#carrier.wire);
    this.#connection.capacity = concurrency;
    this.#connection.killing = (pid) => {
      const job = this.#jobs().find((one) => this.#pidOf(one) === pid);
      if (job !== undefined) this.#killAfterPatience(job, job.spawnId);
    };
    this.exited = this.#carrier.exited.then((death) => {
      this.#died(this.#garbled ?? death);
    });
    this.#letGo();
  }

  get load(): number {
    return this.#connection.spawnCount;
  }

  /** It ends because it is told to. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  // ——— Tasks ———

  /** How many tasks it may have: those it runs, and enough of the next ones to keep it going. */
  get room(): number {
    return this.#given < this.#most ? this.#room : 0;
  }

  /** It has had as many tasks as it may have, and has none left. */
  get isUsedUp(): boolean {
    return this.#given >= this.#most && this.load === 0;
  }

  /** It has come as far as taking tasks. */
  get isUp(): boolean {
    return this.#board.isUp;
  }

  start(job: Job): void {
    job.seat = this;
    job.place = this.name;
    if (!this.#held) this.#hold();
    const { ref, args } = job.work as Call;
    job.spawnId = this.#connection.spawn(ref, args, optionsOf(job), job);
    this.#board.offer(job.spawnId);
    if (++this.#given === this.#most) this.#host.spent(this);
  }

  left(job: Job, duration: number, reason: ExitReason): number | undefined {
    this.ended++;
    // Of quick tasks, the node has as many at hand as there may be, and one more tells nothing new.
    if (duration > supply / mostAtHand || this.#room < this.#concurrency + mostAtHand) this.#setRoom(duration);
    this.#letGoSoon();
    const began = this.#board.startOfEnded(job.spawnId, duration);
    this.#host.meter.ended(reason !== "normal", began === undefined || job.submitted === undefined ? undefined : began - job.submitted.at, duration);
    return began;
  }

  #setRoom(duration: number): void {
    this.#pace += (duration - this.#pace) * 0.2;
    this.#room = this.#concurrency + Math.min(mostAtHand, Math.max(1, Math.ceil(supply / Math.max(this.#pace, 0.001))));
  }

  freed(): void {
    if (!this.#dead) this.#host.freed(this);
  }

  #letGoSoon(): void {
    if (this.load === 0) this.#timers.setImmediate(this.#letGoWhenIdle);
  }

  /** When the tasks that run there began. */
  begun(): number[] {
    return this.#jobs().flatMap((job) => this.#board.startOf(job.spawnId) ?? []);
  }

  startOf(job: Job): number | undefined {
    return job.seat === this ? this.#board.startOf(job.spawnId) : undefined;
  }

  /** So few tasks wait here that they are not those of a stream of quick ones. */
  get holdsFew(): boolean {
    return this.load <= this.#concurrency + few;
  }

  /** The first of the tasks that wait here, taken back; undefined when none waits. */
  giveBack(): Job | undefined {
    if (this.load <= this.#concurrency) return undefined;
    return this.#jobs().find((job) => job.options?.affinity === undefined && this.#isMovable(job) && this.#takeBack(job));
  }

  /** What was transferred to it is there, or gone with it: the job runs there or nowhere. */
  #isMovable(job: Job): boolean {
    return !isGone(job.args);
  }

  #takeBack(job: Job): boolean {
    if (!this.#board.takeBack(job.spawnId)) return false;
    this.#connection.disown(job.spawnId);
    job.seat = undefined;
    this.#given--;
    this.#letGoSoon();
    return true;
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    if (job.seat !== this) return;
    if (this.#takeBack(job)) {
      job.finish(reason === "kill" ? "killed" : reason, undefined, false);
      this.freed();
      return;
    }
    this.#connection.exitSpawned(job.spawnId, job.supervisor.pid, reason, kind);
    if (reason === "kill" && kind !== ExitKind.link) this.#killAfterPatience(job, job.spawnId);
  }

  #killAfterPatience(job: Job, id: SpawnId): void {
    const timer = this.#timers.setTimeout(
      () => {
        if (job.seat !== this || job.spawnId !== id || (this.#concurrency === 1 && this.#spared(job).length > 0)) return;
        this.#killed ??= job;
        this.#carrier.terminate();
      },
      this.#concurrency === 1 ? patience.alone : patience.among,
    );
    timer.unref();
  }

  /** Has what waits behind a task run elsewhere, or it would start now. Answers those that have begun: the task's end is on its way, and they are not to be taken along. */
  #spared(job: Job): Job[] {
    const others = this.#jobs().filter((one) => one !== job);
    this.#room = 1; // until one ends
    this.#host.returned(others.filter((one) => this.#isMovable(one) && this.#takeBack(one)));
    return others.filter((one) => this.startOf(one) !== undefined);
  }

  /** Its tasks, in the order in which they were handed over. */
  #jobs(): Job[] {
    return ([...this.#connection.spawners()] as Job[]).sort((a, b) => a.turn - b.turn);
  }

  // ——— The handle: held while there is work, so that the program does not end before its results ———

  #hold(): void {
    if (this.#held) return; // a second interval would never be cleared
    this.#held = true;
    this.idleSince = Number.POSITIVE_INFINITY;
    this.#looking = this.#timers.setInterval(this.#lookAfter, look);
    this.#carrier.ref();
  }

  #letGo(): void {
    this.#held = false;
    this.#timers.clear(this.#looking);
    this.#carrier.unref();
    this.idleSince = this.#host.node.clock.coarse();
    this.#host.idles(this);
  }

  readonly #lookAfter = (): void => {
    const { rounds } = this.#board;
    // That it is up is the first that it says.
    const speaks = rounds !== this.#rounds || (!this.#isUp && (this.#isUp = this.#board.isUp));
    if (!speaks) {
      this.#fetchKept();
      this.#returnWaiting();
    } else {
      this.#silence = 0;
      if (this.#room === 0) this.#speaksAgain();
    }
    this.#rounds = rounds;
  };

  /** Nothing has come from it since the last look: what waits there does so behind tasks that take long, and nothing is added until one of them ends. */
  #returnWaiting(): void {
    const jobs = this.#jobs();
    const running = jobs.filter((job) => this.startOf(job) !== undefined).length;
    const silence = jobs.length > running || this.#room === 0 ? ++this.#silence : (this.#silence = 0);
    if (running < this.#concurrency && silence < (this.#isUp ? silent : slow)) return;
    if (this.#isUp && running === 0 && silence > silentTooLong) this.#carrier.terminate();
    if (jobs.length === running) return;
    this.#room = Math.min(this.#room, running);
    this.#host.returned(jobs.filter((job) => this.#isMovable(job) && this.#takeBack(job)));
  }

  #speaksAgain(): void {
    this.#room = this.#concurrency + 1;
    this.#letGoSoon();
    this.freed();
  }

  /** What was returned and not sent counts as if it had been. */
  #fetchKept(): void {
    for (const { id, value } of this.#board.kept()) this.#connection.disown(id)?.spawnEnded("normal", value, 0, false);
  }

  readonly #letGoWhenIdle = (): void => {
    // One that is silent is watched until it speaks or is stopped.
    if (this.load === 0 && this.#held && !this.#stopping && this.#room > 0) this.#letGo();
  };

  readonly #print = (printed: Printed): void => {
    if (!isPrinted(printed)) {
      this.#carrier.wire.unreadable(new TypeError("it is neither a batch of signals nor something printed"));
      return;
    }
    const { stream, text, id } = printed;
    this.#lines[stream]?.push(text, id === undefined ? undefined : this.#jobs().find(({ spawnId }) => spawnId === id));
  };

  // ——— Its end ———

  /** The node is gone. What it had sent and what it had kept still counts; then every task is accounted for. */
  #died(death: Death): void {
    this.#dead = true;
    const { wire } = this.#carrier;
    wire.drain();
    this.#fetchKept();
    const unstarted: Job[] = [];
    const running: Job[] = [];
    for (const job of this.#jobs()) {
      this.#connection.disown(job.spawnId);
      if (this.#board.takeBack(job.spawnId) && this.#board.isUp && this.#isMovable(job)) {
        job.seat = undefined;
        unstarted.push(job);
      } else running.push(job);
    }
    for (const lines of Object.values(this.#lines)) lines?.end();
    this.#timers.clear(this.#looking);
    // First: whoever is told may have had some of them ended, or want others to start.
    const allTold = this.#host.died(this, unstarted);
    const killed = this.#killed && this.#pidOf(this.#killed);
    // Its node was stopped because it had to be, to kill it: whoever is tied to it is told of that (K6), as its owner is.
    if (killed !== undefined) tellTied(this.#host.node, (address) => address === killed, "killed");
    wire.lost(this.#reason(death, this.#killed));
    allTold();
    for (const job of running) {
      // Of several that ran at the same time, any may have done it.
      const culprit = this.#killed ?? (this.#concurrency === 1 && running.length > 1 ? running[0] : undefined);
      const began = this.#board.startOf(job.spawnId);
      const duration = began === undefined ? 0 : Math.max(0, this.#host.node.clock.now() - began);
      job.spawnEnded(job === this.#killed ? "killed" : this.#reason(death, culprit), undefined, duration, false);
    }
    this.#carrier.close();
  }

  #pidOf(job: Job): Pid | undefined {
    const number = this.#board.processOf(job.spawnId);
    return job.pid ?? (number === undefined ? undefined : makePid(this.name, number));
  }

  #reason({ exitCode, signal, cause, what = this.#board.trouble }: Death, culprit: Job | undefined): NodeDown {
    return new NodeDown(this.name, {
      ...(culprit === undefined ? {} : { culprit: culprit.toString() }),
      ...(cause === undefined ? {} : { cause }),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(signal === undefined ? {} : { signal }),
      ...(what === undefined ? {} : { what }),
    });
  }

  /** Ends the node, whatever it does. One that does nothing ends by itself: what its tasks printed gets out then, and is lost otherwise. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#hold();
    this.#carrier.wire.sayFarewell();
    const timer = this.#timers.setTimeout(
      () => {
        this.#carrier.terminate();
      },
      this.load === 0 ? leaveTaking : 0,
    );
    await this.exited;
    this.#timers.clear(timer);
  }
}
