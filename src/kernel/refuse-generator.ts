import { isObject } from "./attempt.js";
import { TaskwardError } from "./errors.js";

/** A generator has not even begun: whoever took it for a task's result would get nothing. @throws TaskwardError, which says what to do */
export function refuseGenerator(value: unknown, runs: string): void {
  if (!isObject(value)) return;
  const tag = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (tag === "AsyncGenerator" || tag === "Generator")
    throw new TaskwardError("invalid_option", `${runs} is a generator: use stream() of taskward/stream`);
}
