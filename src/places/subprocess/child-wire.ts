import { writeSync } from "node:fs";
import { Socket } from "node:net";
import type { Batch, Wire } from "../../kernel/wire.js";
import type { Beginning } from "../pool/beginning.js";
import { type Aside, fds } from "./child-data.js";
import { FrameReader, encodeFrame } from "./frames.js";

const never = new Int32Array(new SharedArrayBuffer(4));

/** The child's side of the two pipes. */
export class ChildWire implements Wire {
  readonly #from = new Socket({ fd: fds.in, readable: true, writable: false });
  readonly #posted: () => void;
  receive: (batch: Batch) => void = () => undefined;
  lost: (reason: unknown) => void = () => undefined;
  /** The other side wants nothing more. */
  farewell: () => void = () => undefined;
  /** The first frame. */
  begin: (beginning: Beginning) => void = () => undefined;
  unreadable: (error: unknown) => void = () => undefined;
  /** The other side is gone. */
  ended: () => void = () => undefined;

  /** `posted` is called when a batch has left. */
  constructor(posted: () => void) {
    this.#posted = posted;
    const reader = new FrameReader(
      (frame) => {
        if (!Array.isArray(frame)) this.begin(frame as Beginning);
        else if (frame.length === 0) this.farewell();
        else this.receive(frame as Batch);
      },
      (error) => {
        this.unreadable(error);
      },
    );
    this.#from.on("data", (piece: Buffer) => {
      reader.push(piece);
    });
    this.#from.on("error", () => {
      this.ended();
    });
    this.#from.on("end", () => {
      this.ended();
    });
  }

  unref(): void {
    this.#from.unref();
  }

  post(batch: Batch, transferList?: readonly object[]): void {
    this.#write(encodeFrame(batch, transferList));
    this.#posted();
  }

  say(aside: Aside): void {
    this.#write(encodeFrame(aside));
  }

  /** Waits until all of it is out. */
  #write(frame: Buffer): void {
    for (let at = 0; at < frame.length;) {
      try {
        at += writeSync(fds.out, frame, at);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // A task may have made what it found here one that does not block.
        if (code === "EAGAIN") Atomics.wait(never, 0, 0, 1);
        else {
          this.ended();
          return;
        }
      }
    }
  }

  close(): void {
    this.#from.destroy();
  }
}
