import { InvalidOption, TaskFailed } from "../kernel/errors.js";
import { isError } from "../kernel/attempt.js";
import { rejected } from "../kernel/inbox.js";
import { type Check, anything, checkCount, checkFunction, checkMilliseconds, checkOptions } from "../kernel/options.js";
import { type Process, checkSelf } from "../kernel/process.js";
import type { Ender } from "../kernel/process-body.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { AnySelf, Self } from "../kernel/self.js";
import type { Call } from "./module-reference.js";
import { StreamJob, type StreamSink } from "./stream-job.js";
import { TaskSupervisor } from "./supervisor.js";
import type { TaskWork } from "./job.js";

/** How `stream` goes about it. All are optional; an unknown one is refused. */
export interface StreamOptions {
  /** How many values may be there that nobody has taken yet: the generator does not go on before there is room for its next one. Default 16. */
  readonly buffer?: number;
  /** Milliseconds that the task may run, from when it starts, waiting for its reader included. Default: no limit. */
  readonly timeout?: number;
  /** The process that reads: when it ends, so does the task. */
  readonly owner?: AnySelf;
  /** What the task is for, in crash reports and `children`. */
  readonly label?: string;
  /** Is called with what the task tells of its progress (`self.progress(value)`), in order, and never after its end. */
  readonly onProgress?: (value: unknown) => void;
}

const checks: Readonly<Record<string, Check>> = {
  buffer: (option, value) => checkCount(option, value, { infinity: false }),
  timeout: checkMilliseconds,
  owner: checkSelf,
  label: anything,
  onProgress: checkFunction,
};

/** What can be streamed: a generator, or anything else to iterate over. */
type Iterated<Y, R> = AsyncIterable<Y, R> | Iterable<Y | PromiseLike<Y>, R>;

/** What a stream's task runs: an async generator function, which is given its process' `self`, or a call of a module's. */
export type StreamedWork<Y, R = unknown> = ((self: Self) => Iterated<Y, R> | PromiseLike<Iterated<Y, R>>) | Call<Iterated<Y, R>>;

/** What a task yields, as it comes; done, it has what the generator returned. It has one reader. */
export interface TaskStream<Y, R = unknown> extends AsyncIterableIterator<Y, R | undefined, undefined>, AsyncDisposable {
  next(): Promise<IteratorResult<Y, R | undefined>>;
  /** Ends the task: the generator's `finally` runs, within the shutdown time of its supervisor. Resolves when the task has ended. */
  return(): Promise<IteratorReturnResult<undefined>>;
  [Symbol.asyncIterator](): TaskStream<Y, R>;
}

/**
 * Runs a task that is a generator, and answers what it yields, as it comes: from this event loop, or from wherever the supervisor's place is. The task
 * begins at once, and is at most `buffer` values ahead of its reader. Leaving the loop ends the task. When the task crashes, what it had yielded is
 * read first, and then the loop throws the reason.
 *
 * @param supervisor under whom the task runs
 * @param work an `async function*`, or a call of a module's, such as `tasks.rows(file)`; or one of anything that returns something iterable
 * @throws InvalidOption, NotPortable, SupervisorDown, MaxChildren, at once; from the loop, what the task threw, NodeDown, TaskTimeout, NotCloneable, or
 *   TaskFailed for an exit reason that is no error
 * @example
 * for await (const row of stream(cores, tasks.rows("big.csv"))) {
 *   if (row.length > 100) break;
 * }
 */
export function stream<Y, R>(supervisor: TaskSupervisor, work: StreamedWork<Y, R>, options: StreamOptions = {}): TaskStream<Y, R> {
  return new Stream<Y, R>(supervisor, work, options);
}

type Result<Y, R> = IteratorResult<Y, R | undefined>;
interface Ended {
  readonly done: true;
  readonly value: undefined;
}
const ended: Ended = { done: true, value: undefined };

class Stream<Y, R> implements TaskStream<Y, R>, StreamSink {
  readonly #job: StreamJob;
  readonly #owner: Process | undefined;
  /** How many values are taken before the task is told that there is room for as many. */
  readonly #lot: number;
  /** Values that nobody has taken yet. */
  #values: Y[] = [];
  #taken = 0;
  #waiting: ((result: Result<Y, R> | Promise<never>) => void) | undefined = undefined;
  /** What comes after the last value. */
  #last: (() => Result<Y, R> | Promise<never>) | undefined = undefined;
  #left: Promise<void> | undefined = undefined;
  readonly #ownerWatch: Ender = { ended: () => void this.#leave() };

  constructor(supervisor: TaskSupervisor, work: StreamedWork<Y, R>, options: StreamOptions) {
    if (!(supervisor instanceof TaskSupervisor)) throw new InvalidOption("stream(supervisor, work): supervisor", supervisor, "give a TaskSupervisor");
    checkOptions("stream options", options, checks);
    const { buffer = 16, timeout, label, onProgress } = options;
    const owner = options.owner as Process | undefined;
    owner?.mustLive();
    const { crew } = supervisor;
    this.#owner = owner;
    this.#lot = Math.ceil(buffer / 2);
    this.#job = new StreamJob(crew, crew.checked(work as TaskWork, "stream(supervisor, work): work"), this, {
      owner,
      buffer,
      timeout: timeout === Infinity ? undefined : timeout,
      label,
      onProgress,
    });
    crew.submit(this.#job);
    owner?.whenEnded(this.#ownerWatch);
  }

  // ——— What the task tells ———

  /** @internal */
  yielded(value: unknown): void {
    this.#values.push(value as Y);
    this.#hand();
  }

  /** @internal */
  settled(reason: ExitReason, value: unknown): void {
    if (reason === "normal") this.#last = () => ({ done: true, value: value as R });
    else this.#last = () => rejected(isError(reason) ? reason : new TaskFailed(this.#job.toString(), reason));
    this.#owner?.unwatch(this.#ownerWatch);
    this.#hand();
  }

  // ——— Reading ———

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result<Y, R>> {
    if (this.#waiting !== undefined)
      return Promise.reject(new InvalidOption("next()", "a second call", "wait for the first one: a stream has one reader"));
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#hand();
    });
  }

  /** Gives whoever waits the next value, if there is one. By the scheduler: a stream on one's own event loop must not starve it. */
  #hand(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const { scheduler } = this.#job.supervisor.node;
    const go = waiting as (result: unknown) => void;
    if (this.#values.length > 0) {
      this.#waiting = undefined;
      const value = this.#values.shift() as Y;
      if (++this.#taken === this.#lot) {
        this.#taken = 0;
        this.#job.wants(this.#lot);
      }
      scheduler.wake(go, { done: false, value });
    } else if (this.#last !== undefined) {
      this.#waiting = undefined;
      const last = this.#last();
      this.#last = () => ended;
      scheduler.wake(go, last);
    }
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#leave();
    return ended;
  }

  #leave(): Promise<void> {
    if (this.#left === undefined) {
      this.#left = this.#job.leave();
      this.#owner?.unwatch(this.#ownerWatch);
      this.#values = [];
      this.#last = () => ended;
      this.#hand();
    }
    return this.#left;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#leave();
  }
}
