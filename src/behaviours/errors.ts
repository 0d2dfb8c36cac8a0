import { registerErrorClass } from "../kernel/error-classes.js";
import { TaskwardError, describeReason } from "../kernel/errors.js";

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

/** Makes these errors known by their class to what arrives from other nodes. */
for (const Class of [StartFailed]) registerErrorClass(Class);
