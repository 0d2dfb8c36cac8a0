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

/** How many causes of causes, and how many errors of an `AggregateError`, are told of. */
const most = 5;

/** An error as lines: its stack, the errors that are gathered in it, and its causes. Any of them may be hostile. */
function explain(lines: string[], error: unknown, title = "", left = most): void {
  const read = <T>(key: string): T | undefined => attempt(() => (error as Record<string, T>)[key]);
  const stack = attempt(() => read<string>("stack")?.split("\n"));
  if (stack !== undefined || title !== "") lines.push(`  ${title}${(stack ?? [describeReason(error)]).join("\n  ")}`);
  for (const one of attempt(() => read<unknown[]>("errors")?.slice(0, most)) ?? []) lines.push(`  one of its errors: ${describeReason(one)}`);
  const cause = isError(error) ? read("cause") : undefined;
  if (cause !== undefined && left > 0) explain(lines, cause, "caused by: ", left - 1);
}

/** A crash as a block of text: who, why, what it ran, who asked for it, and the stack. */
export function formatCrash(report: CrashReport): string {
  const { pid, label, runs, args, parent, callers, supervisor, restarts, lastMessage, mailboxLength, reason } = report;
  const lines = [`process ${pid ?? "(not started)"}${label === undefined ? "" : ` (${label})`} crashed: ${describeReason(reason)}`];
  lines.push(`  runs: ${runs}${args === undefined ? "" : `, with ${describeValue(args)}`}`);
  if (parent !== undefined) lines.push(`  started by: ${parent}`);
  if (callers.length > 0) lines.push(`  callers: ${callers.join(" <- ")}`);
  if (supervisor !== undefined) lines.push(`  supervisor: ${supervisor}${restarts ? `, which had restarted it ${restarts} times` : ""}`);
  if (lastMessage !== undefined) lines.push(`  last message: ${describeValue(lastMessage)}`);
  if (mailboxLength) lines.push(`  mailbox: ${mailboxLength} waiting`);
  explain(lines, reason);
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
