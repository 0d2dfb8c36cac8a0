import { anything, checkCount, checkFinite, checkFlag, checkFunction, checkMilliseconds, checkOptions } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";

/**
 * Starts a failed task again, within the same deadline (R9). What is told is the last attempt's outcome.
 *
 * @example
 * TaskRunner.run(specs, { timeout: 5_000, retry: { attempts: 3, delay: 100 } }); // at once, after 100 ms, after 200 ms
 */
export interface Retry {
  /** How many times it is started in all, the first included. May be left out with `onNoConnection`; then it is 1. */
  readonly attempts?: number;
  /** Milliseconds before it is started for the second time. Default 0. */
  readonly delay?: number;
  /** What the delay is multiplied with each time after that. Default 2. */
  readonly factor?: number;
  /** The longest delay, in milliseconds. Default `Infinity`. */
  readonly maxDelay?: number;
  /** Which failures are worth another attempt. Default: all but those that would be the same again, such as a missing export. */
  readonly when?: (reason: ExitReason, attempt: number) => boolean;
  /** A task whose node was lost is started again at once, on another one, however often that happens: it may then have run more than once. Default false. */
  readonly onNoConnection?: boolean;
}

const hopeless = new Set<unknown>(["not_cloneable", "not_portable", "load_failed", "invalid_spec", "invalid_option", "supervisor_down"]);
/** By the code alone: from another node comes an error of the same name and code, and of no class of this one. */
const worthIt = (reason: ExitReason): boolean => !(reason instanceof Error && "code" in reason && hopeless.has(reason.code));

const checks = {
  attempts: anything,
  delay: checkFinite,
  factor: checkFinite,
  maxDelay: checkMilliseconds,
  when: checkFunction,
  onNoConnection: checkFlag,
};

export function checkRetry(option: string, retry: unknown): void {
  checkOptions(option, retry as Retry, checks, `${option}.`);
  const { attempts, onNoConnection } = retry as Retry;
  if (onNoConnection !== true || attempts !== undefined) checkCount(`${option}.attempts`, attempts); // it has no default
}

/** Its node was lost, which is no failure of its own. */
export const isSpared = (retry: Retry | undefined, reason: ExitReason): boolean => retry?.onNoConnection === true && reason === "noconnection";

/** How many milliseconds to wait before the next attempt, when `attempt` (from 1) has failed; undefined when there is none. Throws what `when` throws. */
export function nextDelay(retry: Retry | undefined, attempt: number, reason: ExitReason): number | undefined {
  if (isSpared(retry, reason)) return 0;
  if (retry === undefined || attempt >= (retry.attempts ?? 1) || !(retry.when ?? worthIt)(reason, attempt)) return undefined;
  const { delay = 0, factor = 2, maxDelay = Infinity } = retry;
  return delay === 0 ? 0 : Math.min(delay * factor ** (attempt - 1), maxDelay);
}
