import type { Ending } from "./ending.js";

/** Brings a run to an end before its inputs do. The first cause counts: what goes wrong after it may well be its consequence. */
export class Stop {
  #ending: Ending | undefined;
  #asked = false;
  #act: (() => void) | undefined;

  /** Why the run ends early, once it does. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** What is under way is to end. */
  get asked(): boolean {
    return this.#asked;
  }

  /** The run takes no more inputs, and what is under way ends by itself. */
  note(ending: Ending): void {
    this.#ending ??= ending;
  }

  /** The run takes no more inputs, and what is under way is stopped. */
  because(ending: Ending): void {
    this.note(ending);
    if (this.#asked) return;
    this.#asked = true;
    this.#askedFor();
  }

  /** Says how to stop, from now on. */
  by(act: () => void): void {
    this.#act = act;
    if (this.#asked) this.#askedFor();
  }

  /** In the next turn: results that have arrived together with the cause are still told. */
  #askedFor(): void {
    setImmediate(() => this.#act?.());
  }
}
