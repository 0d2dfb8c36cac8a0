import type { Pid } from "../kernel/ids.js";
import type { Self } from "../kernel/self.js";

/** What a started child is known by: its pid, or an object that has one. */
export type Started = Pid<never> | { readonly pid: Pid<never> };

/**
 * Starts a child, linked to the supervisor whose `self` it is given. What does not want to start, and means no failure by that, rejects with
 * `StartFailed` whose reason is `"ignore"`.
 */
export type StartChild = (self: Self) => Started | PromiseLike<Started>;
