import { NotCloneable } from "../../../kernel/errors.js";
import { notCloneable } from "../../../kernel/clone.js";
import type { ExitReason } from "../../../kernel/reasons.js";
import {
  type BegunEntry,
  type EndedStart,
  type RunSubjects,
  type Start,
  decodeBegun,
  decodeEnded,
  decodePieces,
  encode,
  encodeEnd,
  keptBegin,
  keptEnd,
} from "./entries.js";
import type { Kept, KeptEnd } from "./kept.js";
import type { Log } from "./log.js";

let marks = 0;

/** What the programs at a durable run write down and look up of single tasks: who runs one, and how it ended. The first entry counts, whoever writes it. */
export class RunLog {
  readonly #log: Promise<Log>;
  readonly #subjects: RunSubjects;
  readonly #node: string;

  /** `node` is the one that writes. */
  constructor(log: Promise<Log>, subjects: RunSubjects, node: string) {
    this.#log = log;
    this.#subjects = subjects;
    this.#node = node;
  }

  /** Says who runs this start of a task; false when somebody else does, or nobody may. */
  async begin(start: Start, entry: Omit<BegunEntry, "mark">): Promise<boolean> {
    const subject = this.#subjects.begun(start);
    const mark = `${this.#node} ${++marks}`;
    if ((await (await this.#log).append(subject, encode({ ...entry, mark }), 0)) > 0) return true;
    // An answer may have been lost, and with it that the entry is this one.
    return (await this.begun(start))?.mark === mark;
  }

  async begun(start: Start): Promise<BegunEntry | undefined> {
    const found = await (await this.#log).last(this.#subjects.begun(start));
    return found && decodeBegun(found.payload);
  }

  /** Says how it ended. Answers the end that counts. */
  async end(start: Start, reason: ExitReason, value: unknown, rest: EndedStart): Promise<KeptEnd> {
    let payload: Buffer;
    try {
      payload = encodeEnd(reason, value, rest);
    } catch (cause) {
      const error = cause instanceof NotCloneable ? cause : notCloneable(value, "value", cause);
      return this.end(start, error, undefined, rest);
    }
    if ((await this.#append(start, payload)) === 0) {
      const other = await this.ended(start);
      if (other !== undefined) return other;
    }
    const { launch } = start;
    return { state: "ended", launch, reason, value, ...rest };
  }

  async #append(start: Start, payload: Buffer): Promise<number> {
    const log = await this.#log;
    const { maxPayload } = log;
    const subject = this.#subjects.ended(start);
    if (payload.length <= maxPayload) return log.append(subject, payload, 0);
    const pieces = Math.ceil(payload.length / maxPayload);
    for (let number = 0; number < pieces; number++) {
      const piece = payload.subarray(number * maxPayload, (number + 1) * maxPayload);
      await log.append(this.#subjects.piece(start, this.#node, number), piece);
    }
    return log.append(subject, encode({ pieces, node: this.#node }), 0);
  }

  async ended(start: Start): Promise<KeptEnd | undefined> {
    const found = await (await this.#log).last(this.#subjects.ended(start));
    return found && this.read(start, found.payload);
  }

  /** What an entry says of an end, with its pieces, where it lies in some. Undefined when it is none. */
  async read(start: Start, payload: Uint8Array): Promise<KeptEnd | undefined> {
    const found = decodePieces(payload);
    const entry = decodeEnded(found === undefined ? payload : await this.#piecesOf(start, found.node, found.pieces));
    return entry && keptEnd(start, entry);
  }

  async #piecesOf(start: Start, node: string, count: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for (let number = 0; number < count; number++) {
      const piece = await (await this.#log).last(this.#subjects.piece(start, node, number));
      if (piece !== undefined) pieces.push(piece.payload);
    }
    return Buffer.concat(pieces);
  }

  /** How far this start has got. */
  async look(start: Start): Promise<Kept | undefined> {
    const ended = await this.ended(start);
    if (ended !== undefined) return ended;
    const begun = await this.begun(start);
    return begun && keptBegin(start, begun);
  }

  async told(index: number): Promise<void> {
    await (await this.#log).append(this.#subjects.told, encode(index));
  }
}
