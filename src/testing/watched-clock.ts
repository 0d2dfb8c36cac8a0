import type { Clock } from "../kernel/clock.js";
import { type Origin, originHere } from "./origin.js";

/** A timer that is set. */
export interface SetTimer {
  readonly due: number;
  readonly origin: Origin;
}

/** A clock that knows which of its timers are set, and where they were. */
export class WatchedClock implements Clock {
  readonly #clock: Clock;
  readonly #set = new Map<object, SetTimer & { handle: unknown }>();

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
    if (delay === Infinity) return undefined;
    const key = {};
    const timer = { due: this.now() + Math.max(0, delay), origin: originHere(), handle: undefined as unknown };
    this.#set.set(key, timer);
    timer.handle = this.#clock.set(() => {
      this.#set.delete(key);
      fire();
    }, delay);
    return key;
  }

  clear(key: unknown): void {
    const timer = this.#set.get(key as object);
    if (timer === undefined) return;
    this.#set.delete(key as object);
    this.#clock.clear(timer.handle);
  }

  /** The timers that are set, in the order in which they were. */
  timers(): SetTimer[] {
    return [...this.#set.values()];
  }

  clearAll(): void {
    for (const key of [...this.#set.keys()]) this.clear(key);
  }
}
