import { checkKnown, checkMilliseconds } from "../kernel/options.js";
import { type Retry, checkRetry } from "./retry.js";

/** What one task of a run may have of its own. */
export interface TaskOptions {
  /** Milliseconds that it may run, from when it starts. */
  readonly timeout?: number;
  /** Starts it again when it fails; goes before the run's own `retry`. */
  readonly retry?: Retry;
  /** What the task is for, in events and crash reports. */
  readonly label?: string;
}

export function checkTaskOptions(name: string, options: TaskOptions): void {
  checkKnown(name, options, ["timeout", "retry", "label"]);
  if (options.timeout !== undefined) checkMilliseconds(`${name}.timeout`, options.timeout);
  if (options.retry !== undefined) checkRetry(`${name}.retry`, options.retry);
}
