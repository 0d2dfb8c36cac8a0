import { attempt, isError } from "./attempt.js";
import { describeReason, describeValue } from "./errors.js";
import type { Pid } from "./ids.js";
import type { ExitReason } from "./reasons.js";

/** What a crash report says beyond what every process is known by. */
export interface CrashDetails {
  /** Who starts it again, where that is how it runs; for a task, its supervisor. */
  readonly supervisor?: Pid | undefined;
  /** How often its supervisor had started it again before. */
  readonly restarts?: number | undefined;
  /** The message that it was handling, where that is known: of a `GenServer`. */
  readonly lastMessage?: unknown;
  /** How many messages waited in its mailbox. */
  readonly mailboxLength?: number | undefined;
}

/** What is known of a process that ended abnormally by what its own function did (T14). */
export interface CrashReport extends CrashDetails {
  readonly pid: Pid | undefined;
  readonly label: string | undefined;
  /** The function it ran. */
  readonly runs: string;
  readonly args: readonly unknown[] | undefined;
  readonly parent: Pid | undefined;
  /** The chain of processes that asked for it, nearest first. */
  readonly callers: readonly Pid[];
  readonly reason: ExitReason;
  /** Somebody was told of the end by a link, a monitor, or as the outcome of a task. Never so of a process that a supervisor starts again. */
  readonly handled: boolean;
}

/**
 * Is told of every crash on a node, once (T14). It must not throw.
 *
 * @example
 * const node = new Node({ reporter: (report) => log.warn(formatCrash(report)) }); // all of them, handled or not
 */
export type Reporter = (report: CrashReport) => void;

/** What knows how to tell the rest. It comes with `taskward/behaviours`: without servers and supervisors there is little of it. */
export const crashDetails: { format?: (report: CrashReport) => string } = {};

/** A crash as a block of text: who, why, what it ran, who asked for it, and the stack. */
export function formatCrash(report: CrashReport): string {
  const { pid, label, runs, args, parent, callers, reason } = report;
  const lines = [`process ${pid ?? "(not started)"}${label === undefined ? "" : ` (${label})`} crashed: ${describeReason(reason)}`];
  lines.push(`  runs: ${runs}${args === undefined ? "" : `, with ${describeValue(args)}`}`);
  if (parent !== undefined) lines.push(`  started by: ${parent}`);
  if (callers.length > 0) lines.push(`  callers: ${callers.join(" <- ")}`);
  const stack = isError(reason) ? attempt(() => reason.stack?.split("\n")) : undefined;
  if (stack !== undefined) lines.push(...stack.map((line) => `  ${line}`));
  return lines.join("\n") + (crashDetails.format?.(report) ?? "");
}

/** A reporter whose own failure harms nobody: what it should have reported is printed. */
export const guarded =
  (reporter: Reporter): Reporter =>
  (report) => {
    try {
      reporter(report);
    } catch (error) {
      console.error(`the crash reporter failed (${describeReason(error)}) with this report:\n${formatCrash(report)}`);
    }
  };

/**
 * The reporter of a node that is given none: prints the crashes that nobody else was told of to standard error. The others are somebody's business
 * already.
 */
export const consoleReporter: Reporter = (report) => {
  if (!report.handled) console.error(formatCrash(report));
};
