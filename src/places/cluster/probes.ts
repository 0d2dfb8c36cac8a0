/** Asks whether nodes are there: NATS says that nobody listens, or they answer, or they keep silent. */
export class Probes {
  readonly #waiting = new Map<string, (isThere: boolean) => void>();

  /** Resolves when it is known, or `timeUp` is: what says nothing counts as lost. */
  async ask(node: string, send: () => void, timeUp: Promise<unknown>): Promise<boolean> {
    const answer = new Promise<boolean>((resolve) => this.#waiting.set(node, resolve));
    send();
    const isThere = await Promise.race([answer, timeUp.then(() => false)]);
    this.#waiting.delete(node);
    return isThere;
  }

  answer(node: string, isThere: boolean): void {
    this.#waiting.get(node)?.(isThere);
  }
}
