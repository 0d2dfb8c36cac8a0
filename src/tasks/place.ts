import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import type { ExitKind } from "../kernel/wire.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Queue } from "./fair-queue.js";
import type { Job, Moment } from "./job.js";
import type { PoolMetrics } from "./pool-metrics.js";

/** Where the tasks of a supervisor run. */
export interface Place {
  /** What it is called in messages: `this event loop`, `a thread`. */
  readonly kind: string;
  /** How many tasks it runs at the same time: a hint for whoever feeds it. */
  readonly parallelism: number;
  /** True when it takes another task now; when it does again later, it tells its host. */
  hasRoom(): boolean;
  /** How many tasks may wait beyond those that it runs. Default `Infinity`. */
  readonly maxQueue?: number;
  /** The error for one more, when there are `count` tasks of `most` that there may be. */
  full?(count: number, most: number): Error;
  /** Whether runs and streams wait after this error. */
  waitsAfter?(error: unknown): boolean;
  /** Where tasks wait. Default: in a queue that is fair. */
  readonly queue?: Queue;
  start(job: Job): void;
  /** Goes on with a job that this node has begun for an earlier program. Without it, what that program had begun is lost. */
  adopt?(job: Job, node: string): void;
  /** Sends the job's process an exit signal. `"kill"` is final: what does not answer is stopped with its node. */
  exit(job: Job, reason: ExitReason, kind: ExitKind): void;
  /** When the job began to run, in milliseconds since the epoch; undefined while it waits. */
  startedAt(job: Job): number | undefined;
  /** The time, where it is to be noted when jobs are submitted. */
  moment?(): Moment;
  /** What goes on there, and since the last time. */
  metrics?(): PoolMetrics;
  /** Nobody uses it any more. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** The supervisor, as its place sees it. */
export interface PlaceHost {
  readonly node: Node;
  /** How many tasks have been handed over, and how many wait for that. */
  readonly running: number;
  readonly waiting: number;
  /** The supervisor's process, once it has started: after its place has been made. */
  readonly pid: Pid;
  /** The place has room again. */
  feed(): void;
  /** A job that was handed over has not started, and never will there: it is to be started anew, before those that wait. */
  takeBack(job: Job): void;
}

/**
 * Makes the place of a supervisor's tasks, when the supervisor starts: what `threads()` answers, and the option `on` takes.
 *
 * @example
 * await using cores = TaskSupervisor.start({ on: threads({ size: 2 }) });
 */
export type PlaceFactory = (host: PlaceHost) => Place;
