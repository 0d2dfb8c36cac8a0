import { ambience } from "../kernel/ambience.js";
import { SourceFailed } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";
import { isGone } from "../kernel/transfer.js";
import type { SpawnOptions } from "../kernel/wire.js";
import { type Crew, rootCrew } from "./crew.js";
import { FanTask } from "./fan-task.js";
import { type Shutdown, type TaskWork, waitingFirst } from "./job.js";
import type { Journal } from "./journal.js";
import { type Retry, isSpared, nextDelay } from "./retry.js";
import { type Source, end } from "./source.js";
import type { TaskOptions } from "./task-options.js";

/** What happens at a deadline to the tasks that have not ended. */
export type OnTimeout = "shutdown" | "kill" | "keep";
export const onTimeouts = ["shutdown", "kill", "keep"] as const;

/** Whoever a fan works for: makes tasks of the items, and is told what became of them. */
export interface FanSink<I> {
  /** The next item. Calls `launch` for it, or throws: then the item's task has failed before it began. */
  take(item: I, index: number): void;
  settled(task: FanTask, reason: ExitReason, value: unknown): void;
  /** The source has come to its end, and every task that came from it has ended. */
  drained(): void;
}

export interface FanOptions {
  readonly node: Node;
  readonly callers: readonly Pid[];
  /** How many tasks are under way at once. */
  readonly maxConcurrency: number;
  /** How many may be under way or ended without having been released. */
  readonly window: number;
  readonly taskTimeout: number | undefined;
  readonly retry: Retry | undefined;
  /** Wants to hear of its tasks' progress. */
  readonly onProgress?: ((value: unknown, task: FanTask) => void) | undefined;
  /** Where it is kept how far its tasks have got, when the run is to outlive its program. */
  readonly journal?: Journal | undefined;
}

/** Pulls items, starts their tasks within the limits, tries failed ones again, and tells what became of each: the engine of TaskRunner and asyncStream. */
export class Fan<I> {
  declare readonly options: FanOptions;
  readonly #source: Source<I>;
  readonly #sink: FanSink<I>;
  /** One for all its tasks, so that a batch carries it once. */
  readonly spawnOptions: SpawnOptions | undefined = undefined;
  #first: FanTask | null = null;
  #index = 0;
  #underWay = 0;
  #unreleased = 0;
  #state: "open" | "pulling" | "full" | "exhausted" | "stopped" = "open";
  readonly #lingering = new Set<Promise<void>>();
  #told = false;
  #inPull = false;

  constructor(source: Source<I>, sink: FanSink<I>, options: FanOptions) {
    this.#source = source;
    this.#sink = sink;
    this.options = options;
    ambience.active?.keep(this, this); // what is pulled later belongs to whoever asked for it now
    const { callers } = options;
    const progress = options.onProgress && true;
    if (callers.length > 0 || progress) this.spawnOptions = { callers, progress };
  }

  /** Starts as many tasks as may be under way. */
  pull(): void {
    this.#fill();
    this.#tellWhenDrained();
  }

  #fill(): void {
    if (this.#inPull) return;
    this.#inPull = true;
    const { maxConcurrency, window } = this.options;
    while (this.#state === "open" && this.#underWay < maxConcurrency && this.#unreleased < window) {
      let item: I | typeof end | Promise<I | typeof end>;
      try {
        item = this.#source.next();
      } catch (error) {
        this.#sourceFailed(error);
        break;
      }
      if (item instanceof Promise) this.#await(item);
      else this.#take(item);
    }
    this.#inPull = false;
  }

  #tellWhenDrained(): void {
    if (this.#underWay === 0 && this.#state === "exhausted" && !this.#told) {
      this.#told = true;
      this.#sink.drained();
    }
  }

  #await(next: Promise<I | typeof end>): void {
    this.#state = "pulling";
    next.then(
      (item) => {
        if (this.#state !== "pulling") return;
        this.#state = "open";
        this.#take(item);
        this.pull();
      },
      (error: unknown) => {
        if (this.#state !== "pulling") return;
        this.#sourceFailed(error);
        this.pull();
      },
    );
  }

  #sourceFailed(error: unknown): void {
    this.#state = "exhausted";
    this.#failed(new SourceFailed(this.#index, error));
  }

  /** An item whose task could not even be made. */
  #failed(reason: unknown): void {
    const task = this.#add(rootCrew(this.options.node), noWork, undefined);
    this.ended(task, reason, undefined);
  }

  #take(item: I | typeof end): void {
    if (item === end) {
      this.#state = "exhausted";
      return;
    }
    try {
      this.#sink.take(item, this.#index);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Starts the task of the item that is being taken; when the fan has been stopped, the task stays one that never began. */
  launch(crew: Crew, work: TaskWork, options: TaskOptions | undefined): void {
    const { journal } = this.options;
    if (journal?.isTold(this.#index) === true) {
      this.#index++;
      return;
    }
    const task = this.#add(crew, work, options);
    if (!this.isStopped && journal?.resume(task, this) !== true) this.start(task);
  }

  #add(crew: Crew, work: TaskWork, options: TaskOptions | undefined): FanTask {
    const task = new FanTask(this as unknown as Fan<never>, crew, work, this.#index++, options);
    const { onProgress } = this.options;
    if (onProgress !== undefined) task.onProgress = (value) => onProgress(value, task);
    task.after = this.#first;
    if (task.after !== null) task.after.before = task;
    this.#first = task;
    this.#underWay++;
    this.#unreleased++;
    return task;
  }

  start(task: FanTask): void {
    task.attempts++;
    task.launch++;
    try {
      task.supervisor.submit(task);
    } catch (error) {
      if (task.supervisor.place.waitsAfter?.(error) === true) this.#hold(task);
      else this.ended(task, error, undefined);
    }
  }

  /** The task's place is full: it starts when there is room, and nothing is pulled before that. */
  #hold(task: FanTask): void {
    task.attempts--;
    task.launch--;
    const pauses = this.#state === "open";
    if (pauses) this.#state = "full";
    task.supervisor.whenRoom(() => {
      if (this.isStopped) return;
      if (pauses) this.#state = "open";
      this.start(task);
      this.pull();
    });
  }

  ended(task: FanTask, reason: ExitReason, value: unknown): void {
    if (this.options.journal?.settle(task, reason, value, this) !== true) this.over(task, reason, value);
  }

  get isStopped(): boolean {
    return this.#state === "stopped";
  }

  /** A task has ended, and is not known to have ended otherwise. */
  over(task: FanTask, reason: ExitReason, value: unknown): void {
    if (this.isStopped) return; // what a durable run has stopped is heard of to be kept, and goes no further
    // What was transferred is gone: the first failure is told.
    if (reason !== "normal" && task.attempts > 0 && !isGone(task.args)) {
      try {
        const retry = task.options?.retry ?? this.options.retry;
        const delay = nextDelay(retry, task.attempts, reason);
        if (delay !== undefined) {
          if (isSpared(retry, reason)) task.attempts--;
          this.#tryAgain(task, delay);
          return;
        }
      } catch (error) {
        reason = error; // from the caller's own `when`
      }
    }
    this.#unlist(task);
    if (task.state !== "ended" && task.state !== "new") this.#linger(task);
    this.#underWay--;
    // Told first, for what comes next may fail at once: events keep the order of arrival.
    this.#sink.settled(task, reason, value);
    if (this.#state === "open") this.#fill();
    this.#tellWhenDrained();
  }

  /** Resolves when no task of it runs any more. */
  get left(): Promise<void> {
    return Promise.all(this.#lingering).then(ignore);
  }

  /** A task whose time was up has been told of, and still occupies its place. */
  #linger(task: FanTask): void {
    const gone = task.whenReleased().then(() => {
      this.#lingering.delete(gone);
    });
    this.#lingering.add(gone);
  }

  /** A task of a durable run is of no interest to this program any more, but its end is: that is kept. */
  #leave(task: FanTask): void {
    task.onProgress = undefined;
    this.#linger(task);
  }

  #tryAgain(task: FanTask, delay: number): void {
    const start = (): void => {
      task.retryTimer = undefined;
      task.again();
      this.start(task);
    };
    // A task whose time was up may still occupy its place; it starts again when it has left it.
    void task.whenReleased().then(() => {
      if (this.isStopped) return;
      task.retryTimer = this.options.node.clock.set(start, delay);
    });
  }

  #unlist(task: FanTask): void {
    const { before, after } = task;
    if (before === null) this.#first = after;
    else before.after = after;
    if (after !== null) after.before = before;
    task.before = task.after = null;
  }

  /** So many results are no longer held by anybody: as many new tasks may come. */
  release(count = 1): void {
    this.#unreleased -= count;
    if (this.#state === "open" && !this.#inPull) this.pull();
  }

  /** Nothing is under way, and nothing will be. */
  get isDrained(): boolean {
    return this.#underWay === 0 && (this.#state === "exhausted" || this.isStopped);
  }

  /** The tasks that have not ended, in the order of their specs; of an array also those that have not begun. */
  pending(): FanTask[] {
    const tasks: FanTask[] = [];
    for (let task = this.#first; task !== null; task = task.after) tasks.push(task);
    return tasks.sort((a, b) => a.index - b.index);
  }

  /** Pulls nothing more, and takes what an array still holds as tasks that never began. */
  #drawRest(): void {
    for (;;) {
      try {
        const item = this.#source.next();
        if (item === end || item instanceof Promise) return;
        this.#sink.take(item, this.#index);
      } catch {
        return;
      }
    }
  }

  /** Ends everything by the rule. Answers the tasks that had not ended, and a promise that resolves when none of them runs any more. */
  stop(rule: OnTimeout, drawRest: boolean): { pending: FanTask[]; stopped: Promise<void> } {
    const { isFinite } = this.#source;
    // An iterator that is about to answer closes only when it has; that may never be.
    const closes = this.#state !== "pulling";
    this.#state = "stopped";
    if (drawRest && isFinite) this.#drawRest();
    const closed = this.#source.close()?.catch(ignore);
    const pending = this.pending();
    this.#first = null;
    this.#underWay = 0;
    const ends: Promise<unknown>[] = [...this.#lingering];
    if (closed !== undefined && closes) ends.push(closed);
    for (const task of pending) {
      if (this.options.journal === undefined) task.forget();
      else this.#leave(task);
      if (task.retryTimer !== undefined) this.options.node.clock.clear(task.retryTimer);
    }
    for (const task of rule === "keep" ? [] : waitingFirst(pending)) {
      task.stop(rule === "kill" ? "brutal_kill" : shutdownOf(task));
      if (task.state !== "new" && task.state !== "ended") ends.push(task.whenReleased());
    }
    return { pending, stopped: ends.length === 0 ? Promise.resolve() : Promise.all(ends).then(ignore) };
  }
}

const ignore = (): void => undefined;
const noWork = (): void => undefined;
const shutdownOf = (task: FanTask): Shutdown => task.supervisor.shutdown;
