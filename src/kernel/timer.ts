import type { Clock } from "./clock.js";
import type { Timer } from "./self.js";

/** A message under way through time. */
export class MessageTimer implements Timer {
  readonly #clock: Clock;
  readonly #due: number;
  readonly #over: (timer: MessageTimer) => void;
  #handle: unknown;
  #pending = true;

  constructor(clock: Clock, due: number, fire: () => void, over: (timer: MessageTimer) => void) {
    this.#clock = clock;
    this.#due = due;
    this.#over = over;
    this.#handle = clock.set(
      () => {
        this.#pending = false;
        over(this);
        fire();
      },
      Math.max(0, due - clock.now()),
    );
  }

  cancel(): number | false {
    if (!this.#pending) return false;
    this.#pending = false;
    this.#clock.clear(this.#handle);
    this.#handle = undefined;
    this.#over(this);
    return Math.max(0, this.#due - this.#clock.now());
  }
}
