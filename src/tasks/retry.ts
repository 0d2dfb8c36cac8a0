import { checkCount, checkFunction, checkKnown, checkMilliseconds } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";

/**
 * Starts a failed task again, within the same deadline (R9). What is told is the last attempt's outcome.
 *
 * @example
 * TaskRunner.run(specs, { timeout: 5_000, retry: { attempts: 3, delay: 100 } }); // at once, after 100 ms, after 200 ms
 */
export interface Retry {
  /** How many times it is started in all, the first included. */
  readonly attempts: number;
  /** Milliseconds before it is started for the second time. Default 0. */
  readonly delay?: number;
  /** What the delay is multiplied with each time after that. Default 2. */
  readonly factor?: number;
  /** The longest delay, in milliseconds. Default `Infinity`. */
  readonly maxDelay?: number;
  /** Which failures are worth another attempt. Default: all but those that would be the same again, such as a missing export. */
  readonly when?: (reason: ExitReason, attempt: number) => boolean;
}

const hopeless = new Set<unknown>(["not_cloneable", "not_portable", "load_failed", "invalid_spec", "invalid_option", "supervisor_down"]);
/** By the code alone: from another node comes an error of the same name and code, and of no class of this one. */
const worthIt = (reason: ExitReason): boolean => !(reason instanceof Error && "code" in reason && hopeless.has(reason.code));

export function checkRetry(option: string, retry: Retry): void {
  checkKnown(option, retry, ["attempts", "delay", "factor", "maxDelay", "when"]);
  checkCount(`${option}.attempts`, retry.attempts);
  if (retry.when !== undefined) checkFunction(`${option}.when`, retry.when);
  if (retry.delay !== undefined) checkMilliseconds(`${option}.delay`, retry.delay, { infinity: false });
  if (retry.factor !== undefined) checkMilliseconds(`${option}.factor`, retry.factor, { infinity: false });
  if (retry.maxDelay !== undefined) checkMilliseconds(`${option}.maxDelay`, retry.maxDelay);
}

/** How many milliseconds to wait before the next attempt, when `attempt` (from 1) has failed; undefined when there is none. Throws what `when` throws. */
export function nextDelay(retry: Retry | undefined, attempt: number, reason: ExitReason): number | undefined {
  if (retry === undefined || attempt >= retry.attempts || !(retry.when ?? worthIt)(reason, attempt)) return undefined;
  const { delay = 0, factor = 2, maxDelay = Number.POSITIVE_INFINITY } = retry;
  return delay === 0 ? 0 : Math.min(delay * factor ** (attempt - 1), maxDelay);
}
