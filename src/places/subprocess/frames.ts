import { Deserializer, Serializer } from "node:v8";

/** How many bytes say how long a frame is. */
const head = 4;
const room = Buffer.alloc(head);

/**
 * A value as it travels through a pipe: its length, and what structured clone makes of it.
 * @throws when it cannot be cloned
 */
export function encodeFrame(value: unknown): Buffer {
  const serializer = new Serializer();
  serializer.writeRawBytes(room);
  serializer.writeHeader();
  serializer.writeValue(value);
  const frame = serializer.releaseBuffer();
  frame.writeUInt32LE(frame.length - head, 0);
  return frame;
}

/** Puts the values together again that arrive in pieces. */
export class FrameReader {
  readonly #take: (value: unknown) => void;
  readonly #unreadable: (error: unknown) => void;
  #pieces: Buffer[] = [];
  #length = 0;
  /** How many bytes have to be there before it is worth looking. */
  #wanted = head;

  constructor(take: (value: unknown) => void, unreadable: (error: unknown) => void) {
    this.#take = take;
    this.#unreadable = unreadable;
  }

  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    if (this.#length < this.#wanted) return;
    const bytes = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces, this.#length);
    let at = 0;
    this.#wanted = head;
    while (bytes.length - at >= head) {
      const length = bytes.readUInt32LE(at);
      if (bytes.length - at < head + length) {
        this.#wanted = head + length;
        break;
      }
      at += head;
      this.#decode(bytes.subarray(at, at + length));
      at += length;
    }
    this.#pieces = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#length = bytes.length - at;
  }

  #decode(bytes: Buffer): void {
    let value: unknown;
    try {
      const deserializer = new Deserializer(bytes);
      deserializer.readHeader();
      value = deserializer.readValue();
    } catch (error) {
      this.#unreadable(error);
      return;
    }
    this.#take(value);
  }
}
