import type { Pid } from "../kernel/ids.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { TaskWork } from "./job.js";

/** A task of a run, as its events tell of it. */
export interface RunnerTask {
  /** Its place among the specs, from 0. */
  readonly index: number;
  readonly label: string | undefined;
  readonly work: TaskWork;
  /** The arguments of a module's function. */
  readonly args: readonly unknown[] | undefined;
  /** The pid of its process, once known; tasks elsewhere have one that nobody asked for. */
  readonly pid: Pid | undefined;
  /** The node that it ran on, such as `main` or `main/t2`; undefined when it had not started. */
  readonly place: string | undefined;
  /** When it began, in milliseconds since the epoch; undefined when it had not started. */
  readonly startedAt: number | undefined;
  /** How long it ran, in milliseconds. */
  readonly duration: number | undefined;
  /** How many times it was started. */
  readonly attempts: number;
}

/** A result arrived. */
export interface OkEvent<T> {
  readonly type: "ok";
  readonly index: number;
  readonly task: RunnerTask;
  readonly value: T;
}

/** A task crashed, was refused, or could not be started; nobody else noticed (R3, R11, R12). */
export interface TaskErrorEvent {
  readonly type: "task_error";
  readonly index: number;
  readonly task: RunnerTask;
  readonly reason: ExitReason;
}

/** The deadline struck; what had arrived stands (R2). */
export interface TimeoutEvent {
  readonly type: "timeout";
  /** The tasks that had not ended, in the order of their specs; of an array also those that had not begun. */
  readonly pending: readonly RunnerTask[];
}

/**
 * Told to an owner alone, when an async iterable of specs ends after the last of its tasks has been told of: `done` has become true
 * without any other event.
 */
export interface DoneEvent {
  readonly type: "done";
}

/** What a run tells, in the order of arrival (R1); its `type` says which it is. */
export type RunnerEvent<T> = OkEvent<T> | TaskErrorEvent | TimeoutEvent;
