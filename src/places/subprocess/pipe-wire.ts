import type { Readable } from "node:stream";
import type { Batch } from "../../kernel/wire.js";
import { CarrierWire } from "../pool/carrier-wire.js";
import { FrameReader, encodeFrame } from "./frames.js";

/** A wire over two pipes. */
export class PipeWire<Heard, Said> extends CarrierWire<Heard, Said> {
  readonly #from: Readable;
  readonly #write: (frame: Buffer) => void;
  /** A batch has arrived, and has not been read. */
  received: () => void = () => undefined;

  constructor(from: Readable, write: (frame: Buffer) => void) {
    super();
    this.#from = from;
    this.#write = write;
    const reader = new FrameReader(
      (frame) => {
        if (Array.isArray(frame)) this.received();
        this.take(frame as Batch | Heard);
      },
      (error) => {
        this.unreadable(error);
      },
    );
    from.on("data", (piece: Buffer) => {
      reader.push(piece);
    });
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#write(encodeFrame(batch, transferList));
    this.posted();
  }

  say(aside: Said): void {
    this.#write(encodeFrame(aside));
  }

  drain(): void {
    // A child counts as gone when all that it sent has been read.
  }

  close(): void {
    this.#from.destroy();
  }
}
