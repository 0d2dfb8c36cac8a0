import type { Signal, Wire } from "./wire.js";

/** What a MessagePort, a Worker and `parentPort` have in common. */
export interface PortLike {
  postMessage(value: unknown): void;
}

/** A wire over a MessagePort. Whoever owns the port hands in what arrives (`receive`) and says when it closed (`lost`). */
export class PortWire implements Wire {
  readonly #port: PortLike;
  readonly #close: () => void;
  receive: (batch: readonly Signal[]) => void = () => {};
  lost: (reason: unknown) => void = () => {};

  constructor(port: PortLike, close: () => void = () => {}) {
    this.#port = port;
    this.#close = close;
  }

  post(batch: readonly Signal[]): void {
    this.#port.postMessage(batch);
  }

  close(): void {
    this.#close();
  }
}
