import { registerErrorClass } from "../kernel/error-classes.js";
import { NameTaken, TaskwardError, describeReason } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";

/**
 * Something did not start: its `init` refused, it threw, it ended before it was ready, or it took too long. With the reason `"ignore"` it did not want
 * to, which is no failure for a supervisor (G3, V2).
 */
export class StartFailed extends TaskwardError {
  constructor(
    readonly who: string,
    readonly reason: unknown,
  ) {
    super("start_failed", `${who} did not start: ${describeReason(reason)}`, { cause: reason });
  }
}

/** A unique key of a registry that a live process has: `pid` (G5). A `NameTaken`, for `via(key)` is a name. */
export class AlreadyRegistered extends NameTaken {
  constructor(
    key: string,
    readonly pid: Pid,
  ) {
    super(key, pid);
  }
}

/** What stands in the place of a reason where more can be said. */
const inWords: Readonly<Record<string, string>> = {
  noproc: "it is not running (noproc)",
  noconnection: "there is no way to its node (noconnection)",
  calling_self: "it called itself, and would wait for its own answer (calling_self): call the method as this.method(), or cast",
};

/**
 * A call that will not be answered: the server is not there, it ended first, or it has no answer (G2). `reason` is why: the server's exit reason,
 * `"noproc"`, `"noconnection"`, `"calling_self"`, or what the server told.
 */
export class CallFailed extends TaskwardError {
  constructor(
    /** The server. */
    readonly who: string,
    /** The method that was called. */
    readonly method: string,
    readonly reason: unknown,
    ended = false,
  ) {
    const why = (typeof reason === "string" ? inWords[reason] : undefined) ?? `${ended ? "it ended with " : ""}${describeReason(reason)}`;
    super("call_failed", `${method}() of ${who} was not answered: ${why}`, { cause: reason });
  }
}

/** A call that was not answered in time. What the server was busy with is said where it is known: where it runs on the node of the caller (G2). */
export class CallTimeout extends TaskwardError {
  constructor(
    /** The server. */
    readonly who: string,
    /** The method that was called. */
    readonly method: string,
    /** Milliseconds. */
    readonly timeout: number,
    details?: string,
  ) {
    super("call_timeout", `${method}() of ${who} was not answered within ${timeout} ms${details === undefined ? "" : `: ${details}`}`);
  }
}

/** A deferred reply was given an answer for the second time (G1). */
export class AlreadyReplied extends TaskwardError {
  constructor(readonly method: string) {
    super("already_replied", `the deferred reply of ${method}() has been answered already: call reply or fail once`);
  }
}

/** Makes these errors known by their class to what arrives from other nodes. */
for (const Class of [StartFailed, AlreadyRegistered, CallFailed, CallTimeout, AlreadyReplied]) registerErrorClass(Class);
