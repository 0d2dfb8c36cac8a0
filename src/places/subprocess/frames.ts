import { Deserializer, Serializer, deserialize, serialize } from "node:v8";

/** How many bytes say how long a frame is. */
const head = 4;
const room = Buffer.alloc(head);

/** Says what is not for a pipe better than the engine does. */
class FrameSerializer extends Serializer {
  _getSharedArrayBufferId(): number {
    throw new TypeError("a SharedArrayBuffer is shared by threads alone: send a copy to another process, or run the task in a thread");
  }

  _writeHostObject(value: object): void {
    throw unmovable(value);
  }
}

const unmovable = (value: object): TypeError => new TypeError(`a ${value.constructor.name} cannot go to another process: run the task in a thread`);

/**
 * A value as it travels through a pipe: its length, and what structured clone makes of it. There is no moving memory to another process: what is
 * listed is copied too, and is gone from here all the same, so that a program does the same whatever its tasks run on.
 * @throws when it cannot be cloned, or moved; then nothing is gone
 */
export function encodeFrame(value: unknown, transferList: readonly object[] = []): Buffer {
  for (const item of transferList) if (!(item instanceof ArrayBuffer)) throw unmovable(item);
  const serializer = new FrameSerializer();
  serializer.writeRawBytes(room);
  serializer.writeHeader();
  serializer.writeValue(value);
  const frame = serializer.releaseBuffer();
  frame.writeUInt32LE(frame.length - head, 0);
  if (transferList.length > 0) structuredClone(undefined, { transfer: [...transferList] as ArrayBuffer[] });
  return frame;
}

/** What a child gets of a value. @throws when it cannot be cloned */
export const copyOf = <T>(value: T): T => deserialize(serialize(value)) as T;

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
    const deserializer = new Deserializer(bytes);
    deserializer.readHeader();
    value = deserializer.readValue();
  } catch (error) {
    unreadable(error);
    return;
  }
  take(value);
}
