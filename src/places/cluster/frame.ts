import { toBytes } from "../clone-bytes.js";

/** What a message from one node to another is. */
export enum Kind {
  /** A batch of signals, or the rest of one. */
  signals = 0,
  /** The next piece of a batch that is too long for one message. */
  part = 1,
  /** Nothing but the numbers in its head: it says that the sender is there. */
  beat = 2,
  /** Something is missing after what has arrived: it is to be sent again. */
  again = 3,
  /** The sender has nothing more to do with this node. */
  bye = 4,
  /** Who the sender is, to one that has just come. */
  here = 5,
  /** The name that the other wants is the sender's. */
  taken = 6,
}

export interface Head {
  readonly kind: Kind;
  /** The wire that it was sent on: a number that its sender drew. */
  readonly mine: number;
  /** The wire of the receiver that it is for; 0 when the sender does not know it yet. */
  readonly yours: number;
  /** The how manieth of the signals' messages it is; of others, how many there were. */
  readonly sent: number;
  /** How many of the receiver's have arrived. */
  readonly got: number;
}

export const headLength = 21;
const room = Buffer.alloc(headLength);

export function writeHead(frame: Buffer, { kind, mine, yours, sent, got }: Head): Buffer {
  frame.writeUInt8(kind, 0);
  frame.writeUInt32LE(mine, 1);
  frame.writeUInt32LE(yours, 5);
  frame.writeUIntLE(sent, 9, 6);
  frame.writeUIntLE(got, 15, 6);
  return frame;
}

/** Undefined when it is too short to have one, or of no known kind. */
export function readHead(frame: Uint8Array): Head | undefined {
  if (frame.length < headLength) return undefined;
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, headLength);
  const kind = bytes.readUInt8(0) as unknown as Kind;
  if (kind > Kind.taken) return undefined;
  return { kind, mine: bytes.readUInt32LE(1), yours: bytes.readUInt32LE(5), sent: bytes.readUIntLE(9, 6), got: bytes.readUIntLE(15, 6) };
}

export const headOnly = (head: Head): Buffer => writeHead(Buffer.allocUnsafe(headLength), head);

/** A value with room for a head before it. @throws when it cannot be cloned, or moved; then nothing is gone */
export const withRoom = (value: unknown, transferList: readonly object[] = []): Buffer => toBytes(value, transferList, room);
