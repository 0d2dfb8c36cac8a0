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

/** Makes these errors known by their class to what arrives from other nodes. */
for (const Class of [StartFailed, AlreadyRegistered]) registerErrorClass(Class);
