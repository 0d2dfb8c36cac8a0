import { attempt, isObject } from "./attempt.js";

/**
 * Why a process ended: `"normal"`, `"shutdown"`, `{ shutdown: x }`, `"killed"`, `"noproc"`, `"noconnection"`, or whatever its
 * function threw (an `Error`, as a rule) or its `exit` gave. Anything may be thrown in JavaScript, so the type is open.
 */
export type ExitReason = unknown;

const isShutdown = (reason: ExitReason): boolean =>
  reason === "shutdown" || (isObject(reason) && attempt(() => "shutdown" in reason && !(reason instanceof Error)) === true);

/** True for `"normal"`, `"shutdown"` and `{ shutdown: x }`: the ends that nobody needs to be told of as a crash. */
export const isOrderly = (reason: ExitReason): boolean => reason === "normal" || isShutdown(reason);
