import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Batch } from "../../kernel/wire.js";
import type { Printed } from "../pool/beginning.js";
import { CarrierWire } from "../pool/carrier-wire.js";

/** How many batches are taken in one go before promises have their turn. */
const atOnce = 16;

/** A wire over a MessagePort. */
export class PortWire extends CarrierWire<Printed, Printed> {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on("message", (message: Batch | Printed) => {
      this.take(message);
      this.drain(atOnce);
    });
    port.on("messageerror", (error) => {
      this.unreadable(error);
    });
  }

  /** An event for each batch would cost more than the batch. */
  override drain(most = Number.POSITIVE_INFINITY): void {
    for (let count = 0; count < most; count++) {
      let next: { readonly message: Batch | Printed } | undefined;
      try {
        next = receiveMessageOnPort(this.#port) as typeof next;
      } catch (error) {
        this.unreadable(error);
        continue;
      }
      if (next === undefined) return;
      this.take(next.message);
    }
  }

  say(printed: Printed): void {
    this.#port.postMessage(printed);
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#port.postMessage(batch, transferList as readonly never[] | undefined);
    this.posted();
  }

  close(): void {
    this.#port.close();
  }
}
