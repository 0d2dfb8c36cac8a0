/** What has been sent and not been confirmed, to be sent again when it gets lost. */
export class SentFrames {
  readonly #limit: number;
  readonly #frames: Buffer[] = [];
  /** The place of the oldest that is kept, and its number. */
  #head = 0;
  #first = 1;
  #bytes = 0;

  /** Keeps so many bytes at most: beyond them, what is lost is lost. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The number of the last that was sent. */
  get last(): number {
    return this.#first + this.#frames.length - this.#head - 1;
  }

  add(frame: Buffer): void {
    this.#frames.push(frame);
    this.#bytes += frame.length;
    if (this.#bytes > this.#limit) this.confirm(this.#first);
  }

  /** All up to this one have arrived. */
  confirm(number: number): void {
    for (; this.#first <= number && this.#head < this.#frames.length; this.#first++) this.#bytes -= (this.#frames[this.#head++] as Buffer).length;
    if (this.#head === this.#frames.length) this.#frames.length = this.#head = 0;
    else if (this.#head > 64 && this.#head * 2 > this.#frames.length) {
      this.#frames.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Those after this one; undefined when not all of them are there any more. */
  after(number: number): readonly Buffer[] | undefined {
    return number + 1 < this.#first ? undefined : this.#frames.slice(this.#head + number + 1 - this.#first);
  }
}
