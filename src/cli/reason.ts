import { inspect } from "node:util";

/** Why a task failed, as the results tell it. */
export interface FailureReport {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: FailureReport;
  /** What else the error said of itself, such as `exitCode` of a thread that ended. */
  readonly [detail: string]: unknown;
}

/** Enough to tell a wrapped error's story; an error may name itself as its cause. */
const deepestCause = 5;

/** A reason as a plain object. What was thrown need not be an Error: `throw "no"` and exit reasons such as "killed" get the name `exit`. */
export function describeReason(reason: unknown, depth = 0): FailureReport {
  if (!(reason instanceof Error)) return { name: "exit", message: typeof reason === "string" ? reason : inspect(reason), reason: plain(reason) };
  const { name, message, stack, cause } = reason;
  const code = (reason as { code?: unknown }).code;
  return {
    ...plainDetails(reason),
    name,
    message,
    ...(typeof code === "string" ? { code } : {}),
    ...(stack === undefined ? {} : { stack }),
    ...(cause === undefined || depth >= deepestCause ? {} : { cause: describeReason(cause, depth + 1) }),
  };
}

/** A reason in one line, for the joblog. */
export function reasonLine(reason: unknown): string {
  const { name, message } = describeReason(reason, deepestCause);
  const [firstLine = ""] = message.split("\n", 1);
  return name === "exit" ? firstLine : firstLine === "" ? name : `${name}: ${firstLine}`;
}

/** The same line for all failures of a kind: without the pids and nodes that tell one from the next. */
export function reasonKind(reason: unknown): string {
  return reasonLine(reason)
    .replace(/ <[\w/@~-]+\.\d+>/g, "")
    .replace(/^NodeDown: node \S+ went/, "NodeDown: its node went");
}

function plainDetails(error: Error): Record<string, unknown> {
  const details: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(error)) {
    if (["name", "message", "stack", "cause", "code"].includes(key)) continue;
    const copy = plain(value);
    if (copy !== undefined) details[key] = copy;
  }
  return details;
}

/** What JSON can say of a detail; a detail that it cannot say is left out rather than failing the report of a failure. */
function plain(value: unknown): unknown {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
