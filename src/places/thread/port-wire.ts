import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { Batch } from "../../kernel/wire.js";
import type { Printed } from "../pool/beginning.js";
import type { CarrierWire } from "../pool/carrier.js";

/** How many batches are taken in one go before promises have their turn. */
const atOnce = 16;

const isBatch = (message: Batch | Printed): message is Batch => Array.isArray(message);

/** A wire over a MessagePort. */
export class PortWire implements CarrierWire {
  readonly #port: MessagePort;
  readonly #posted: (() => void) | undefined;
  receive: (batch: Batch) => void = () => undefined;
  lost: (reason: unknown) => void = () => undefined;
  /** The other side wants nothing more. */
  farewell: () => void = () => undefined;
  /** Something that is no batch. */
  printed: (printed: Printed) => void = () => undefined;
  /** A batch has arrived that cannot be read, nested more deeply than this side's stack allows, say: whom it was for is not known. */
  unreadable: (error: unknown) => void = () => undefined;

  /** `posted` is called when a batch has left. */
  constructor(port: MessagePort, posted?: () => void) {
    this.#port = port;
    this.#posted = posted;
    port.on("message", (batch: Batch | Printed) => {
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
      let next: { readonly message: Batch | Printed } | undefined;
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

  #take(message: Batch | Printed): void {
    if (!isBatch(message)) this.printed(message);
    else if (message.length === 0) this.farewell();
    else this.receive(message);
  }

  print(printed: Printed): void {
    this.#port.postMessage(printed);
  }

  sayFarewell(): void {
    this.#port.postMessage([]);
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#port.postMessage(batch, transferList as readonly never[] | undefined);
    this.#posted?.();
  }

  afterTurn(callback: () => void): void {
    process.nextTick(callback);
  }

  close(): void {
    this.#port.close();
  }
}
