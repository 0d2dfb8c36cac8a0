import { fromBytes, toBytes } from "../clone-bytes.js";

/** How many bytes say how long a frame is. */
const head = 4;
const room = Buffer.alloc(head);

/**
 * A value as it travels through a pipe: its length, and what structured clone makes of it.
 * @throws when it cannot be cloned, or moved; then nothing is gone
 */
export function encodeFrame(value: unknown, transferList: readonly object[] = []): Buffer {
  const frame = toBytes(value, transferList, room);
  frame.writeUInt32LE(frame.length - head, 0);
  return frame;
}

/** Puts the values together again that arrive in pieces; answers what takes the pieces. */
export function frameReader(take: (value: unknown) => void, unreadable: (error: unknown) => void): (piece: Buffer) => void {
  let pieces: Buffer[] = [];
  let length = 0;
  /** How many bytes have to be there before it is worth looking. */
  let wanted = head;
  return (piece) => {
    pieces.push(piece);
    length += piece.length;
    if (length < wanted) return;
    let bytes = pieces.length === 1 ? piece : Buffer.concat(pieces, length);
    for (;;) {
      wanted = bytes.length < head ? head : head + bytes.readUInt32LE(0);
      if (bytes.length < wanted) break;
      decode(bytes.subarray(head, wanted), take, unreadable);
      bytes = bytes.subarray(wanted);
    }
    pieces = bytes.length === 0 ? [] : [bytes];
    length = bytes.length;
  };
}

function decode(bytes: Buffer, take: (value: unknown) => void, unreadable: (error: unknown) => void): void {
  let value: unknown;
  try {
    value = fromBytes(bytes);
  } catch (error) {
    unreadable(error);
    return;
  }
  take(value);
}
