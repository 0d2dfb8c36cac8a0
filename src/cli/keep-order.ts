/**
 * Holds results back until it is their turn. What waits is bounded: when the oldest task is slow, the input is not read further than
 * `window` behind it, so a single slow task costs waiting and not memory.
 */
export class KeepOrder<T> {
  readonly #window: number;
  readonly #held = new Map<number, T>();
  #next = 0;
  #taken = 0;
  #wake: (() => void) | undefined;

  constructor(window = 10_000) {
    this.#window = window;
  }

  /** Takes the next number in line. Numbers have no gaps, unlike the indexes of inputs of which some are skipped. */
  ticket(): number {
    return this.#taken++;
  }

  /** Resolves when another task may start. Only one caller waits at a time. */
  async room(): Promise<void> {
    while (this.#taken - this.#next >= this.#window) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Hands in a result, and gets those whose turn it is now. */
  *add(ticket: number, result: T): Generator<T, void, undefined> {
    this.#held.set(ticket, result);
    for (;;) {
      const next = this.#held.get(this.#next);
      if (next === undefined) return;
      this.#held.delete(this.#next);
      this.#next += 1;
      this.#wake?.();
      yield next;
    }
  }

  /** What still waits when nothing more will come: in order, with gaps where a task never ended. */
  *rest(): Generator<T, void, undefined> {
    for (const ticket of [...this.#held.keys()].sort((a, b) => a - b)) {
      const result = this.#held.get(ticket);
      if (result !== undefined) yield result;
    }
    this.#held.clear();
  }
}
