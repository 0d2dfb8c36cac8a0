import { InvalidOption } from "../kernel/errors.js";
import { type Check, anything, checkMilliseconds, checkOptions } from "../kernel/options.js";
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

/** What concerns every task that may run elsewhere. */
export const placing = {
  label: anything,
  priority: (option, value) => {
    if (!Number.isFinite(value)) throw new InvalidOption(option, value, "give a finite number");
  },
  affinity: (option, value) => {
    if (typeof value !== "string" && typeof value !== "number") throw new InvalidOption(option, value, "give a string or a number");
  },
} satisfies Record<string, Check>;

const checks = { timeout: checkMilliseconds, retry: checkRetry, ...placing };

export function checkTaskOptions(name: string, options: TaskOptions): void {
  checkOptions(name, options, checks, `${name}.`);
}
