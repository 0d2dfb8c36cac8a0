import { attempt, isError } from "./attempt.js";
import { describeReason, describeValue } from "./errors.js";
import type { Pid } from "./ids.js";
import type { ExitReason } from "./reasons.js";

/** What is known of a process that ended abnormally by what its own function did (T14). */
export interface CrashReport {
  readonly pid: Pid | undefined;
  readonly label: string | undefined;
  /** The function it ran. */
  readonly runs: string;
  readonly args: readonly unknown[] | undefined;
  readonly parent: Pid | undefined;
  /** The chain of processes that asked for it, nearest first. */
  readonly callers: readonly Pid[];
  readonly reason: ExitReason;
  /** Somebody was told of the end by a link, a monitor, or as the outcome of a task. */
  readonly handled: boolean;
}

/**
 * Is told of every crash on a node, once (T14). It must not throw.
 *
 * @example
 * const node = new Node({ reporter: (report) => log.warn(formatCrash(report)) }); // all of them, handled or not
 */
export type Reporter = (report: CrashReport) => void;

/** A crash as a block of text: who, why, what it ran, who asked for it, and the stack. */
export function formatCrash(report: CrashReport): string {
  const { pid, label, runs, args, parent, callers, reason } = report;
  const lines = [`process ${pid ?? "(not started)"}${label === undefined ? "" : ` (${label})`} crashed: ${describeReason(reason)}`];
  lines.push(`  runs: ${runs}${args === undefined ? "" : `, with ${describeValue(args)}`}`);
  if (parent !== undefined) lines.push(`  started by: ${parent}`);
  if (callers.length > 0) lines.push(`  callers: ${callers.join(" <- ")}`);
  const stack = isError(reason) ? attempt(() => reason.stack?.split("\n")) : undefined;
  if (stack !== undefined) lines.push(...stack.map((line) => `  ${line}`));
  return lines.join("\n");
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
