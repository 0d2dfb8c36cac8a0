import type { Writable } from "node:stream";
import type { createLogUpdate } from "log-update";

/** Often enough to look alive, seldom enough to cost nothing. */
const interval = 100;

type Terminal = Writable & { readonly isTTY?: boolean };

/**
 * The progress line on a terminal: rewritten in place, gone when the run is over. Where there is no terminal, there is no line. Whatever else
 * is printed there takes the line away first; it comes back by itself.
 */
export class LiveLine {
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;
  readonly #undo: (() => void)[] = [];
  #drawing = false;

  private constructor(terminal: Terminal, others: readonly Terminal[], update: ReturnType<typeof createLogUpdate>, text: () => string) {
    this.#update = update;
    for (const stream of [terminal, ...others]) if (stream.isTTY === true) this.#clearBefore(stream);
    this.#timer = setInterval(() => this.#draw(() => this.#update(text())), interval);
    this.#timer.unref();
  }

  /** `others` may print on the same terminal. The package is loaded only where it is used. */
  static async start(terminal: Terminal, others: readonly Terminal[], text: () => string): Promise<LiveLine | undefined> {
    if (terminal.isTTY !== true) return undefined;
    const { createLogUpdate } = await import("log-update");
    return new LiveLine(terminal, others, createLogUpdate(terminal, { showCursor: true }), text);
  }

  #draw(change: () => void): void {
    this.#drawing = true;
    change();
    this.#drawing = false;
  }

  #clearBefore(stream: Terminal): void {
    const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
    const original = Reflect.get(stream, "write") as Terminal["write"];
    stream.write = (...given: unknown[]): boolean => {
      if (!this.#drawing) this.#draw(() => this.#update.clear());
      return write(...given);
    };
    this.#undo.push(() => (stream.write = original));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#draw(() => this.#update.clear());
    for (const undo of this.#undo.splice(0)) undo();
  }
}
