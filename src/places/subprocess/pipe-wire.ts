import type { Readable } from "node:stream";
import type { Batch } from "../../kernel/wire.js";
import type { CarrierWire } from "../pool/carrier.js";
import { FrameReader, encodeFrame } from "./frames.js";

/** A wire over two pipes, at either end. What travels beside batches are asides. */
export class PipeWire<Heard, Said> implements CarrierWire {
  readonly #from: Readable;
  readonly #write: (frame: Buffer) => void;
  receive: (batch: Batch) => void = () => undefined;
  lost: (reason: unknown) => void = () => undefined;
  aside: (aside: Heard) => void = () => undefined;
  /** The other side wants nothing more. */
  farewell: () => void = () => undefined;
  /** A batch has arrived, and has not been read. */
  received: () => void = () => undefined;
  /** A batch has left. */
  posted: () => void = () => undefined;
  /** A batch has arrived that cannot be read, nested more deeply than this side's stack allows, say: whom it was for is not known. */
  unreadable: (error: unknown) => void = () => undefined;

  constructor(from: Readable, write: (frame: Buffer) => void) {
    this.#from = from;
    this.#write = write;
    const reader = new FrameReader(
      (frame) => {
        this.#take(frame);
      },
      (error) => {
        this.unreadable(error);
      },
    );
    from.on("data", (piece: Buffer) => {
      reader.push(piece);
    });
  }

  #take(frame: unknown): void {
    if (!Array.isArray(frame)) this.aside(frame as Heard);
    else if (frame.length === 0) this.farewell();
    else {
      this.received();
      this.receive(frame as Batch);
    }
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#write(encodeFrame(batch, transferList));
    this.posted();
  }

  say(aside: Said): void {
    this.#write(encodeFrame(aside));
  }

  sayFarewell(): void {
    this.#write(encodeFrame([]));
  }

  drain(): void {
    // A child counts as gone when all that it sent has been read.
  }

  afterTurn(callback: () => void): void {
    process.nextTick(callback);
  }

  close(): void {
    this.#from.destroy();
  }
}
