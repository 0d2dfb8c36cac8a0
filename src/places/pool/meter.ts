import type { Clock } from "../../kernel/clock.js";
import type { Moment } from "../../tasks/job.js";
import type { MemberMetrics, PoolMetrics } from "../../tasks/pool-metrics.js";
import { Histogram } from "./histogram.js";

/** After how many tasks the clock is read again, in a turn that submits many. */
const many = 64;

/** What a pool counts. */
export class Meter {
  readonly #wait = new Histogram();
  readonly #run = new Histogram();
  readonly #clock: Clock;
  readonly #capacity: number;
  #done = 0;
  #failed = 0;
  /** How many milliseconds of work the tasks that ended were, and of all at the last snapshot. */
  #worked = 0;
  #workedThen = 0;
  #then: number;
  #moment: Moment | undefined = undefined;
  #moments = 0;
  readonly #forget = (): void => {
    this.#moment = undefined;
  };

  constructor(clock: Clock, capacity: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#then = clock.now();
  }

  /** The time, read once a turn. */
  moment(): Moment {
    if (this.#moment === undefined) setImmediate(this.#forget);
    else if (++this.#moments < many) return this.#moment;
    this.#moments = 0;
    return (this.#moment = { at: this.#clock.now() });
  }

  /** A task has ended on a node; it waited for so long, as far as it began. */
  ended(failed: boolean, wait: number | undefined, duration: number): void {
    if (failed) this.#failed++;
    else this.#done++;
    if (wait !== undefined) this.#wait.add(Math.max(0, wait));
    this.#run.add(duration);
    this.#worked += duration;
  }

  /** `begun` are the times at which what runs now began. */
  snapshot(jobs: number, begun: readonly number[], members: readonly MemberMetrics[]): PoolMetrics {
    const now = this.#clock.now();
    const worked = begun.reduce((sum, began) => sum + Math.max(0, now - began), this.#worked);
    const possible = (now - this.#then) * this.#capacity;
    const utilisation = possible <= 0 ? 0 : Math.min(1, Math.max(0, (worked - this.#workedThen) / possible));
    this.#workedThen = worked;
    this.#then = now;
    return {
      queued: Math.max(0, jobs - begun.length),
      running: begun.length,
      done: this.#done,
      failed: this.#failed,
      wait: this.#wait.distribution(),
      run: this.#run.distribution(),
      utilisation,
      members,
    };
  }
}
