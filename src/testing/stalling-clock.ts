import type { Clock } from "../kernel/clock.js";

interface Waiting {
  readonly fire: () => void;
  handle: unknown;
}

/** The clock of a node that can stand still: what is due then fires when it goes on. */
export class StallingClock implements Clock {
  readonly #clock: Clock;
  #stalled = false;
  /** Those that were due meanwhile, in order. */
  readonly #due = new Set<Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  coarse(): number {
    return this.#clock.coarse();
  }

  set(fire: () => void, delay: number): unknown {
    const timer: Waiting = { fire, handle: undefined };
    timer.handle = this.#clock.set(() => {
      if (this.#stalled) this.#due.add(timer);
      else fire();
    }, delay);
    return timer;
  }

  clear(handle: unknown): void {
    const timer = handle as Waiting | undefined;
    if (timer === undefined || this.#due.delete(timer)) return;
    this.#clock.clear(timer.handle);
  }

  stall(): void {
    this.#stalled = true;
  }

  resume(): void {
    this.#stalled = false;
    for (const timer of this.#due) {
      this.#due.delete(timer);
      timer.fire();
    }
  }
}
