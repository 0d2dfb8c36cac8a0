import { ambience } from "../kernel/ambience.js";
import type { Spawner } from "../kernel/connection.js";
import { TaskTimeout } from "../kernel/errors.js";
import type { CrashDetails } from "../kernel/crash-report.js";
import type { Pid, Ref } from "../kernel/ids.js";
import type { Process } from "../kernel/process.js";
import { type ExitReason, isOrderly } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import { takeMark } from "../kernel/transfer.js";
import { ExitKind, type SpawnId, type SpawnOptions, type Tidings } from "../kernel/wire.js";
import { type Around, Work } from "../kernel/work.js";
import { Call } from "./module-reference.js";
import type { Crew } from "./crew.js";

/** What a task runs: a closure, which is given its process' `self`, or a call of a module's function. */
export type TaskWork<T = unknown> = ((self: Self) => T | PromiseLike<T>) | Call<T>;

/** How a task is stopped: asked first and killed after so many milliseconds, or killed at once. */
export type Shutdown = number | "brutal_kill";

/** Another node, as the jobs that run there see it. */
export interface Seat {
  /** The job is no longer there. Answers when it began, in milliseconds since the epoch, where it did. */
  left(job: Job, duration: number, reason: ExitReason): number | undefined;
  /** There is room for another one. */
  freed(): void;
  /** The job has to wait there; or has waited, and begins when that is sent to this address. */
  waits?(begin: Ref | undefined): void;
}

/** What of a task's options concerns when and where it starts. */
export interface Placing {
  /** Those with a higher one start before others that wait. Default 0. */
  readonly priority?: number | undefined;
  /** Tasks with the same key run on the same node of a pool, as long as that lives. */
  readonly affinity?: string | number | undefined;
}

/** Milliseconds since the epoch; one object for all that happens at that time, for a number of its own in each would cost more than reading the clock. */
export interface Moment {
  readonly at: number;
}

/** Whoever a job's outcome belongs to, for fairness: those of one client are queued in their order, clients take turns. */
export type Client = object;

/**
 * A piece of work under a supervisor, from `submit` to its one end, wherever it runs. What its outcome means is the business of the
 * subclass: a Task, a runner's task, a child.
 */
export abstract class Job extends Work implements Spawner {
  declare readonly supervisor: Crew;
  declare readonly work: TaskWork;
  declare readonly callers: readonly Pid[];
  declare readonly label: string | undefined;
  /** Neighbours among the children of its supervisor. */
  elder: Job | null = null;
  younger: Job | null = null;
  state: "new" | "queued" | "placed" | "ended" = "new";
  /** The node that it was handed to, where that is another one, and its number there. */
  seat: Seat | undefined = undefined;
  spawnId: SpawnId = -1;
  /** When it was submitted, where its place wants to know. */
  submitted: Moment | undefined = undefined;
  /** The how manieth it was that its supervisor handed to a place. */
  turn = 0;
  /** The node that it ran on. */
  place: string | undefined = undefined;
  /** How long it ran, in milliseconds. */
  duration: number | undefined = undefined;
  /** Is called with its progress, where somebody asked for that: most jobs have no place for it. */
  declare onProgress?: ((value: unknown) => void) | undefined;
  #pid: Pid | undefined = undefined;
  #began: number | undefined = undefined;
  /** Whether its outcome has been told, or concerns nobody any more. */
  #outcome: "open" | "told" | "forgotten" = "open";
  #timer: unknown = undefined;
  #released: (() => void)[] | undefined = undefined;

  constructor(supervisor: Crew, work: TaskWork, callers: readonly Pid[], label: string | undefined) {
    super();
    this.supervisor = supervisor;
    this.work = work;
    this.callers = callers;
    this.label = label;
  }

  /** Its outcome is known. Called once for each time it was submitted. */
  protected abstract settled(reason: ExitReason, value: unknown): void;
  abstract get client(): Client;
  abstract readonly options: Placing | undefined;

  /** Wants to know its pid as soon as there is one, wherever it runs. */
  get wantsPid(): boolean {
    return false;
  }

  /** Milliseconds that it may run; undefined for no limit of its own. */
  get limit(): number | undefined {
    return undefined;
  }

  // ——— What it looks like ———

  /** The pid of its process, once that is known. Tasks elsewhere are asked for it only where somebody wants to link to them. */
  get pid(): Pid | undefined {
    return this.process?.pid ?? this.#pid;
  }

  get parent(): Pid {
    return this.supervisor.pid;
  }

  get args(): readonly unknown[] | undefined {
    return this.work instanceof Call ? this.work.args : undefined;
  }

  get runs(): string {
    return this.work instanceof Call ? this.work.name : this.work.name || "(anonymous function)";
  }

  /** When it began to run, in milliseconds since the epoch; undefined when it has not. */
  get startedAt(): number | undefined {
    return this.#began ?? (this.state === "placed" ? this.supervisor.place.startedAt(this) : undefined);
  }

  override toString(): string {
    const name = this.label ?? (this.runs === "(anonymous function)" ? "an anonymous function" : this.runs);
    return this.pid === undefined ? `task ${name}` : `task ${name} ${this.pid}`;
  }

  /** What travels with it to another node. */
  get spawnOptions(): SpawnOptions | undefined {
    return { label: this.label, callers: this.callers, announce: this.wantsPid, ...(this.onProgress && { progress: true }) };
  }

  // ——— Its life ———

  override get around(): Around | undefined {
    return ambience.active?.around(this);
  }

  /** It is handed to its place. */
  handed(): void {
    // Most need not know.
  }

  protected begun(_process: Process): void {
    this.place = this.supervisor.node.name;
  }

  announced(pid: Pid): void {
    this.#pid = pid;
  }

  waits(begin: Ref | undefined): void {
    this.seat?.waits?.(begin);
  }

  /** Nothing is heard of it once its outcome has been told, or when it concerns nobody (1). */
  told(_what: Tidings, value: unknown): void {
    try {
      if (this.#outcome === "open") this.onProgress?.(value);
    } catch (error) {
      void Promise.reject(error as Error); // the listener's own mistake, which must not become the task's
    }
  }

  /** It is going to run again, as new. */
  protected reset(): void {
    this.process = undefined;
    this.over = false;
    this.state = "new";
    this.duration = this.#began = this.#pid = undefined;
    this.#outcome = "open";
  }

  /** Starts the clock of a job with a limit of its own. When the time is up while it still waits somewhere, the clock starts anew. */
  startClock(): void {
    const { limit } = this;
    if (limit !== undefined) this.#armClock(limit, limit);
  }

  stopClock(): void {
    if (this.#timer !== undefined) this.supervisor.node.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  #armClock(limit: number, delay: number): void {
    const { clock } = this.supervisor.node;
    this.#timer = clock.set(() => {
      this.#timer = undefined;
      const began = this.startedAt;
      const left = began === undefined ? limit : began + limit - clock.now();
      if (left >= 1) {
        this.#armClock(limit, left);
        return;
      }
      const name = this.toString();
      this.tell(new TaskTimeout(name, limit), undefined);
      this.stop(this.supervisor.shutdown);
    }, delay);
  }

  spawnEnded(reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    this.duration = duration;
    const { seat } = this;
    this.seat = undefined;
    this.#began = seat?.left(this, duration, reason);
    this.finish(reason, value, straggles);
    seat?.freed();
  }

  finish(reason: ExitReason, value: unknown, _straggles: boolean): void {
    if (this.state === "ended") return;
    takeMark(value); // it has arrived
    this.#began = this.startedAt;
    this.over = true;
    const wasPlaced = this.state === "placed";
    this.state = "ended";
    this.stopClock();
    if (this.process !== undefined && this.#began !== undefined) this.duration = Math.max(0, this.supervisor.node.clock.coarse() - this.#began);
    this.supervisor.released(this, wasPlaced);
    const released = this.#released;
    this.#released = undefined;
    this.tell(reason, value);
    if (released !== undefined) for (const wake of released) wake();
  }

  /** Tells the outcome, unless it has been told: a task whose time was up ended then, whatever it still does. */
  protected tell(reason: ExitReason, value: unknown): void {
    if (this.#outcome === "told") return;
    const wanted = this.#outcome === "open";
    this.#outcome = "told";
    if (!isOrderly(reason) && reason !== "killed") this.supervisor.node.report(this, reason, wanted && this.isWatched, this.details);
    if (wanted) this.settled(reason, value);
  }

  /** It is not started again, however it ends. */
  retire(): void {
    // Most jobs run once anyway.
  }

  /** The outcome concerns nobody any more: it is dropped when it comes, and a crash is nobody's business. */
  forget(): void {
    if (this.#outcome === "open") this.#outcome = "forgotten";
  }

  /** True when somebody is told of a crash: then it needs no printing. */
  protected get isWatched(): boolean {
    return true;
  }

  /** What else a report of its crash is to say. */
  protected get details(): CrashDetails | undefined {
    return undefined;
  }

  get reports(): boolean {
    return true;
  }

  /** Stops it: out of the queue at once; when it runs, asked first, and killed when the time is up. */
  stop(how: Shutdown, reason: ExitReason = "shutdown"): void {
    if (this.state === "ended" || this.state === "new") return;
    const brutal = how === "brutal_kill" || how === 0;
    if (this.state === "queued") {
      this.finish(brutal ? "killed" : reason, undefined, false);
      return;
    }
    this.stopClock();
    if (brutal) this.supervisor.place.exit(this, "kill", ExitKind.signal);
    else {
      this.supervisor.place.exit(this, reason, ExitKind.ask);
      this.#killAfter(how);
    }
  }

  #killAfter(grace: number): void {
    if ((this.state as string) === "ended" || grace === Infinity) return; // the place has ended it meanwhile
    this.#timer = this.supervisor.node.clock.set(() => {
      this.#timer = undefined;
      this.supervisor.place.exit(this, "kill", ExitKind.signal);
    }, grace);
  }

  /** Sends its process an exit signal that is no request: what a link would do. */
  exit(reason: ExitReason): void {
    if (this.state === "placed") this.supervisor.place.exit(this, reason, ExitKind.signal);
    else if (this.state === "queued") this.finish(reason, undefined, false);
  }

  /** Resolves when it has ended and its place is free. */
  whenReleased(): Promise<void> {
    if (this.state === "ended" || this.state === "new") return Promise.resolve();
    return new Promise((resolve) => {
      (this.#released ??= []).push(resolve);
    });
  }
}

/** The order in which to stop jobs: those that wait first, or they would take the places of those that run. */
export const waitingFirst = <J extends Job>(jobs: readonly J[]): J[] => [
  ...jobs.filter(({ state }) => state === "queued"),
  ...jobs.filter(({ state }) => state !== "queued"),
];
