import type { Readable } from "node:stream";
import type { Batch } from "../../kernel/wire.js";
import { CarrierWire } from "../pool/carrier-wire.js";
import { encodeFrame, frameReader } from "./frames.js";

/** A wire over two pipes. */
export class PipeWire<Heard, Said> extends CarrierWire<Heard, Said> {
  readonly #from: Readable;
  readonly #write: (frame: Buffer) => unknown;
  /** A batch has arrived, and has not been read. */
  received: () => void = () => undefined;

  constructor(from: Readable, write: (frame: Buffer) => unknown) {
    super();
    this.#from = from;
    this.#write = write;
    const take = (frame: unknown): void => {
      if (Array.isArray(frame)) this.received();
      this.take(frame as Batch | Heard);
    };
    from.on(
      "data",
      frameReader(take, (error) => this.unreadable(error)),
    );
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#write(encodeFrame(batch, transferList));
    this.posted();
  }

  say(aside: Said): void {
    this.#write(encodeFrame(aside));
  }

  close(): void {
    this.#from.destroy();
  }
}
