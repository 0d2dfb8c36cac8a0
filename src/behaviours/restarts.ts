import { oneOf } from "../kernel/options.js";
import { type ExitReason, isOrderly } from "../kernel/reasons.js";

/** When a child is started again: always; when it ended abnormally; never. */
export type Restart = "permanent" | "transient" | "temporary";
export const checkRestart = oneOf(["permanent", "transient", "temporary"]);

/**
 * Decides what becomes of a child that has ended, and counts restarts within a window of time: too many mean that restarting does not help (V1). Of all
 * supervisors' children, those of a TaskSupervisor included.
 */
export class Restarts {
  /** When the last ones were, as a ring: the one that counts is as many back as there may be. */
  readonly #times: number[] = [];
  #count = 0;

  constructor(
    readonly most = 3,
    readonly seconds = 5,
  ) {}

  /** One more restart at this time. Answers false when it is one too many. */
  allow(now: number): boolean {
    const { most } = this;
    if (most === Infinity) return true;
    const at = this.#count++ % most;
    const before = this.#times[at] as number;
    this.#times[at] = now;
    // Before the ring is full, there is nothing to compare with.
    return most > 0 && !(now - before <= this.seconds * 1_000);
  }

  /** A child has ended: it is started again, it is done, or its supervisor gives up. */
  verdict(restart: Restart, reason: ExitReason, now: number): "restart" | "done" | "give_up" {
    if (restart === "temporary" || (restart === "transient" && isOrderly(reason))) return "done";
    return this.allow(now) ? "restart" : "give_up";
  }
}
