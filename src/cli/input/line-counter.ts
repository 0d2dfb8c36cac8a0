const newline = 0x0a;

/** Tells which line a byte of a stream is on. It remembers only the line ends that nobody has asked beyond. */
export class LineCounter {
  #passed = 0;
  #length = 0;
  #ends: number[] = [];

  add(chunk: Buffer): void {
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, at + 1)) this.#ends.push(this.#length + at);
    this.#length += chunk.length;
  }

  /** The line, from 1, of the byte at this offset. Offsets must not go back. */
  lineAt(offset: number): number {
    const later = this.#ends.findIndex((end) => end >= offset);
    const passed = later === -1 ? this.#ends.length : later;
    this.#passed += passed;
    this.#ends.splice(0, passed);
    return this.#passed + 1;
  }
}
