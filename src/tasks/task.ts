import { isObject } from "../kernel/attempt.js";
import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption, NotOwner, TaskFailed } from "../kernel/errors.js";
import type { Pid, Ref } from "../kernel/ids.js";
import { Down } from "../kernel/messages.js";
import { type Check, checkFunction, checkMilliseconds, checkOptions, spawnOptions } from "../kernel/options.js";
import { Process } from "../kernel/process.js";
import type { AnySelf } from "../kernel/self.js";
import { type AsyncStreamOptions, type StreamInput, type StreamItem, type StreamWork, asyncStream } from "./async-stream.js";
import type { Placing, Shutdown, TaskWork } from "./job.js";
import { startChild } from "./child.js";
import { type Crew, rootCrew } from "./crew.js";
import { type Outcome, TaskJob, type TaskJobOptions, TaskReply, type Yielded, jobOf, yielded } from "./task-job.js";
import { placing } from "./task-options.js";
import { checkShutdown } from "./work-options.js";
import { type YieldManyOptions, yieldMany } from "./yield-many.js";

/** What a task can be started with. */
export interface StartOptions extends Placing {
  /** What the task is for, as crash reports and inspection show it. */
  readonly label?: string | undefined;
}

/** What a task whose result somebody takes can be started with. */
export interface AsyncOptions<T> extends StartOptions {
  /**
   * Is called with what the task tells of its progress (`self.progress(value)`), in order, and never after its end or after its owner has given it up.
   * Nothing is sent for it where it is left out.
   */
  readonly onProgress?: (value: unknown, task: Task<T>) => void;
}

/** What `Task.find` answers: the task that a message belongs to, and how it ended. */
export type Found<T> =
  { readonly type: "ok"; readonly task: Task<T>; readonly value: T } | { readonly type: "exit"; readonly task: Task<T>; readonly reason: unknown };

/**
 * A piece of work whose result its owner takes later.
 *
 * `Task.async` links it to its owner: all or nothing, whoever crashes takes the other along (T1). Where a crash must harm nobody, use
 * `supervisor.asyncNolink`; for many tasks, their results as they arrive, and one deadline, use `TaskRunner`. When a plain promise that cannot
 * hang and cannot crash is enough, use that.
 *
 * @example
 * const pages = await run(async (self) => {
 *   const tasks = urls.map((url) => Task.async(self, ({ signal }) => fetch(url, { signal })));
 *   return Task.awaitMany(tasks, 5_000);
 * });
 */
export class Task<T> {
  /** What its reply and its `Down` carry. */
  declare readonly ref: Ref;
  /** The process that the result belongs to; undefined when plain code started the task. */
  declare readonly owner: Pid | undefined;
  /** @internal */
  declare readonly [jobOf]: TaskJob;
  /** For inference alone. */
  declare protected readonly result: T;

  /** @internal */
  constructor(job: TaskJob) {
    this[jobOf] = job;
    this.ref = job.ref;
    this.owner = job.owner?.pid;
  }

  /** The pid of its process, once that is known. */
  get pid(): Pid | undefined {
    return this[jobOf].pid;
  }

  toString(): string {
    return this[jobOf].toString();
  }

  // ——— Starting ———

  /**
   * Starts a task linked to its owner, which takes the result with `await`, `yield`, or as a message (T1).
   * @throws InvalidOption when `self` is no process or `work` is no function
   */
  static async<T>(self: AnySelf, work: TaskWork<T>, options: AsyncOptions<T> = {}): Task<T> {
    const owner = checkOwner("Task.async(self, work)", self);
    return startTask(rootCrew(owner.node), work, { ...options, owner, link: true });
  }

  /** Fire and forget, without a link: a crash harms nobody, and is reported (T10, T14). `self` is who asks for it, where somebody does. */
  static start(work: TaskWork, options: StartOptions & { readonly self?: AnySelf } = {}): void {
    const { self, ...rest } = options;
    checkOptions("Task.start options", rest, spawnOptions);
    startChild(rootCrew(self?.node ?? defaultNode()), work, self === undefined ? rest : { ...rest, owner: self });
  }

  /** Fire and forget, linked: whichever crashes takes the other along (T10). */
  static startLink(self: AnySelf, work: TaskWork, options: StartOptions = {}): void {
    const owner = checkOwner("Task.startLink(self, work)", self);
    startTask(rootCrew(owner.node), work, { ...options, owner, link: true })[jobOf].dropReply();
  }

  /** A task that has ended with this value (T9). */
  static completed<T>(self: AnySelf, value: T): Task<T> {
    const owner = checkOwner("Task.completed(self, value)", self);
    const job = new TaskJob(rootCrew(owner.node), () => value, { owner, link: false });
    job.outcome = { reason: "normal", value };
    return new Task<T>(job);
  }

  // ——— Taking results ———

  /**
   * Waits for the result (T2). Only the owner may; when `self` is given, that is checked (T3).
   * @param timeout milliseconds to wait; `Infinity` waits for ever. Default 5,000. When they are over, a linked task is stopped; one
   *   without link runs on, and what it returns is dropped.
   * @throws TaskFailed when the task ended without a value, TaskTimeout, NotOwner
   */
  static await<T>(task: Task<T>, timeout?: number): Promise<T>;
  static await<T>(self: AnySelf, task: Task<T>, timeout?: number): Promise<T>;
  static async await<T>(...given: Given<T, number>): Promise<T> {
    const [task, timeout = 5_000] = owned("Task.await", given);
    checkMilliseconds("timeout", timeout);
    return valueOf(task, await task[jobOf].outcomeWithin(timeout), timeout);
  }

  /**
   * Waits for all, and answers the values in the order of the tasks, within one deadline. The first failure ends the wait (T4).
   * @throws TaskFailed, TaskTimeout, NotOwner
   */
  static awaitMany<const T extends readonly Task<unknown>[]>(tasks: T, timeout?: number): Promise<Values<T>>;
  static awaitMany<const T extends readonly Task<unknown>[]>(self: AnySelf, tasks: T, timeout?: number): Promise<Values<T>>;
  static async awaitMany(...given: GivenMany<number>): Promise<unknown[]> {
    const [tasks, timeout = 5_000] = ownedMany("Task.awaitMany", given);
    checkMilliseconds("timeout", timeout);
    const jobs = tasks.map((task) => task[jobOf]);
    try {
      return await Promise.all(tasks.map(async (task) => valueOf(task, await task[jobOf].outcomeWithin(timeout), timeout)));
    } catch (error) {
      for (const job of jobs) {
        job.stopWaiting();
        if (job.outcome === undefined) job.giveUp(timeout);
      }
      throw error;
    }
  }

  /**
   * Waits for the result for a while: `{ ok }`, `{ exit }`, or null when it has not come. May be called again (T5).
   * @param timeout milliseconds to wait; 0 only looks. Default 5,000
   * @throws NotOwner, InvalidOption
   * @example
   * const result = await Task.yield(task, 100);
   * if (result !== null && "ok" in result) show(result.ok);
   */
  static yield<T>(task: Task<T>, timeout?: number): Promise<Yielded<T> | null>;
  static yield<T>(self: AnySelf, task: Task<T>, timeout?: number): Promise<Yielded<T> | null>;
  static async yield<T>(...given: Given<T, number>): Promise<Yielded<T> | null> {
    const [task, timeout = 5_000] = owned("Task.yield", given);
    checkMilliseconds("timeout", timeout);
    return yielded(await task[jobOf].outcomeWithin(timeout));
  }

  /**
   * Waits for several for a while, at most `timeout` milliseconds (5,000) or until `limit` have ended; answers pairs in the order of the tasks (T6).
   * `onTimeout` says what happens to those that have not ended: `"nothing"`, `"ignore"` or `"kill_task"`.
   * @throws NotOwner, InvalidOption
   */
  static yieldMany<const T extends readonly Task<unknown>[]>(tasks: T, options?: YieldManyOptions | number): Promise<Yields<T>>;
  static yieldMany<const T extends readonly Task<unknown>[]>(self: AnySelf, tasks: T, options?: YieldManyOptions | number): Promise<Yields<T>>;
  static async yieldMany(...given: GivenMany<YieldManyOptions | number>): Promise<Yields<readonly Task<unknown>[]>> {
    const [tasks, options = {}] = ownedMany("Task.yieldMany", given);
    const jobs = tasks.map((task) => task[jobOf]);
    const results = await yieldMany(jobs, typeof options === "number" ? { timeout: options } : options);
    return results.map((result, index) => [tasks[index] as Task<unknown>, result]);
  }

  /**
   * Unlinks and stops the task: its value if it had replied, `{ exit }` if it had crashed, null if it was stopped (T7).
   * @param how milliseconds before it is killed (default 5,000), or `"brutal_kill"`
   * @throws NotOwner, InvalidOption
   */
  static shutdown<T>(task: Task<T>, how?: Shutdown): Promise<Yielded<T> | null>;
  static shutdown<T>(self: AnySelf, task: Task<T>, how?: Shutdown): Promise<Yielded<T> | null>;
  static async shutdown<T>(...given: Given<T, Shutdown>): Promise<Yielded<T> | null> {
    const [task, how = 5_000] = owned("Task.shutdown", given);
    checkShutdown("shutdown", how);
    return yielded(await task[jobOf].shutDown(how));
  }

  /**
   * Keeps the task running without its owner: unlinks it and drops its reply, or hands back what has already come; null when nothing has (T8).
   * @throws NotOwner
   */
  static ignore<T>(task: Task<T>): Yielded<T> | null;
  static ignore<T>(self: AnySelf, task: Task<T>): Yielded<T> | null;
  static ignore<T>(...given: Given<T, never>): Yielded<T> | null {
    return yielded(owned("Task.ignore", given)[0][jobOf].drop());
  }

  /**
   * Which of the tasks a message belongs to, with its value or reason; null for any other message (T12).
   * @example
   * const found = Task.find(pending, await self.receive());
   * if (found?.type === "ok") total += found.value;
   */
  static find<T extends Task<unknown>>(tasks: Iterable<T>, message: unknown): FoundOf<T> | null {
    if (!(message instanceof TaskReply) && !(message instanceof Down)) return null;
    for (const task of tasks) {
      if (task.ref !== message.ref) continue;
      const found: Found<unknown> =
        message instanceof TaskReply ? { type: "ok", task, value: message.value } : { type: "exit", task, reason: message.reason };
      return found as FoundOf<T>;
    }
    return null;
  }

  /**
   * Runs `fn` over inputs, at most `maxConcurrency` at once, linked to `self`, and yields what comes out (T11). The input is pulled as items are
   * wanted; leaving the loop stops and reaps what runs.
   * @throws InvalidOption; SourceFailed, from the loop, when the input throws; TaskTimeout, with `onTimeout: "exit"`
   * @example
   * for await (const item of Task.asyncStream(self, urls, (url, { signal }) => fetch(url, { signal }), { maxConcurrency: 4 })) {
   *   if ("ok" in item) pages.push(item.ok);
   * }
   */
  static asyncStream<I, T>(
    self: AnySelf,
    input: StreamInput<I>,
    fn: StreamWork<I, T>,
    options: AsyncStreamOptions<I> = {},
  ): AsyncIterableIterator<StreamItem<T>> {
    const owner = checkOwner("Task.asyncStream(self, input, fn)", self);
    return asyncStream(rootCrew(owner.node), owner, input, fn, options);
  }
}

type Values<T extends readonly Task<unknown>[]> = { -readonly [K in keyof T]: T[K] extends Task<infer R> ? R : never };
type Yields<T extends readonly Task<unknown>[]> = {
  -readonly [K in keyof T]: T[K] extends Task<infer R> ? [task: Task<R>, result: Yielded<R> | null] : never;
};
type FoundOf<T extends Task<unknown>> = T extends Task<infer R> ? Found<R> : never;
type Given<T, O> = [task: Task<T>, option?: O | undefined] | [self: AnySelf, task: Task<T>, option?: O | undefined];
type GivenMany<O> =
  [tasks: readonly Task<unknown>[], option?: O | undefined] | [self: AnySelf, tasks: readonly Task<unknown>[], option?: O | undefined];

const checks: Readonly<Record<string, Check>> = { ...placing, onProgress: (_option, value) => checkFunction("onProgress", value) };

/** @internal Starts a task under a supervisor. */
export function startTask<T>(crew: Crew, work: TaskWork<T>, options: TaskJobOptions & AsyncOptions<T>): Task<T> {
  const { owner, link, ...rest } = options;
  checkOptions("task options", rest, checks, "task options.");
  const { onProgress } = rest;
  if (link) checkOwner("async(owner, work)", owner);
  owner?.mustLive();
  const job = new TaskJob(crew, crew.checked(work, "work"), options);
  const task = new Task<T>(job);
  if (onProgress !== undefined) job.onProgress = (value) => onProgress(value, task);
  try {
    crew.submit(job);
  } catch (error) {
    job.drop(); // nothing of it stays with its owner
    throw error;
  }
  return task;
}

/** The value, when the outcome came within `timeout`. */
function valueOf<T>(task: Task<T>, outcome: Outcome | undefined, timeout: number): T {
  if (outcome === undefined) throw task[jobOf].giveUp(timeout);
  if (outcome.reason !== "normal") throw new TaskFailed(task.toString(), outcome.reason);
  return outcome.value as T;
}

/** @internal */
export function checkOwner(call: string, self: unknown): Process {
  if (self instanceof Process) return self;
  throw new InvalidOption(`${call}: self`, self, "give the handle that a process' function gets: run(async (self) => ...)");
}

/** @internal Arguments that may begin with a process: it, or undefined, and the others. */
export const withSelf = <A extends readonly unknown[]>(given: readonly unknown[]): [self: Process | undefined, ...A] =>
  (given[0] instanceof Process ? given : [undefined, ...given]) as [Process | undefined, ...A];

/** The task of `(task, ...)` or `(self, task, ...)`; in the second form the caller must be the owner. */
function owned<T, O>(call: string, given: Given<T, O>): [Task<T>, O | undefined] {
  const [self, task, option] = withSelf<[Task<T>, O | undefined]>(given);
  checkTask(call, task, self);
  return [task, option];
}

function ownedMany<O>(call: string, given: GivenMany<O>): [readonly Task<unknown>[], O | undefined] {
  const [self, tasks, option] = withSelf<[readonly Task<unknown>[], O | undefined]>(given);
  if (!Array.isArray(tasks)) throw new InvalidOption(`${call}: tasks`, tasks, "give an array of tasks");
  for (const task of tasks) checkTask(call, task, self);
  return [tasks, option];
}

/** A task belongs to one process of one node: what another node received of it is a copy without a job. */
function checkTask(call: string, task: unknown, self: Process | undefined): void {
  if (task instanceof Task) {
    if (self !== undefined && self.pid !== task.owner) throw new NotOwner(call, task.owner ?? "plain code", self.pid);
    return;
  }
  const owner = isObject(task) && "ref" in task && "owner" in task ? String(task.owner) : undefined;
  if (owner !== undefined) throw new NotOwner(call, owner, self?.pid ?? `a process of node ${defaultNode().name}`);
  throw new InvalidOption(`${call}: task`, task, "give what Task.async or asyncNolink answered");
}
