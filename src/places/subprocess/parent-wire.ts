import type { Readable, Writable } from "node:stream";
import type { Batch } from "../../kernel/wire.js";
import type { CarrierWire } from "../pool/carrier.js";
import type { Beginning, Printed } from "../pool/beginning.js";
import type { Aside } from "./child-data.js";
import { FrameReader, encodeFrame } from "./frames.js";

/** The parent's side of the two pipes to a child. */
export class ParentWire implements CarrierWire {
  readonly #to: Writable;
  receive: (batch: Batch) => void = () => undefined;
  lost: (reason: unknown) => void = () => undefined;
  /** A batch has arrived. */
  received: () => void = () => undefined;
  printed: (printed: Printed) => void = () => undefined;
  lastWords: (error: unknown) => void = () => undefined;
  /** A batch has arrived that cannot be read, nested more deeply than this side's stack allows, say: whom it was for is not known. */
  unreadable: (error: unknown) => void = () => undefined;

  constructor(to: Writable, from: Readable) {
    this.#to = to;
    const reader = new FrameReader(
      (frame) => {
        if (Array.isArray(frame)) {
          this.received();
          this.receive(frame as Batch);
          return;
        }
        const aside = frame as Aside;
        if ("error" in aside) this.lastWords(aside.error);
        else this.printed(aside);
      },
      (error) => {
        this.unreadable(error);
      },
    );
    from.on("data", (piece: Buffer) => {
      reader.push(piece);
    });
  }

  begin(beginning: Beginning): void {
    this.#to.write(encodeFrame(beginning));
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#to.write(encodeFrame(batch, transferList));
  }

  drain(): void {
    // A child counts as gone when all that it sent has been read.
  }

  sayFarewell(): void {
    this.#to.write(encodeFrame([]));
  }

  close(): void {
    this.#to.destroy();
  }
}
