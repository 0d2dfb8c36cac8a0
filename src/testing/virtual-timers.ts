import type { Clock } from "../kernel/clock.js";
import { defer } from "../kernel/scheduler.js";
import type { HostTimer, HostTimers } from "../places/pool/host-timers.js";

/** After so many rounds without news an interval pauses: a pool that only looks whether anything has changed must not keep time going. */
const mostRounds = 600;

class Timer implements HostTimer {
  handle: unknown = undefined;
  over = false;

  unref(): void {
    // Virtual time holds no event loop.
  }
}

class Interval extends Timer {
  rounds = 0;
  paused = false;

  constructor(
    readonly clock: Clock,
    readonly callback: () => void,
    readonly delay: number,
  ) {
    super();
    this.arm();
  }

  arm(): void {
    this.paused = false;
    this.handle = this.clock.set(() => {
      this.callback();
      if (this.over) return;
      if (++this.rounds < mostRounds) this.arm();
      else this.paused = true;
    }, this.delay);
  }
}

/** A pool's timers on virtual time. */
export class VirtualTimers implements HostTimers {
  readonly #clock: Clock;
  readonly #intervals = new Set<Interval>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  setTimeout(callback: () => void, delay: number): HostTimer {
    const timer = new Timer();
    timer.handle = this.#clock.set(callback, delay);
    return timer;
  }

  setInterval(callback: () => void, delay: number): HostTimer {
    const interval = new Interval(this.#clock, callback, delay);
    this.#intervals.add(interval);
    return interval;
  }

  clear(timer: HostTimer | undefined): void {
    if (!(timer instanceof Timer)) return;
    timer.over = true;
    this.#clock.clear(timer.handle);
    if (timer instanceof Interval) this.#intervals.delete(timer);
  }

  setImmediate(callback: () => void): void {
    defer(callback);
  }

  /** Something has happened that whoever looks now and then may want to see. */
  news(): void {
    for (const interval of this.#intervals) {
      interval.rounds = 0;
      if (interval.paused) interval.arm();
    }
  }
}
