import type { Writable } from "node:stream";

/** About one pipe's worth: longer batches gain nothing. */
const batchLength = 64 * 1024;

/**
 * The results' way out. Lines are gathered until the event loop turns and written together. When the reader is slow, `ready` makes the
 * caller wait, and with it the tasks and the input. When the reader goes away, `close` is called once.
 */
export class Output {
  readonly #stream: Writable;
  readonly #onWritten: (notes: string) => void;
  #text = "";
  #notes = "";
  #unwritten = 0;
  #closed = false;
  #draining: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #idle: (() => void) | undefined;

  constructor(stream: Writable, on: { written: (notes: string) => void; close: (error: NodeJS.ErrnoException) => void }) {
    this.#stream = stream;
    this.#onWritten = on.written;
    stream.on("drain", () => this.#release());
    stream.on("error", (error) => {
      if (this.#closed) return;
      this.#closed = true;
      this.#text = "";
      this.#notes = "";
      this.#release();
      this.#idle?.();
      on.close(error);
    });
  }

  /**
   * Queues a line, with a note about it. The note comes back when the line has left this process, and never when it could not: so the
   * joblog does not claim a result that nobody got.
   */
  write(line: string, note = ""): void {
    if (this.#closed) return;
    if (this.#text === "") setImmediate(() => this.flush());
    this.#text += line;
    this.#notes += note;
    if (this.#text.length >= batchLength) this.flush();
  }

  /** Something to wait for before more is written, or undefined. */
  ready(): Promise<void> | undefined {
    return this.#draining;
  }

  /** Resolves when everything has been written, or cannot be. */
  async end(): Promise<void> {
    this.flush();
    if (this.#unwritten === 0 || this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  /** Hands over what has gathered. */
  flush(): void {
    if (this.#text === "") return;
    const notes = this.#notes;
    const text = this.#text;
    this.#text = "";
    this.#notes = "";
    this.#unwritten += 1;
    const hasRoom = this.#stream.write(text, (error) => {
      this.#unwritten -= 1;
      if (!error && notes !== "") this.#onWritten(notes);
      if (this.#unwritten === 0) this.#idle?.();
    });
    if (!hasRoom && !this.#closed) {
      this.#draining ??= new Promise((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #release(): void {
    this.#draining = undefined;
    this.#wake?.();
    this.#wake = undefined;
  }
}
