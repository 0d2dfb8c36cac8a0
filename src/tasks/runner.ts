import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption } from "../kernel/errors.js";
import { checkCount, checkFunction, checkMilliseconds, checkNode, checkOptions, checkText, oneOf } from "../kernel/options.js";
import { type Process, checkSelf } from "../kernel/process.js";
import type { Ender } from "../kernel/process-body.js";
import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { AnySelf } from "../kernel/self.js";
import { rootCrew } from "./crew.js";
import { Fan, type OnTimeout, onTimeouts } from "./fan.js";
import type { FanTask } from "./fan-task.js";
import { Fifo } from "./fifo.js";
import type { TaskWork } from "./job.js";
import { type Journal, openJournal } from "./journal.js";
import { type Retry, checkRetry } from "./retry.js";
import type { DoneEvent, RunnerEvent, RunnerTask } from "./runner-events.js";
import { sourceOf } from "./source.js";
import { type Spec, type SpecOf, type Specs, type ValueOf, checkSpec } from "./spec.js";
import type { TaskSupervisor } from "./supervisor.js";
import type { TaskOptions } from "./task-options.js";

/** How a run goes about it. All are optional; an unknown one is refused (T13). */
export interface RunnerOptions {
  /** Milliseconds from `run` to the one deadline, waiting in queues included. Default `Infinity` (R2). */
  readonly timeout?: number;
  /** The process whose mailbox the events come to; it hands them to `handleMessage`. Without one, iterate over the runner. */
  readonly owner?: AnySelf;
  /** How many tasks are under way at once. Default `Infinity`. With a limit, specs are pulled only as they are wanted (R8). */
  readonly maxConcurrency?: number;
  /** What happens to the rest at the deadline or after `cancel`. Default `"shutdown"`. */
  readonly onTimeout?: OnTimeout;
  /** Milliseconds that each task may run, from when it starts. */
  readonly taskTimeout?: number;
  /** Starts failed tasks again. Default: never. A task's own `retry` goes first. */
  readonly retry?: Retry;
  /**
   * Is called with what a task tells of its progress (`self.progress(value)`), in order, and never after the task's last event or the end of the run.
   * Nothing is sent for it where it is left out. A task that is tried again begins anew: see `task.attempts`.
   */
  readonly onProgress?: (value: unknown, task: RunnerTask) => void;
  /**
   * What the run is called where it is to outlive its program: a later one that calls `run` with this name and the same specs goes on where this has stopped. Needs a
   * node of a cluster. Default: it ends with its program.
   */
  readonly durable?: string;
  /** Whose clock the deadline is on. Default: the owner's node, or that of this event loop. */
  readonly node?: Node;
}

const checks = {
  timeout: checkMilliseconds,
  owner: checkSelf,
  maxConcurrency: checkCount,
  onTimeout: oneOf(onTimeouts),
  taskTimeout: checkMilliseconds,
  retry: checkRetry,
  onProgress: checkFunction,
  durable: checkText,
  node: checkNode,
};

/** A durable run could not be opened: there is nothing else to tell. */
interface FailedEvent {
  readonly type: "failed";
  readonly error: unknown;
}

/** What is told, to whoever has something to do with it. */
type Told<T> = RunnerEvent<T> | DoneEvent | FailedEvent;

/** An event on its way to the owner. Only the runner that it belongs to can open it. */
class RunnerMessage {
  opened = false;

  constructor(
    readonly runner: object,
    readonly event: Told<unknown>,
  ) {}
}

/** How many ended tasks may wait for a slow reader beyond those that run, so that it does not slow the tasks down at once. */
const slack = 64;

/**
 * Runs many tasks and tells of each as it ends, in the order of arrival, under one deadline. A task that crashes is an event like any other.
 *
 * The runner is a helper and no framework: plain code iterates over it; a process with a message loop of its own passes it as `owner`, and hands
 * its messages to `handleMessage`. When the tasks must stand or fall together, use `Task.async`.
 *
 * @example
 * const runner = TaskRunner.run(urls.map((url) => [here, ({ signal }) => fetch(url, { signal })] as const), { timeout: 400 });
 * for await (const event of runner) {
 *   if (event.type === "ok") pages.push(event.value);
 *   else if (event.type === "timeout") console.log(event.pending.length, "are missing");
 * }
 */
export class TaskRunner<T> implements AsyncIterable<RunnerEvent<T>>, AsyncIterator<RunnerEvent<T>, undefined> {
  readonly #fan: Fan<Spec>;
  /** An array's specs are checked before anything starts, those of an iterable as they come. */
  readonly #checked: boolean;
  readonly #owner: Process | undefined;
  readonly #onTimeout: OnTimeout;
  readonly #node: Node;
  readonly #journal: Journal | undefined;
  /** The task whose event a reader of a durable run has, and is not known to be done with. */
  #inHand: number | undefined = undefined;
  /** Events that nobody has taken yet. */
  readonly #events = new Fifo<Told<T>>();
  #waiting: ((result: Next<T> | Promise<Next<T>>) => void) | undefined = undefined;
  /** How many events have been told, and taken. */
  #untaken = 0;
  /** How many wait for an event in the owner's mailbox. */
  #receiving = 0;
  #timer: unknown = undefined;
  /** Nothing more will be told. */
  #over = false;
  /** `run` has returned: from now on, an owner has to be told that `done` has become true. */
  #begun = false;
  #done = false;
  #stopped: Promise<void> | undefined = undefined;
  readonly #ownerWatch: Ender = {
    ended: () => {
      this.#orphaned();
    },
  };

  private constructor(specs: Specs, options: RunnerOptions) {
    checkOptions("TaskRunner options", options, checks);
    const { timeout = Infinity, maxConcurrency = Infinity, onTimeout = "shutdown", taskTimeout, retry, onProgress, durable } = options;
    const owner = options.owner as Process | undefined;
    owner?.mustLive();
    const source = sourceOf("specs", specs);
    this.#checked = Array.isArray(specs);
    if (Array.isArray(specs)) for (let index = 0; index < specs.length; index++) checkSpec((specs as unknown[])[index], index);
    this.#owner = owner;
    this.#onTimeout = onTimeout;
    this.#node = options.node ?? owner?.node ?? defaultNode();
    this.#journal = durable === undefined ? undefined : openJournal(this.#node, durable, this.#checked ? (specs as readonly Spec[]) : undefined);
    this.#fan = new Fan(source, this, {
      node: this.#node,
      callers: owner?.chain ?? [],
      maxConcurrency,
      window: maxConcurrency + slack,
      taskTimeout,
      retry,
      onProgress,
      journal: this.#journal,
    });
    if (timeout !== Infinity) this.#timer = this.#node.clock.set(() => this.#deadline(), timeout);
    owner?.whenEnded(this.#ownerWatch);
    if (this.#journal === undefined) this.#fan.pull();
    else this.#journal.opened.then(this.#fan.pull.bind(this.#fan), this.#fail.bind(this));
    this.#begun = true;
  }

  /**
   * Starts the tasks. Options and an array of specs are checked before anything starts; what goes wrong later is an event.
   *
   * @param specs `[supervisor, work]` or `[supervisor, work, options]`, or just `work` for this event loop; from an array, an iterable or an async
   *   iterable, which is pulled only as tasks are wanted (R8)
   * @throws InvalidOption, InvalidSpec, NotPortable
   */
  static run<const S extends Specs>(specs: S & Specs, options: RunnerOptions = {}): TaskRunner<ValueOf<SpecOf<S>>> {
    return new TaskRunner(specs, options);
  }

  /** True when every task has ended and been told of, or the deadline has (R5). */
  get done(): boolean {
    return this.#done;
  }

  // ——— What the tasks tell ———

  /** @internal */
  take(spec: Spec, index: number): void {
    if (!this.#checked) checkSpec(spec, index);
    if (Array.isArray(spec)) this.#fan.launch((spec[0] as TaskSupervisor).crew, spec[1] as TaskWork, spec[2] as TaskOptions | undefined);
    else this.#fan.launch(rootCrew(this.#node), spec as TaskWork, undefined);
  }

  /** @internal */
  settled(task: FanTask, reason: ExitReason, value: unknown): void {
    if (this.#over) return;
    const { index } = task;
    if (reason === "normal") this.#tell({ type: "ok", index, task, value: value as T });
    else this.#tell({ type: "task_error", index, task, reason });
  }

  /** @internal */
  drained(): void {
    this.#clearTimer();
    if (this.#over || this.#untaken > 0) return;
    if (this.#owner !== undefined && this.#begun) this.#tell({ type: "done" });
    else this.#finish();
  }

  #deadline(): void {
    this.#timer = undefined;
    const { pending, stopped } = this.#fan.stop(this.#onTimeout, true);
    this.#stopped = stopped;
    this.#tell({ type: "timeout", pending });
    this.#over = true;
  }

  /** The run cannot be opened: whoever reads its events hears why. */
  #fail(error: unknown): void {
    if (this.#over) return;
    this.#fan.stop("keep", false);
    this.#tell({ type: "failed", error });
    this.#over = true;
  }

  #tell(event: Told<T>): void {
    this.#untaken++;
    const owner = this.#owner;
    if (owner !== undefined) {
      owner.deliver(new RunnerMessage(this, event));
      return;
    }
    const waiting = this.#waiting;
    if (waiting === undefined) this.#events.push(event);
    else {
      this.#waiting = undefined;
      waiting(this.#hand(event));
    }
  }

  /** An event, for iteration. */
  #hand(event: Told<T>): Next<T> | Promise<Next<T>> {
    this.#take(event);
    if (event.type === "failed") return Promise.reject(event.error as Error);
    return event.type === "done" ? ended : { done: false, value: event };
  }

  /** An event has reached whoever reads them. */
  #take(event: Told<T>): void {
    this.#untaken--;
    if (event.type === "ok" || event.type === "task_error") {
      this.#inHand = event.index;
      this.#fan.release();
    }
    if (this.#untaken === 0 && (this.#over || this.#fan.isDrained)) this.#finish();
  }

  #finish(): void {
    this.#over = this.#done = true;
    this.#clearTimer();
    this.#owner?.unwatch(this.#ownerWatch);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.(this.#left()?.then(() => ended) ?? ended);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#node.clock.clear(this.#timer);
    this.#timer = undefined;
  }

  // ——— Reading events ———

  /**
   * Says what a message of the owner's mailbox means: an event, or null when it is not this runner's (R4). Null also for an event of its own that was
   * handed in before.
   *
   * @example
   * const event = runner.handleMessage(await self.receive());
   * if (event?.type === "ok") total += event.value;
   */
  handleMessage(message: unknown): RunnerEvent<T> | DoneEvent | null {
    if (!this.#isMine(message)) return null;
    const event = message.event as Told<T>;
    this.#take(event);
    void this.#acknowledge();
    if (event.type === "failed") throw event.error;
    return event;
  }

  /** Opens a message that is for this runner, and was not opened before. */
  #isMine(message: unknown): message is RunnerMessage {
    if (!(message instanceof RunnerMessage) || message.runner !== this || message.opened || this.#done) return false;
    return (message.opened = true);
  }

  /** Whoever reads the events of a durable run is done with the one that it has: once that is written down, it does not come again. */
  #acknowledge(): Promise<void> | undefined {
    if (this.#journal === undefined) return undefined;
    const told = this.#inHand === undefined ? undefined : this.#journal.told(this.#inHand);
    this.#inHand = undefined;
    return this.#done ? this.#left() : told;
  }

  /** The run is over for its reader: the next one of its name may begin. What was stopped, or is kept, may take its time. */
  #left(): Promise<void> | undefined {
    const closed = this.#close();
    return this.#stopped === undefined ? closed : undefined;
  }

  #close(): Promise<void> | undefined {
    return this.#journal?.close(this.#fan.left);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The next event, for iteration. With an owner, it is taken from the owner's mailbox. */
  next(): Promise<Next<T>> {
    return this.#acknowledge()?.then(() => this.#next()) ?? this.#next();
  }

  #next(): Promise<Next<T>> {
    if (this.#done) return Promise.resolve(ended);
    if (this.#owner !== undefined) return this.#receive(this.#owner);
    if (this.#events.length > 0) {
      return Promise.resolve(this.#hand(this.#events.shift() as Told<T>));
    }
    if (this.#waiting !== undefined)
      return Promise.reject(new InvalidOption("next()", "a second call", "wait for the first one: a runner has one reader"));
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  async #receive(owner: Process): Promise<Next<T>> {
    this.#receiving++;
    const message = await owner
      .receive((one) => one instanceof RunnerMessage && one.runner === this)
      .finally(() => {
        this.#receiving--;
      });
    const { event } = message as RunnerMessage;
    return this.#isMine(message) ? this.#hand(event as Told<T>) : ended;
  }

  /** Leaving the loop early stops what still runs, and waits until it has stopped (R10). */
  async return(): Promise<Next<T>> {
    await (this.#over ? this.#left() : this.cancel());
    return ended;
  }

  // ——— Stopping ———

  /** Stops what still runs by the rule of `onTimeout`; no event comes after it. Resolves when nothing runs any more (R10). */
  cancel(): Promise<void> {
    if (!this.#over) {
      this.#stopped = this.#fan.stop(this.#onTimeout, false).stopped;
      this.#drop();
    }
    const stopped = this.#stopped ?? this.#fan.left;
    return this.#journal === undefined ? stopped : Promise.all([stopped, this.#close()]).then(() => undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cancel();
  }

  /** The owner has died: its tasks run on under their supervisors, and nobody is told (R7). */
  #orphaned(): void {
    this.#fan.stop("keep", false);
    this.#drop();
  }

  #drop(): void {
    this.#events.clear();
    this.#untaken = 0;
    const owner = this.#owner;
    owner?.flush((message) => message instanceof RunnerMessage && message.runner === this);
    this.#finish();
    void this.#close();
    // Whoever waits for the next event is told that there is none; what nobody waited for is taken out again.
    for (let waiting = this.#receiving; waiting > 0; waiting--) {
      const entry = owner?.deliver(new RunnerMessage(this, { type: "done" })) ?? null;
      if (entry !== null) owner?.take(entry);
    }
  }
}

type Next<T> = IteratorResult<RunnerEvent<T>, undefined>;
const ended = { done: true, value: undefined } as const;
