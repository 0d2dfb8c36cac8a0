import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import type { ExitKind } from "../kernel/wire.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Job } from "./job.js";

/** Where the tasks of a supervisor run. */
export interface Place {
  /** What it is called in messages: `this event loop`, `a thread`. */
  readonly kind: string;
  /** How many tasks it runs at the same time: a hint for whoever feeds it. */
  readonly parallelism: number;
  /** True when it takes another task now; when it does again later, it tells its host. */
  hasRoom(): boolean;
  start(job: Job): void;
  /** Sends the job's process an exit signal. `"kill"` is final: what does not answer is stopped with its node. */
  exit(job: Job, reason: ExitReason, kind: ExitKind): void;
  /** When the job began to run, in milliseconds since the epoch; undefined while it waits. */
  startedAt(job: Job): number | undefined;
  /** Nobody uses it any more. Resolves when nothing of it is left. */
  close(): Promise<void>;
}

/** The supervisor, as its place sees it. */
export interface PlaceHost {
  readonly node: Node;
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
