import { attempt, isError, isObject } from "./attempt.js";
import type { LocalName } from "./ids.js";

/**
 * Every error that Taskward throws or ends a task with. Each has a `code` that programs can switch on, and a message that
 * says what was wrong and what to write instead.
 */

/** What a TaskwardError's `code` can be. */
export type ErrorCode =
  | "exited"
  | "noproc"
  | "name_taken"
  | "node_down"
  | "not_cloneable"
  | "not_portable"
  | "invalid_option"
  | "invalid_spec"
  | "not_owner"
  | "task_timeout"
  | "task_failed"
  | "max_children"
  | "queue_full"
  | "supervisor_down"
  | "load_failed"
  | "source_failed"
  | "too_few_values"
  | "deadlock"
  | "not_clean"
  | "start_failed"
  | "already_started"
  | "already_present"
  | "duplicate_child"
  | "cyclic_tree"
  | "running"
  | "restarting"
  | "not_found"
  | "call_timeout"
  | "call_failed"
  | "already_replied";

/**
 * What every error of this library is, from another node too. Where a program may hold several copies of the library, ask for the `code` instead of
 * the class.
 *
 * @example
 * if (event.type === "task_error" && (event.reason as TaskwardError).code === "node_down") console.error("a thread died");
 */
export class TaskwardError extends Error {
  declare readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** What a dead process gets when its function goes on: thrown by `receive` and everything else that needs a live process. */
export class Exited extends TaskwardError {
  constructor(
    readonly who: string,
    readonly reason: unknown,
  ) {
    super("exited", `process ${who} has exited: ${describeReason(reason)}`, isError(reason) ? { cause: reason } : undefined);
  }
}

/** A name or an address that stands for no live process. */
export class NoProcess extends TaskwardError {
  constructor(
    readonly registeredName: string,
    hint = "register it first, or check with whereis()",
  ) {
    super("noproc", `no process is registered as ${JSON.stringify(registeredName)}: ${hint}`);
  }
}

/** A name, of a process or a node, that somebody else has (K14). */
export class NameTaken extends TaskwardError {
  constructor(name: LocalName, holder: string) {
    super("name_taken", `the name ${JSON.stringify(String(name))} is taken by ${holder}: choose another or unregister it there first`);
  }
}

/** The node under a process died. `exitCode`, `signal` and `cause` say how; `culprit` names the task that did it, where known. */
export class NodeDown extends TaskwardError {
  declare readonly node: string;
  declare readonly exitCode: number | undefined;
  declare readonly signal: string | undefined;
  declare readonly culprit: string | undefined;

  constructor(
    node: string,
    { exitCode, signal, cause, culprit, what }: { exitCode?: number; signal?: string; cause?: unknown; culprit?: string; what?: string } = {},
  ) {
    const details = [
      what,
      exitCode !== undefined && `exit code ${exitCode}`,
      signal !== undefined && `signal ${signal}`,
      cause !== undefined && describeReason(cause),
      culprit !== undefined && `because of ${culprit}`,
    ].filter((part) => part !== undefined && part !== false);
    super("node_down", `node ${node} went down${details.length > 0 ? `: ${details.join(", ")}` : ""}`, cause === undefined ? undefined : { cause });
    this.node = node;
    this.exitCode = exitCode;
    this.signal = signal;
    this.culprit = culprit;
  }
}

/** A value that cannot be sent to another node; `path` says which part of it. */
export class NotCloneable extends TaskwardError {
  constructor(
    readonly path: string,
    what: string,
    options?: ErrorOptions,
  ) {
    super("not_cloneable", `${path} is ${what}: only values that structured clone accepts can go to another node`, options);
  }
}

/** A closure was sent to a place where only functions of modules can run. */
export class NotPortable extends TaskwardError {
  constructor(place: string, what: string) {
    super(
      "not_portable",
      `${what} cannot run on ${place}: a closure stays on its event loop. Export the function from a module and refer to it with tasksFrom(new URL("./module.js", import.meta.url))`,
    );
  }
}

/** An option or argument that cannot be: which one, what it was, and what to give instead. Thrown before anything starts (T13). */
export class InvalidOption extends TaskwardError {
  constructor(option: string, got: unknown, want: string) {
    super("invalid_option", `${option} is ${describeValue(got)}: ${want}`);
  }
}

/** Something in the list of specs that is no spec. */
export class InvalidSpec extends TaskwardError {
  constructor(
    readonly index: number,
    problem: string,
  ) {
    super("invalid_spec", `specs[${index}] ${problem}: write [supervisor, () => ...] or [supervisor, tasks.fn(args)]`);
  }
}

/** A task was awaited, polled or shut down by a process that does not own it. */
export class NotOwner extends TaskwardError {
  constructor(operation: string, owner: string, caller: string) {
    super(
      "not_owner",
      `${operation} was called by ${caller}, but the task belongs to ${owner}: only the process that started a task can take its result`,
    );
  }
}

/** A task had not ended within its own timeout. */
export class TaskTimeout extends TaskwardError {
  constructor(
    readonly who: string,
    readonly timeout: number,
  ) {
    super("task_timeout", `${who} did not end within ${timeout} ms`);
  }
}

/** What awaiting a task rejects with when the task ended without a value. `reason` is its exit reason. */
export class TaskFailed extends TaskwardError {
  constructor(
    readonly who: string,
    readonly reason: unknown,
  ) {
    super("task_failed", `${who} failed: ${describeReason(reason)}`, { cause: reason });
  }
}

/** A supervisor has as many children as `maxChildren` allows, and refuses one more (S2). */
export class MaxChildren extends TaskwardError {
  constructor(supervisor: string, max: number) {
    super("max_children", `${supervisor} has ${max} children and takes no more: raise maxChildren, or limit with concurrency to queue instead`);
  }
}

/** A task was given to a supervisor that has been stopped, or was killed (R11). */
export class SupervisorDown extends TaskwardError {
  constructor(supervisor: string, reason: unknown) {
    super("supervisor_down", `${supervisor} is not running (${describeReason(reason)}): nothing can be asked of it`);
  }
}

/** A module that does not load, or an export that is missing or no function. */
export class LoadFailed extends TaskwardError {
  constructor(message: string, options?: ErrorOptions) {
    super("load_failed", message, options);
  }
}

/** The iterable that specs or inputs come from threw or gave something unusable; what it gave before was run. */
export class SourceFailed extends TaskwardError {
  constructor(
    readonly index: number,
    cause: unknown,
  ) {
    super("source_failed", `the source of tasks failed at item ${index}: ${describeReason(cause)}`, { cause });
  }
}

/** Fewer tasks succeeded than `first` or `firstSuccess` wanted: `values` are those that did, `errors` the reasons of the others (R9). */
export class TooFewValues extends TaskwardError {
  constructor(
    readonly wanted: number,
    readonly values: readonly unknown[],
    readonly errors: readonly unknown[],
    timedOut: boolean,
  ) {
    super(
      "too_few_values",
      `${wanted} value${wanted === 1 ? "" : "s"} wanted, ${values.length} arrived, ${errors.length} task(s) failed${timedOut ? ", the deadline struck" : ""}`,
      { cause: errors[0] },
    );
  }
}

/** In virtual time: nothing is left that could ever happen, and the program has not ended. */
export class Deadlock extends TaskwardError {
  constructor(details: string) {
    super("deadlock", `nothing can happen any more: no timer, no message under way. ${details}`);
  }
}

/** One line that says what an exit reason was. */
export function describeReason(reason: unknown): string {
  if (!isError(reason)) return describeValue(reason);
  return attempt(() => `${reason.name}: ${reason.message}`) ?? "an error that cannot be read";
}

/** A value as it would be written, cut to one short line. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === "function") return attempt(() => `the function ${value.name || "(anonymous)"}`) ?? "a function";
  if (!isObject(value)) return String(value);
  const text = attempt(() => JSON.stringify(value) as string | undefined);
  if (text !== undefined) return text.length > 80 ? `${text.slice(0, 80)}…` : text;
  // Cyclic, or with a toJSON that throws: its tag says enough.
  return attempt(() => Object.prototype.toString.call(value)) ?? "an object that cannot be read";
}
