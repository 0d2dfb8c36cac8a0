import { Restarts } from "../behaviours/restarts.js";
import { type Context, ambience } from "../kernel/ambience.js";
import { MaxChildren, NotPortable, SupervisorDown } from "../kernel/errors.js";
import type { LocalName, Pid } from "../kernel/ids.js";
import { Exit } from "../kernel/messages.js";
import type { Node } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import { eventLoop } from "./event-loop.js";
import { FairQueue, type Queue } from "./fair-queue.js";
import { type Job, type Shutdown, type TaskWork, waitingFirst } from "./job.js";
import { Call } from "./module-reference.js";
import type { Place, PlaceFactory, PlaceHost } from "./place.js";
import { checkWork } from "./work-options.js";

export interface CrewOptions {
  readonly name?: LocalName;
  readonly on?: PlaceFactory;
  readonly concurrency?: number;
  readonly maxChildren?: number;
  readonly shutdown?: Shutdown;
  readonly context?: readonly Context[];
  readonly maxRestarts?: number;
  readonly maxSeconds?: number;
}

/** By their processes, to be found by their names. */
const crews = new WeakMap<object, Crew>();

/**
 * The engine of a TaskSupervisor: the jobs that wait and those that run, how many may, and their place. Its process is what can be
 * linked, named and killed.
 */
export class Crew implements PlaceHost {
  declare readonly node: Node;
  declare readonly pid: Pid;
  declare readonly name: LocalName | undefined;
  declare readonly shutdown: Shutdown;
  /** What its tasks take along to where they run. */
  declare readonly context: readonly Context[] | undefined;
  declare readonly place: Place;
  /** Those of its children. */
  declare readonly restarts: Restarts;
  readonly #process: Process;
  readonly #queue: Queue;
  readonly #concurrency: number;
  readonly #maxChildren: number;
  /** How many jobs there may be: what the place runs at once, and what may wait beyond. */
  readonly #most: number;
  /** Whoever waits until there may be another job. */
  readonly #waiters: (() => void)[] = [];
  #youngest: Job | null = null;
  #count = 0;
  #running = 0;
  #turn = 0;
  #down: { readonly reason: ExitReason } | undefined = undefined;
  /** It takes no more jobs: it is down, or will be when those that it has have ended. */
  #refuses: { readonly reason: ExitReason } | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

  constructor(node: Node, options: CrewOptions) {
    const { name, on = eventLoop, concurrency = Infinity, maxChildren = Infinity, shutdown = 500, context } = options;
    this.node = node;
    this.name = name;
    this.shutdown = shutdown;
    this.context = context;
    this.restarts = new Restarts(options.maxRestarts, options.maxSeconds);
    this.#concurrency = concurrency;
    this.#maxChildren = maxChildren;
    this.place = on(this); // first, for it may throw
    const { maxQueue = Infinity, parallelism, queue = new FairQueue() } = this.place;
    this.#queue = queue;
    this.#most = Math.min(maxChildren, maxQueue + Math.min(concurrency, parallelism));
    // It has a pid and a name, can be linked, monitored and killed, and does nothing that can fail.
    const supervise = async (self: Self): Promise<void> => {
      for (;;) {
        const message = await self.receive();
        if (message instanceof Exit && message.reason !== "normal") void this.stop(message.reason);
      }
    };
    this.#process = node.start(supervise as (...args: never[]) => unknown, {
      label: "TaskSupervisor",
      ender: {
        // Killed, it could not see to its tasks itself. Else there are none any more.
        ended: (_process, reason) => this.#stop(reason),
      },
    });
    // What is to end it can wait until its tasks have ended.
    this.#process.trapExit = true;
    this.pid = this.#process.pid;
    crews.set(this.#process, this);
    if (name !== undefined) this.#process.register(name);
  }

  /** The one that has this name now. */
  static at(node: Node, name: LocalName): Crew | undefined {
    const process = node.named(name);
    return process && crews.get(process);
  }

  get isRunning(): boolean {
    return !this.#down;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#count - this.#running;
  }

  toString(): string {
    return `TaskSupervisor ${String(this.name ?? this.pid)}`;
  }

  /** Refuses what this supervisor's place cannot run. */
  checked<T>(work: TaskWork<T>, what: string): TaskWork<T> {
    checkWork(what, work);
    if (this.place.kind !== "this event loop" && !(work instanceof Call))
      throw new NotPortable(this.place.kind, `the function ${work.name || "(anonymous)"}`);
    return work;
  }

  /** Takes a job on: starts it, or has it wait. @throws SupervisorDown, MaxChildren, what the place throws when it is full */
  submit(job: Job): void {
    this.#mustTake();
    if (this.#count >= this.#maxChildren) throw new MaxChildren(this.toString(), this.#maxChildren);
    if (this.#count >= this.#most) throw this.place.full?.(this.#count, this.#most);
    this.#enlist(job);
    if (this.#queue.length === 0 && this.#running < this.#concurrency && this.place.hasRoom()) this.#start(job);
    else {
      job.state = "queued";
      this.#queue.push(job);
    }
  }

  #mustTake(): void {
    if (this.#refuses) throw new SupervisorDown(this.toString(), this.#refuses.reason);
  }

  #enlist(job: Job): void {
    ambience.active?.keep(job, job.client);
    this.#count++;
    job.submitted = this.place.moment?.();
    job.elder = this.#youngest;
    if (job.elder !== null) job.elder.younger = job;
    this.#youngest = job;
  }

  /** Calls back, once, when another job may be submitted, or none ever will. */
  whenRoom(callback: () => void): void {
    this.#waiters.push(callback);
  }

  #wake(): void {
    while (this.#waiters.length > 0 && (this.#count < this.#most || this.#refuses)) this.#waiters.shift()?.();
  }

  #start(job: Job): void {
    this.#hand(job);
    job.handed();
    this.place.start(job);
  }

  #hand(job: Job): void {
    this.#running++;
    job.state = "placed";
    job.turn = this.#turn++;
    if (job.limit !== undefined) job.startClock();
  }

  /** Goes on with a job that was begun for an earlier program, on the node that has it. @throws SupervisorDown */
  adopt(job: Job, node: string): void {
    this.#mustTake();
    this.#enlist(job);
    this.#hand(job);
    if (this.place.adopt === undefined) job.finish("noconnection", undefined, false);
    else this.place.adopt(job, node);
  }

  feed(): void {
    while (this.isRunning && this.#queue.length > 0 && this.#running < this.#concurrency && this.place.hasRoom()) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#start(job);
    }
  }

  takeBack(job: Job): void {
    if (job.state !== "placed") return;
    this.#running--;
    job.state = "queued";
    job.stopClock();
    this.#queue.putBack?.(job);
  }

  /** A job has ended. */
  released(job: Job, wasPlaced: boolean): void {
    const { elder, younger } = job;
    if (younger === null) this.#youngest = elder;
    else younger.elder = elder;
    if (elder !== null) elder.younger = younger;
    job.elder = job.younger = null;
    this.#count--;
    if (wasPlaced) this.#running--;
    else this.#queue.dropped();
    if (this.#queue.length > 0) this.feed();
    if (this.#waiters.length > 0) this.#wake();
  }

  /** The jobs that wait or run, oldest first. */
  jobs(): Job[] {
    const jobs: Job[] = [];
    for (let job = this.#youngest; job !== null; job = job.elder) jobs.push(job);
    return jobs.reverse();
  }

  /** Takes no more jobs, and stops when those that it has have ended, or after so many milliseconds. */
  async drain(reason: ExitReason, most: number): Promise<void> {
    this.#refuses ??= { reason };
    this.#wake();
    const jobs = this.jobs();
    for (const job of jobs) job.retire();
    const { clock } = this.node;
    let timer: unknown;
    const timeUp = new Promise((resolve) => (timer = clock.set(resolve as () => void, most)));
    await Promise.race([released(jobs), timeUp]);
    clock.clear(timer);
    return this.stop(reason);
  }

  /** Ends everything, and the supervisor's process last. Resolves when nothing is left. */
  stop(reason: ExitReason): Promise<void> {
    if (this.isRunning) this.#stop(reason);
    return this.#closed as Promise<void>;
  }

  #stop(reason: ExitReason): void {
    this.#refuses = this.#down = { reason };
    this.#wake();
    const jobs = waitingFirst(this.jobs().reverse());
    const how = reason === "killed" ? "brutal_kill" : this.shutdown;
    for (const job of jobs) {
      job.retire();
      job.stop(how);
    }
    this.#closed ??= released(jobs)
      .then(() => this.place.close())
      .finally(() => this.#process.terminate(reason));
  }
}

const released = (jobs: readonly Job[]): Promise<unknown> => Promise.all(jobs.map((job) => job.whenReleased()));

const roots = new WeakMap<Node, Crew>();

/** Whom tasks of `Task.async` and the like belong to: on the node's own event loop, with no limits. */
export function rootCrew(node: Node): Crew {
  let root = roots.get(node);
  if (root?.isRunning !== true) {
    root = new Crew(node, {});
    roots.set(node, root);
  }
  return root;
}
