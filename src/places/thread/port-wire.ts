import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Batch } from "../../kernel/wire.js";
import type { CarrierWire } from "../pool/carrier.js";

/** How many batches are taken in one go before promises have their turn. */
const atOnce = 16;

/** A wire over a MessagePort. */
export class PortWire implements CarrierWire {
  readonly #port: MessagePort;
  readonly #posted: (() => void) | undefined;
  receive: (batch: Batch) => void = () => undefined;
  lost: (reason: unknown) => void = () => undefined;
  /** The other side wants nothing more. */
  farewell: () => void = () => undefined;
  /** A batch has arrived that cannot be read, nested more deeply than this side's stack allows, say: whom it was for is not known. */
  unreadable: (error: unknown) => void = () => undefined;

  /** `posted` is called when a batch has left. */
  constructor(port: MessagePort, posted?: () => void) {
    this.#port = port;
    this.#posted = posted;
    port.on("message", (batch: Batch) => {
      this.#take(batch);
      this.drain(atOnce);
    });
    port.on("messageerror", (error) => {
      this.unreadable(error);
    });
  }

  /** Takes what has arrived: an event for each batch would cost more than the batch. */
  drain(most = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < most; count++) {
      let next: { readonly message: Batch } | undefined;
      try {
        next = receiveMessageOnPort(this.#port) as typeof next;
      } catch (error) {
        this.unreadable(error);
        continue;
      }
      if (next === undefined) return;
      this.#take(next.message);
    }
  }

  #take(batch: Batch): void {
    if (batch.length === 0) this.farewell();
    else this.receive(batch);
  }

  sayFarewell(): void {
    this.#port.postMessage([]);
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#port.postMessage(batch, transferList as readonly never[] | undefined);
    this.#posted?.();
  }

  close(): void {
    this.#port.close();
  }
}
