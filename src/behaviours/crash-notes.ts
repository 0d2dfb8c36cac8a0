import { attempt, isError } from "../kernel/attempt.js";
import { type CrashDetails, type CrashReport, crashDetails } from "../kernel/crash-report.js";
import { entryOf } from "../kernel/entry-of.js";
import { describeReason, describeValue } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import type { ProcessBody } from "../kernel/process-body.js";

type Notes = Map<Pid<never>, CrashDetails>;

const started = new WeakMap<Node, Notes>();

/** What is noted of those whose crashes are reported on this node by whoever had them started, wherever they run. */
export const notesOfStarted = (node: Node): Notes => entryOf(started, node, (): Notes => new Map());

/**
 * Says of a child by whom, and how often, it was started again: a crash of it is nobody's outcome then, whoever watches it, and is reported as not handled.
 * Of what runs on another node, and was not started from here, that node alone could tell.
 */
export function noteSupervisor(node: Node, child: Pid<never>, supervisor: Pid, restarts: number): void {
  const notes = started.get(node)?.get(child) ?? node.find(child)?.notes;
  if (notes !== undefined) Object.assign(notes, { supervisor, restarts });
}

/** Says how to learn, when a process crashes, which message it was handling. Asked then alone: it costs nothing before. */
export function noteHandling(process: ProcessBody, message: () => unknown): void {
  Object.defineProperty(process.notes, "lastMessage", { get: message, enumerable: true, configurable: true });
}

/** How many causes of causes, and how many of the errors that are gathered in one, are told of. */
const most = 5;

/** The errors that are gathered in an error, and its causes with their stacks. Any of them may be hostile. */
function origins(error: unknown, left: number): string[] {
  if (!isError(error)) return [];
  const gathered = attempt(() => (error as AggregateError).errors.slice(0, most).map(describeReason)) ?? [];
  const lines = gathered.map((text) => `one of its errors: ${text}`);
  const cause = attempt(() => error.cause);
  if (cause === undefined || left === 0) return lines;
  const stack = isError(cause) ? attempt(() => cause.stack?.split("\n")) : undefined;
  const [first, ...frames] = stack ?? [describeReason(cause)];
  return [...lines, `caused by: ${first}`, ...frames, ...origins(cause, left - 1)];
}

/** What a report says beyond what the kernel prints of it by itself. */
function details({ reason, supervisor, restarts, lastMessage, mailboxLength }: CrashReport): string {
  const lines = origins(reason, most);
  if (supervisor !== undefined) {
    const times =
      restarts === undefined || restarts === 0 ? "not restarted it" : restarts === 1 ? "restarted it once" : `restarted it ${restarts} times`;
    lines.push(`supervisor: ${supervisor}, which had ${times} before`);
  }
  if (lastMessage !== undefined) lines.push(`last message: ${describeValue(lastMessage)}`);
  if (mailboxLength !== undefined && mailboxLength > 0) lines.push(`mailbox: ${mailboxLength} waiting`);
  return lines.map((line) => `\n  ${line}`).join("");
}

crashDetails.format = details;
