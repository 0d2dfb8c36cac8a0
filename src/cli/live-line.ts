import type { createLogUpdate } from "log-update";

/** Often enough to look alive, seldom enough to cost nothing. */
const interval = 100;

/** The progress line on a terminal: rewritten in place, gone when the run is over. Where there is no terminal, there is no line. */
export class LiveLine {
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #timer: NodeJS.Timeout;

  private constructor(update: ReturnType<typeof createLogUpdate>, text: () => string) {
    this.#update = update;
    this.#timer = setInterval(() => this.#update(text()), interval);
    this.#timer.unref();
  }

  /** The package is loaded only where it is used. */
  static async start(stream: NodeJS.WritableStream & { isTTY?: boolean }, text: () => string): Promise<LiveLine | undefined> {
    if (stream.isTTY !== true) return undefined;
    const { createLogUpdate } = await import("log-update");
    return new LiveLine(createLogUpdate(stream, { showCursor: true }), text);
  }

  /** Takes the line away before something else is printed on the same terminal; it comes back by itself. */
  clear(): void {
    this.#update.clear();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#update.clear();
  }
}
