import { InvalidOption } from "../kernel/errors.js";
import { checkKnown, checkMilliseconds } from "../kernel/options.js";
import type { Placing } from "./job.js";
import { type Retry, checkRetry } from "./retry.js";

/** What one task of a run may have of its own. */
export interface TaskOptions extends Placing {
  /** Milliseconds that it may run, from when it starts. */
  readonly timeout?: number;
  /** Starts it again when it fails; goes before the run's own `retry`. */
  readonly retry?: Retry;
  /** What the task is for, in events and crash reports. */
  readonly label?: string;
}

export function checkTaskOptions(name: string, options: TaskOptions): void {
  checkKnown(name, options, ["timeout", "retry", "label", "priority", "affinity"]);
  if (options.timeout !== undefined) checkMilliseconds(`${name}.timeout`, options.timeout);
  if (options.retry !== undefined) checkRetry(`${name}.retry`, options.retry);
  checkPlacing(name, options);
}

/** @throws InvalidOption */
export function checkPlacing(name: string, { priority, affinity }: Placing): void {
  if (priority !== undefined && !Number.isFinite(priority)) throw new InvalidOption(`${name}.priority`, priority, "give a finite number");
  if (affinity !== undefined && typeof affinity !== "string" && typeof affinity !== "number")
    throw new InvalidOption(`${name}.affinity`, affinity, "give a string or a number");
}
