import { InvalidOption, NotPortable, SourceFailed, TaskTimeout } from "../kernel/errors.js";
import { anything, checkCount, checkFunction, checkMilliseconds, checkOptions, oneOf } from "../kernel/options.js";
import type { Process } from "../kernel/process.js";
import type { Ender } from "../kernel/process-body.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import { ExitKind } from "../kernel/wire.js";
import type { Crew } from "./crew.js";
import { callWithin } from "./event-loop.js";
import { Fan, type FanSink } from "./fan.js";
import type { FanTask } from "./fan-task.js";
import type { Placing, TaskWork } from "./job.js";
import { Call, isFunctionReference } from "./module-reference.js";
import { sourceOf } from "./source.js";
import { placing } from "./task-options.js";
import { checkWork } from "./work-options.js";

/** What a stream works on. A promise among the inputs is waited for, as `for await` does; where it rejects, the input ends with that error. */
export type StreamInput<I> = Iterable<I | Promise<I>> | AsyncIterable<I>;

/** What is done with each input: a function, called in a task with its `self` as second argument; or, for a place elsewhere, a reference to a module's
 * function (`computation.run`), or a function that makes a call of one. */
export type StreamWork<I, T> = (input: I, self: Self) => T | PromiseLike<T> | Call<T>;

/** What comes out for each input: its value, or the reason why there is none. With `zipInputOnExit`, `exit` is `[input, reason]`. */
export type StreamItem<T> = { readonly ok: T } | { readonly exit: ExitReason };

/** How `asyncStream` goes about it (T11). */
export interface AsyncStreamOptions<I = unknown> {
  /** How many tasks at once. Default: what the place does at the same time. */
  readonly maxConcurrency?: number;
  /** In the order of the inputs (default), or as they arrive. */
  readonly ordered?: boolean;
  /** Milliseconds that each task may run. Default 5,000; `Infinity` for no limit. */
  readonly timeout?: number;
  /** What a task does that takes longer: end the caller (`"exit"`, the default), or come out as `{ exit: "timeout" }`. */
  readonly onTimeout?: "exit" | "kill_task";
  /** Reasons come as `[input, reason]`. Default false. */
  readonly zipInputOnExit?: boolean;
  /** On a pool: those with a higher one start before others that wait. Default 0. */
  readonly priority?: number;
  /** On a pool: tasks with the same key run on the same node; or what answers the key of an input, or undefined where it has none. */
  readonly affinity?: string | number | ((input: I) => string | number | undefined);
  /** Is called with what the task of an input tells by `self.progress`. */
  readonly onProgress?: (value: unknown, input: I) => void;
}

const checks = {
  maxConcurrency: checkCount,
  ordered: anything,
  timeout: checkMilliseconds,
  onTimeout: oneOf(["exit", "kill_task"]),
  zipInputOnExit: anything,
  priority: placing.priority,
  affinity: (option: string, value: unknown) => {
    if (typeof value !== "function") placing.affinity(option, value);
  },
  onProgress: checkFunction,
};

/** What is to be yielded, or thrown in its turn. */
type Ready<T> = { readonly item: StreamItem<T> } | { readonly error: unknown };

export function asyncStream<I, T>(
  crew: Crew,
  owner: Process | undefined,
  input: StreamInput<I>,
  fn: StreamWork<I, T>,
  options: AsyncStreamOptions<I>,
): AsyncIterableIterator<StreamItem<T>> {
  return new AsyncStream(crew, owner, input, fn, options);
}

/** Nothing starts before the first item is asked for; a task that has ended keeps its share of the concurrency until its item has been taken. */
class AsyncStream<I, T> implements AsyncIterableIterator<StreamItem<T>>, FanSink<I> {
  readonly #crew: Crew;
  readonly #owner: Process | undefined;
  readonly #fn: StreamWork<I, T>;
  readonly #ordered: boolean;
  readonly #exitsOnTimeout: boolean;
  /** The inputs of the tasks under way, where they are to be told. */
  readonly #inputs: Map<number, I> | undefined;
  readonly #zips: boolean;
  readonly #placing: Placing | undefined;
  readonly #affinityOf: ((input: I) => string | number | undefined) | undefined;
  readonly #fan: Fan<I>;
  /** What is ready, by its number in the order of yielding. */
  readonly #ready = new Map<number, Ready<T>>();
  #arrived = 0;
  #next = 0;
  #waiting: { resolve: (result: IteratorResult<StreamItem<T>, undefined>) => void; reject: (error: unknown) => void } | undefined = undefined;
  #drained = false;
  #stopped: Promise<void> | undefined = undefined;
  readonly #ownerWatch: Ender = { ended: () => void this.#stop() };

  constructor(crew: Crew, owner: Process | undefined, input: StreamInput<I>, fn: StreamWork<I, T>, options: AsyncStreamOptions<I>) {
    checkOptions("asyncStream options", options, checks);
    const { maxConcurrency = crew.place.parallelism, ordered = true, timeout = 5_000, onTimeout = "exit", zipInputOnExit = false } = options;
    const { priority, affinity, onProgress } = options;
    if (!isFunctionReference(fn)) checkWork("asyncStream(input, fn): fn", fn);
    owner?.mustLive();
    this.#crew = crew;
    this.#owner = owner;
    this.#fn = fn;
    this.#ordered = ordered;
    this.#exitsOnTimeout = onTimeout === "exit";
    const inputs = zipInputOnExit || onProgress !== undefined ? new Map<number, I>() : undefined;
    this.#inputs = inputs;
    this.#zips = zipInputOnExit;
    this.#affinityOf = typeof affinity === "function" ? affinity : undefined;
    if (priority !== undefined || affinity !== undefined) this.#placing = typeof affinity === "function" ? { priority } : { priority, affinity };
    this.#fan = new Fan(sourceOf("input", input), this, {
      node: crew.node,
      callers: owner?.chain ?? [],
      maxConcurrency,
      window: maxConcurrency,
      taskTimeout: timeout === Infinity ? undefined : timeout,
      retry: undefined,
      onProgress: onProgress && ((value, { index }) => onProgress(value, inputs?.get(index) as I)),
    });
    owner?.whenEnded(this.#ownerWatch);
  }

  // ——— What the fan asks and tells ———

  take(input: I, index: number): void {
    this.#inputs?.set(index, input);
    this.#fan.launch(this.#crew, this.#workFor(input), this.#placingOf(input));
  }

  #placingOf(input: I): Placing | undefined {
    const affinity = this.#affinityOf?.(input);
    if (affinity === undefined) return this.#placing;
    placing.affinity("affinity(input)", affinity);
    return { ...this.#placing, affinity };
  }

  #workFor(input: I): TaskWork {
    const fn = this.#fn as (input: I, self?: Self) => T | PromiseLike<T> | Call<T>;
    if (this.#crew.place.kind === "this event loop" && !isFunctionReference(fn)) {
      // Whether it does the work or makes a call of it is known only when it has been called.
      return (self) => {
        const result = fn(input, self);
        return result instanceof Call ? (callWithin(self, result) as T | PromiseLike<T>) : result;
      };
    }
    const call = fn(input);
    if (call instanceof Call) return call;
    throw new NotPortable(this.#crew.place.kind, `the function ${fn.name || "(anonymous)"}`);
  }

  settled(task: FanTask, reason: ExitReason, value: unknown): void {
    const number = this.#ordered ? task.index : this.#arrived++;
    this.#ready.set(number, this.#readyFor(task, reason, value));
    this.#hand();
  }

  #readyFor(task: FanTask, reason: ExitReason, value: unknown): Ready<T> {
    const input = this.#inputs?.get(task.index);
    this.#inputs?.delete(task.index);
    if (reason === "normal") return { item: { ok: value as T } };
    if (reason instanceof SourceFailed) return { error: reason };
    // Its own time was up, that is: a task may also fail with the timeout of something that it waited for.
    const late = reason instanceof TaskTimeout && task.state !== "ended";
    if (late ? this.#exitsOnTimeout : this.#takesOwnerAlong) {
      this.#owner?.signalled(task.pid ?? this.#crew.pid, reason, ExitKind.signal);
      return { error: reason };
    }
    const told = late ? "timeout" : reason;
    return { item: { exit: this.#zips ? [input as I, told] : told } };
  }

  /** As by a link: whatever a task ends with that is not normal, unless its owner traps exits (K4). */
  get #takesOwnerAlong(): boolean {
    return this.#owner?.trapExit === false;
  }

  drained(): void {
    this.#drained = true;
    this.#hand();
  }

  // ——— Reading ———

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<StreamItem<T>, undefined>> {
    if (this.#stopped !== undefined) return Promise.resolve({ done: true, value: undefined });
    if (this.#waiting !== undefined)
      return Promise.reject(new InvalidOption("next()", "a second call", "wait for the first one: a stream has one reader"));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#fan.pull();
      this.#hand();
    });
  }

  /** Gives whoever waits the next item, if it is there. */
  #hand(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const ready = this.#ready.get(this.#next);
    if (ready === undefined && !this.#drained) return;
    this.#waiting = undefined;
    if (ready === undefined) {
      void this.#stop();
      waiting.resolve({ done: true, value: undefined });
      return;
    }
    this.#ready.delete(this.#next++);
    if ("error" in ready) {
      void this.#stop();
      waiting.reject(ready.error);
    } else {
      waiting.resolve({ done: false, value: ready.item });
      this.#fan.release();
    }
  }

  /** Leaving the loop early stops and reaps every task that runs, and closes the input. */
  async return(): Promise<IteratorResult<StreamItem<T>, undefined>> {
    await this.#stop();
    return { done: true, value: undefined };
  }

  #stop(): Promise<void> {
    if (this.#stopped === undefined) {
      this.#stopped = this.#fan.stop("shutdown", false).stopped;
      this.#owner?.unwatch(this.#ownerWatch);
      this.#ready.clear();
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve({ done: true, value: undefined });
    }
    return this.#stopped;
  }
}
