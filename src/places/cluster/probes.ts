import type { Clock } from "../../kernel/clock.js";

interface Probe {
  readonly answered: Promise<boolean>;
  answer(isThere: boolean): void;
}

/** Asks whether nodes are there: NATS says that nobody listens, or they answer, or they keep silent. */
export class Probes {
  readonly #clock: Clock;
  readonly #open = new Map<string, Probe>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Resolves when it is known: a node that says nothing for so many milliseconds counts as lost. Whoever asks while a node is being asked hears the same. */
  ask(node: string, send: () => void, most: number): Promise<boolean> {
    const open = this.#open.get(node);
    if (open !== undefined) return open.answered;
    let answer: (isThere: boolean) => void = () => undefined;
    const answered = new Promise<boolean>((resolve) => {
      const timer = this.#clock.set(() => {
        answer(false);
      }, most);
      answer = (isThere) => {
        this.#clock.clear(timer);
        this.#open.delete(node);
        resolve(isThere);
      };
    });
    this.#open.set(node, { answered, answer });
    send();
    return answered;
  }

  answer(node: string, isThere: boolean): void {
    this.#open.get(node)?.answer(isThere);
  }
}
