import type { StartChild } from "../behaviours/child-spec.js";
import { attempt } from "../kernel/attempt.js";
import { type Context, ambience } from "../kernel/ambience.js";
import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption, NameTaken, SupervisorDown } from "../kernel/errors.js";
import { type LocalName, type Pid, checkName } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import { type Check, checkCount, checkMilliseconds, checkNode, checkOptions } from "../kernel/options.js";
import type { Process } from "../kernel/process.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { AnySelf, Self } from "../kernel/self.js";
import { type AsyncStreamOptions, type StreamInput, type StreamItem, type StreamWork, asyncStream } from "./async-stream.js";
import { type Child, type ChildOptions, startChild } from "./child.js";
import { Crew } from "./crew.js";
import type { Shutdown, TaskWork } from "./job.js";
import type { PlaceFactory } from "./place.js";
import type { PoolMetrics } from "./pool-metrics.js";
import { jobOf } from "./task-job.js";
import { type AsyncOptions, Task, checkOwner, startTask, withSelf } from "./task.js";
import { checkShutdown } from "./work-options.js";

/** What a supervisor can be started with. All are optional; an unknown one is refused (T13). */
export interface TaskSupervisorOptions {
  /** Registered on the node under this name (K14), or under a key of a registry: `registry.via(key)` (G4). */
  readonly name?: LocalName;
  /** Where its tasks run. Default: this event loop. */
  readonly on?: PlaceFactory;
  /** How many tasks run at once; others wait. Default `Infinity`, or what the place takes (S7). */
  readonly concurrency?: number;
  /** How many tasks may be there, running and waiting; one more is refused (S2). Default `Infinity`. */
  readonly maxChildren?: number;
  /** How many milliseconds a task that is asked to end may take before it is killed, or `"brutal_kill"`. Default 500. */
  readonly shutdown?: Shutdown;
  /** How many restarts of children within `maxSeconds` are too many. Default 3. */
  readonly maxRestarts?: number;
  /** In seconds. Default 5. */
  readonly maxSeconds?: number;
  /**
   * Contexts (`defineContext` of `taskward/context`) whose values go along with its tasks to where they run: those of when the task was handed over,
   * or the run was started, however long it waits.
   */
  readonly context?: readonly Context[];
  /** The node whose supervisor it is. Default: that of this event loop. */
  readonly node?: Node;
}

const checks: Readonly<Record<string, Check>> = {
  name: checkName,
  on: (option, on) => {
    if (typeof on !== "function")
      throw new InvalidOption(option, on, "give a place, such as threads({ size: 2 }), or leave it out for this event loop");
  },
  concurrency: checkCount,
  maxChildren: checkCount,
  shutdown: checkShutdown,
  maxRestarts: (option, value) => checkCount(option, value, { least: 0 }),
  maxSeconds: checkMilliseconds,
  context: (option, context) => {
    if (!ambience.active?.areContexts(context)) throw new InvalidOption(option, context, "give an array of what defineContext answers");
  },
  node: checkNode,
};

const stopChecks: Readonly<Record<string, Check>> = {
  drain: (option, value) => {
    if (typeof value !== "boolean") checkMilliseconds(option, value);
  },
};

/** A child, as `children` tells of it. */
export interface ChildInfo {
  readonly pid: Pid | undefined;
  readonly label: string | undefined;
  readonly runs: string;
  readonly state: "waiting" | "running";
}

/**
 * Starts tasks, knows them, and stops them: on this event loop, or wherever its place is. A task that crashes harms neither its supervisor
 * nor its siblings (S3).
 *
 * @example
 * await using here = TaskSupervisor.start();
 * const task = here.asyncNolink(() => fetchQuote("a"));
 * const quote = await Task.await(task, 400);
 */
export class TaskSupervisor {
  /** The engine; what other rooms submit work to. */
  declare readonly crew: Crew;

  private constructor(crew: Crew) {
    this.crew = crew;
  }

  /**
   * Starts a supervisor: an object to give tasks to, with a process that can be named, linked and monitored. `await using` stops it.
   *
   * @throws InvalidOption for an option that cannot be, NameTaken when the name is taken (T13).
   */
  static start(options: TaskSupervisorOptions = {}): TaskSupervisor {
    checkOptions("TaskSupervisor options", options, checks);
    const { name, node = defaultNode() } = options;
    const holder = name === undefined ? undefined : node.whereis(name);
    if (name !== undefined && holder !== undefined) throw new NameTaken(name, holder);
    return new TaskSupervisor(new Crew(node, options));
  }

  /**
   * What starts such a supervisor as a child of another one. To give it tasks, name it.
   *
   * @throws InvalidOption
   * @example
   * await Supervisor.start([{ id: "pool", start: TaskSupervisor.child({ name: "pool", on: threads() }) }]);
   * const pool = TaskSupervisor.at("pool");
   */
  static child(options: TaskSupervisorOptions = {}): StartChild {
    checkOptions("TaskSupervisor options", options, checks);
    return Object.assign((self: Self) => TaskSupervisor.start({ node: self.node, ...options }), { type: "supervisor" as const });
  }

  /**
   * The supervisor that has this name on this node whenever it is used: now or later, and again when a tree has restarted it.
   * @throws SupervisorDown by all that is asked of it before anybody has had the name; `isRunning` is false then
   * @example
   * const task = TaskSupervisor.at("pool").asyncNolink(computation.run(42));
   */
  static at(name: LocalName, options: { readonly node?: Node } = {}): TaskSupervisor {
    checkName("name", name);
    checkOptions("at options", options, { node: checkNode });
    const { node = defaultNode() } = options;
    let last: Crew | undefined;
    const crew = (): Crew => {
      last = Crew.at(node, name) ?? last;
      if (last === undefined) throw new SupervisorDown(String(name), "noproc");
      return last;
    };
    return Object.create(TaskSupervisor.prototype, { crew: { get: crew } }) as TaskSupervisor;
  }

  get pid(): Pid {
    return this.crew.pid;
  }

  get name(): LocalName | undefined {
    return this.crew.name;
  }

  /**
   * Starts a task that nobody waits for. With `restart` `"transient"` it is started again when it crashes, with `"permanent"` whenever it ends;
   * the default `"temporary"` never starts it again (S1). More than `maxRestarts` within `maxSeconds` stop the supervisor.
   * @throws MaxChildren, SupervisorDown, NotPortable for a closure that is to run elsewhere
   */
  startChild(work: TaskWork, options: ChildOptions = {}): Child {
    return startChild(this.crew, work, options);
  }

  /**
   * Starts a task linked to its owner: whichever crashes takes the other along (T1, S4). Take its result with `Task.await`.
   * @throws MaxChildren, SupervisorDown, InvalidOption, NotPortable for a closure that is to run elsewhere
   */
  async<T>(owner: AnySelf, work: TaskWork<T>, options: AsyncOptions<T> = {}): Task<T> {
    return startTask(this.crew, work, { ...options, owner: owner as Process, link: true });
  }

  /**
   * Starts a task whose crash harms nobody (S3), and which its owner's crash leaves running (S4); its owner, if it has one, is told by `Task.await` or
   * a `Down` message.
   * @throws MaxChildren, SupervisorDown, InvalidOption, NotPortable for a closure that is to run elsewhere
   */
  asyncNolink<T>(work: TaskWork<T>, options?: AsyncOptions<T>): Task<T>;
  asyncNolink<T>(owner: AnySelf, work: TaskWork<T>, options?: AsyncOptions<T>): Task<T>;
  asyncNolink<T>(
    ...given: [work: TaskWork<T>, options?: AsyncOptions<T> | undefined] | [owner: AnySelf, work: TaskWork<T>, options?: AsyncOptions<T> | undefined]
  ): Task<T> {
    const [owner, work, options] = withSelf<[TaskWork<T>, AsyncOptions<T>?]>(given);
    return startTask(this.crew, work, { ...options, owner, link: false });
  }

  /** Runs a function over inputs, a few at a time, linked to its owner: see `Task.asyncStream` (T11). */
  asyncStream<I, T>(
    owner: AnySelf,
    input: StreamInput<I>,
    fn: StreamWork<I, T>,
    options: AsyncStreamOptions<I> = {},
  ): AsyncIterableIterator<StreamItem<T>> {
    return asyncStream(this.crew, checkOwner("asyncStream(owner, input, fn)", owner), input, fn, options);
  }

  /** The same without a link: a crash comes as `{ exit: reason }`, and the owner lives. */
  asyncStreamNolink<I, T>(input: StreamInput<I>, fn: StreamWork<I, T>, options: AsyncStreamOptions<I> = {}): AsyncIterableIterator<StreamItem<T>> {
    return asyncStream(this.crew, undefined, input, fn, options);
  }

  /** The tasks that wait or run, oldest first. */
  children(): ChildInfo[] {
    return this.crew.jobs().map((job) => ({ pid: job.pid, label: job.label, runs: job.runs, state: job.state === "queued" ? "waiting" : "running" }));
  }

  /** How many tasks run, and how many wait for their turn. */
  countChildren(): { readonly active: number; readonly waiting: number } {
    return { active: this.crew.running, waiting: this.crew.waiting };
  }

  /** Stops a task: asked first, killed after its shutdown time. Resolves when it has ended; false when it is no child of this supervisor. */
  async terminateChild(child: Pid | Child | Task<unknown>): Promise<boolean> {
    const job = this.crew.jobs().find((one) => one === child || one.pid === child || (child instanceof Task && child[jobOf] === one));
    if (job === undefined) return false;
    job.retire();
    job.stop(this.crew.shutdown);
    await job.whenReleased();
    return true;
  }

  /** What goes on in its pool, of threads, say, and went on since the start; undefined where its tasks run on this event loop. */
  metrics(): PoolMetrics | undefined {
    return this.crew.place.metrics?.();
  }

  /**
   * Stops its tasks, each within its shutdown time, then itself; nothing survives it (S5). Resolves when all is gone.
   * @param options with `drain` new tasks are refused, and those that wait or run come to their end first: all of them, or what does so within so many
   *   milliseconds
   * @throws InvalidOption
   * @example
   * await cores.stop("shutdown", { drain: 5_000 });
   */
  stop(reason: ExitReason = "shutdown", options: { readonly drain?: boolean | number } = {}): Promise<void> {
    checkOptions("stop options", options, stopChecks);
    const { drain = false } = options;
    return drain === false ? this.crew.stop(reason) : this.crew.drain(reason, drain === true ? Infinity : drain);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get isRunning(): boolean {
    return attempt(() => this.crew.isRunning) ?? false;
  }

  /** What its place is called, and how many tasks it runs at once. */
  get place(): { readonly kind: string; readonly parallelism: number } {
    return this.crew.place;
  }

  toString(): string {
    return this.crew.toString();
  }
}
