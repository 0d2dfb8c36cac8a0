import { BadInputError } from "./bad-input-error.js";

export interface Line {
  /** From 1, as editors count. */
  readonly number: number;
  /** Where its first byte stands in the input. */
  readonly offset: number;
  /** Where the next line begins. */
  readonly end: number;
  /** Without the line end and without a byte order mark. */
  readonly bytes: Buffer;
}

/** A line end that never comes must not fill the memory; this is about half of the longest string that JavaScript can hold. */
const longestLine = 256 * 1024 * 1024;

const newline = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Cuts chunks of bytes into lines, whatever the chunks. Lines end with LF or CRLF; the last one needs no end. It cuts bytes, not
 * text: a character that two chunks share stays whole, and offsets are those of the file.
 */
export class LineSplitter {
  readonly #limit: number;
  #number = 0;
  #offset = 0;
  /** The beginning of a line whose end has not come: kept in pieces, joined once, so that a long line costs no quadratic copying. */
  #pieces: Buffer[] = [];
  #piecesLength = 0;

  constructor(limit = longestLine) {
    this.#limit = limit;
  }

  /** The lines that this chunk completes. */
  *push(chunk: Buffer): Generator<Line, void, undefined> {
    let start = 0;
    for (;;) {
      const at = chunk.indexOf(newline, start);
      if (at === -1) break;
      const bytes = this.#take(chunk.subarray(start, at));
      start = at + 1;
      const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
      yield this.#line(bytes, end, 1);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The last line, when the input does not end with a line end. */
  *end(): Generator<Line, void, undefined> {
    if (this.#piecesLength === 0) return;
    const bytes = this.#take(Buffer.alloc(0));
    const onlyMark = this.#number === 0 && bytes.equals(byteOrderMark);
    if (!onlyMark) yield this.#line(bytes, bytes.length, 0);
  }

  #keep(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#piecesLength += piece.length;
    if (this.#piecesLength > this.#limit) {
      throw new BadInputError(`line ${(this.#number + 1).toLocaleString("en")} is longer than ${this.#limit.toLocaleString("en")} bytes`);
    }
  }

  #take(rest: Buffer): Buffer {
    if (this.#piecesLength === 0) return rest;
    this.#pieces.push(rest);
    const whole = Buffer.concat(this.#pieces, this.#piecesLength + rest.length);
    this.#pieces = [];
    this.#piecesLength = 0;
    return whole;
  }

  #line(bytes: Buffer, end: number, lineEnd: number): Line {
    const offset = this.#offset;
    this.#offset += bytes.length + lineEnd;
    this.#number += 1;
    const marked = this.#number === 1 && bytes.subarray(0, 3).equals(byteOrderMark);
    const start = marked ? byteOrderMark.length : 0;
    return { number: this.#number, offset: offset + start, end: this.#offset, bytes: bytes.subarray(start, end) };
  }
}
