import { type Context, ambience } from "../kernel/ambience.js";
import { MaxChildren, NotPortable, SupervisorDown } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import type { ExitKind } from "../kernel/wire.js";
import { eventLoop } from "./event-loop.js";
import { FairQueue } from "./fair-queue.js";
import { type Job, type Shutdown, type TaskWork, waitingFirst } from "./job.js";
import { Call } from "./module-reference.js";
import type { Place, PlaceFactory, PlaceHost } from "./place.js";
import { checkWork } from "./work-options.js";

export interface CrewOptions {
  readonly node: Node;
  readonly name: string | undefined;
  readonly on: PlaceFactory;
  readonly concurrency: number;
  readonly maxChildren: number;
  readonly shutdown: Shutdown;
  readonly context?: readonly Context[] | undefined;
}

/**
 * The engine of a TaskSupervisor: the jobs that wait and those that run, how many may, and their place. Its process is what can be
 * linked, named and killed.
 */
export class Crew implements PlaceHost {
  readonly node: Node;
  readonly pid: Pid;
  readonly name: string | undefined;
  readonly shutdown: Shutdown;
  /** What its tasks take along to where they run. */
  readonly context: readonly Context[] | undefined;
  readonly place: Place;
  readonly #process: Process;
  readonly #queue = new FairQueue();
  readonly #concurrency: number;
  readonly #maxChildren: number;
  #youngest: Job | null = null;
  #count = 0;
  #running = 0;
  #turn = 0;
  #down: { readonly reason: ExitReason } | undefined = undefined;
  #closed: Promise<void> | undefined = undefined;

  constructor({ node, name, on, concurrency, maxChildren, shutdown, context }: CrewOptions) {
    this.node = node;
    this.name = name;
    this.shutdown = shutdown;
    this.context = context;
    this.#concurrency = concurrency;
    this.#maxChildren = maxChildren;
    this.place = on(this); // first, for it may throw
    this.#process = node.start(supervise as (...args: never[]) => unknown, {
      label: "TaskSupervisor",
      ender: {
        ended: (_process, reason) => {
          this.#stopped(reason);
        },
      },
    });
    this.pid = this.#process.pid;
    if (name !== undefined) this.#process.register(name);
  }

  get isRunning(): boolean {
    return this.#down === undefined;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#count - this.#running;
  }

  toString(): string {
    return `TaskSupervisor ${this.name ?? this.pid}`;
  }

  /** Refuses what this supervisor's place cannot run. */
  checked<T>(work: TaskWork<T>, what: string): TaskWork<T> {
    checkWork(what, work);
    if (this.place.kind !== "this event loop" && !(work instanceof Call))
      throw new NotPortable(this.place.kind, `the function ${work.name || "(anonymous)"}`);
    return work;
  }

  /** Takes a job on: starts it, or has it wait. @throws SupervisorDown, MaxChildren */
  submit(job: Job): void {
    if (this.#down !== undefined) throw new SupervisorDown(this.toString(), this.#down.reason);
    if (this.#count >= this.#maxChildren) throw new MaxChildren(this.toString(), this.#maxChildren);
    ambience.active?.keep(job, job.client);
    this.#count++;
    job.elder = this.#youngest;
    if (job.elder !== null) job.elder.younger = job;
    this.#youngest = job;
    if (this.#queue.length === 0 && this.#running < this.#concurrency && this.place.hasRoom()) this.#start(job);
    else {
      job.state = "queued";
      this.#queue.push(job);
    }
  }

  #start(job: Job): void {
    this.#running++;
    job.state = "placed";
    job.turn = this.#turn++;
    if (job.limit !== undefined) job.startClock();
    this.place.start(job);
  }

  feed(): void {
    while (this.#down === undefined && this.#queue.length > 0 && this.#running < this.#concurrency && this.place.hasRoom()) {
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
    this.#queue.putBack(job);
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
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    this.place.exit(job, reason, kind);
  }

  startOf(job: Job): number | undefined {
    return this.place.startedAt(job);
  }

  /** The jobs that wait or run, oldest first. */
  jobs(): Job[] {
    const jobs: Job[] = [];
    for (let job = this.#youngest; job !== null; job = job.elder) jobs.push(job);
    return jobs.reverse();
  }

  /** Ends the supervisor's process, and with it everything. Resolves when nothing is left. */
  stop(reason: ExitReason): Promise<void> {
    this.#process.terminate(reason);
    return this.#closed ?? Promise.resolve();
  }

  #stopped(reason: ExitReason): void {
    this.#down = { reason };
    const jobs = waitingFirst(this.jobs().reverse());
    const how = reason === "killed" ? "brutal_kill" : this.shutdown;
    for (const job of jobs) {
      job.retire();
      job.stop(how);
    }
    this.#closed = Promise.all(jobs.map((job) => job.whenReleased())).then(() => this.place.close());
  }
}

/** The supervisor's process: it has a pid and a name, can be linked, monitored and killed, and does nothing that can fail. */
async function supervise(self: Self): Promise<void> {
  for (;;) await self.receive();
}

const roots = new WeakMap<Node, Crew>();

/** Whom tasks of `Task.async` and the like belong to: on the node's own event loop, with no limits. */
export function rootCrew(node: Node): Crew {
  let root = roots.get(node);
  if (root?.isRunning !== true) {
    root = new Crew({
      node,
      name: undefined,
      on: eventLoop,
      concurrency: Number.POSITIVE_INFINITY,
      maxChildren: Number.POSITIVE_INFINITY,
      shutdown: 500,
    });
    roots.set(node, root);
  }
  return root;
}
