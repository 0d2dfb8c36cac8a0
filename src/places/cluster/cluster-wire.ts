import type { Clock } from "../../kernel/clock.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Batch, Wire } from "../../kernel/wire.js";
import { fromBytes } from "../clone-bytes.js";
import { type Head, Kind, headLength, headOnly, withRoom, writeHead } from "./frame.js";
import { SentFrames } from "./sent-frames.js";

/** What a wire needs of its cluster. */
export interface Surroundings {
  readonly clock: Clock;
  /** How many bytes a message may have. */
  readonly maxPayload: number;
  /** How many bytes a batch may have, in all its pieces. */
  readonly maxBatch: number;
  /** How many milliseconds a node may be silent before it counts as lost. */
  readonly tick: number;
  /** How many milliseconds there are between one beat and the next. */
  readonly beat: () => number;
  /** Until when, in milliseconds since the epoch, it is no sign of anything that nobody listens: nodes come back to NATS one after the other. */
  readonly mildUntil: () => number;
  send(frame: Buffer, wire: ClusterWire): void;
  /** Its ends say from now on that they are there. */
  woke(): void;
  /** It is over, since its node is gone, or only it is; told before the connection is. */
  over(wire: ClusterWire, isGone: boolean, wasAwake: boolean): void;
  /** A message that is none. */
  refused(wire: ClusterWire): void;
}

/** How many milliseconds nobody may listen at the other end before it counts as gone: a node that has lost its server is back at another one sooner. */
const grace = 250;
/** How often it is asked meanwhile. */
const asking = 50;
/** How many bytes that have not been confirmed are kept, and how many arrive before they are confirmed out of turn. */
const kept = 64 * 1_024 * 1_024;
const confirmEvery = 512 * 1_024;
/** So many milliseconds pass before what is missing is asked for again. */
const asksAgain = 50;

/**
 * A wire between two nodes of a cluster, over whatever carries messages by subjects: it numbers its messages, so that none is lost in silence or arrives twice (N2), and
 * finds out when the other end is gone (N1). Until it is used it says nothing.
 */
export class ClusterWire implements Wire {
  receive: (batch: Batch) => void = () => undefined;
  lost: (reason: ExitReason) => void = () => undefined;
  readonly #around: Surroundings;
  readonly #mine = 1 + Math.floor(Math.random() * 0xff_ff_ff_fe);
  /** The other end's number, once it is known. */
  #yours = 0;
  readonly #sent = new SentFrames(kept);
  /** How many of the other end's have arrived, and how many bytes since that was last told. */
  #got = 0;
  #unconfirmed = 0;
  /** The pieces of a batch that has not arrived as a whole. */
  #pieces: Uint8Array[] = [];
  #piecesLength = 0;
  #heardAt: number;
  #beatAt = 0;
  #nobodySince: number | undefined = undefined;
  #askedAt = -Infinity;
  #timer: unknown = undefined;
  #isOver = false;

  constructor(
    readonly peer: string,
    around: Surroundings,
  ) {
    this.#around = around;
    this.#heardAt = around.clock.now();
  }

  // ——— Out ———

  post(batch: Batch, transferList?: readonly object[]): void {
    const { maxPayload, maxBatch } = this.#around;
    const whole = withRoom(batch, transferList);
    if (whole.length > maxBatch) throw new TypeError(`${whole.length} bytes are more than the ${maxBatch} that maxMessage allows`);
    if (this.#isOver) return;
    this.#wake();
    for (let at = headLength, end: number; at < whole.length; at = end) {
      end = Math.min(whole.length, at + maxPayload - headLength);
      const frame = at === headLength ? whole.subarray(0, end) : Buffer.concat([whole.subarray(0, headLength), whole.subarray(at, end)]);
      this.#keep(frame, end < whole.length ? Kind.part : Kind.signals);
    }
  }

  #keep(frame: Buffer, kind: Kind): void {
    this.#sent.add(frame);
    this.#around.send(writeHead(frame, this.#head(kind)), this);
  }

  #head(kind: Kind, sent = this.#sent.last): Head {
    this.#unconfirmed = 0;
    return { kind, mine: this.#mine, yours: this.#yours, sent, got: this.#got };
  }

  #say(kind: Kind): void {
    this.#around.send(headOnly(this.#head(kind)), this);
  }

  afterTurn(callback: () => void): void {
    process.nextTick(callback);
  }

  close(): void {
    if (this.#timer !== undefined) this.#say(Kind.bye);
    this.#end();
  }

  // ——— In ———

  /** Takes a message of the other end. False when that one has begun anew: this wire is over then, and the message is for the next one. */
  take(head: Head, frame: Uint8Array): boolean {
    if (this.#isOver) return true;
    const { kind, mine, yours, sent, got } = head;
    if (yours !== 0 && yours !== this.#mine) {
      // It is for a wire that is over: the other end has to find out.
      if (kind !== Kind.bye) this.#wake(true);
      return true;
    }
    if (this.#yours === 0) this.#yours = mine;
    else if (this.#yours !== mine) {
      this.lose();
      return false;
    }
    this.#heardAt = this.#around.clock.now();
    this.#nobodySince = undefined;
    this.#sent.confirm(got);
    this.#wake();
    if (kind === Kind.signals || kind === Kind.part) this.#takeSignals(kind, sent, frame);
    else if (kind === Kind.bye) this.lose();
    else if (kind === Kind.again) this.#sendAgain(got);
    else if (sent > this.#got) this.#ask();
    return true;
  }

  #takeSignals(kind: Kind, number: number, frame: Uint8Array): void {
    if (number <= this.#got) return;
    if (number > this.#got + 1) {
      this.#ask();
      return;
    }
    this.#got = number;
    this.#unconfirmed += frame.length;
    if (this.#unconfirmed > confirmEvery) this.#say(Kind.beat);
    const piece = frame.subarray(headLength);
    if (kind === Kind.part || this.#pieces.length > 0) {
      this.#pieces.push(Uint8Array.from(piece));
      this.#piecesLength += piece.length;
      if (this.#piecesLength > this.#around.maxBatch) {
        this.#refuse();
        this.lose();
      } else if (kind === Kind.signals) {
        const whole = Buffer.concat(this.#pieces, this.#piecesLength);
        this.#pieces = [];
        this.#piecesLength = 0;
        this.#deliver(whole);
      }
    } else this.#deliver(piece);
  }

  #deliver(bytes: Uint8Array): void {
    let batch: unknown;
    try {
      batch = fromBytes(bytes);
    } catch {
      this.#refuse();
      return;
    }
    this.receive(batch as Batch);
  }

  #refuse(): void {
    this.#around.refused(this);
  }

  #ask(): void {
    const now = this.#around.clock.now();
    if (now - this.#askedAt < asksAgain) return;
    this.#askedAt = now;
    this.#say(Kind.again);
  }

  /** Something has been lost on the way. */
  #sendAgain(after: number): void {
    const frames = this.#sent.after(after);
    if (frames === undefined) {
      this.#say(Kind.bye);
      this.lose();
      return;
    }
    frames.forEach((frame, index) => {
      this.#around.send(writeHead(frame, this.#head(frame.readUInt8(0) as unknown as Kind, after + 1 + index)), this);
    });
  }

  // ——— Whether the other end is there ———

  /** From now on both ends say that they are there. */
  #wake(atOnce = false): void {
    if (this.#timer !== undefined) {
      if (atOnce && this.#around.clock.now() - this.#beatAt >= asking) this.#beat();
      return;
    }
    this.#heardAt = this.#around.clock.now();
    this.#around.woke();
    if (atOnce) this.#beat();
    this.#setTimer();
  }

  /** It has been used. */
  get isAwake(): boolean {
    return this.#timer !== undefined;
  }

  #setTimer(): void {
    const { clock, beat } = this.#around;
    const delay = this.#nobodySince === undefined ? beat() : asking;
    const due = clock.now() + delay;
    this.#timer = clock.set(() => {
      // Whoever has slept hears late what others said in time.
      this.#look(clock.now() - due);
    }, delay);
  }

  #look(late: number): void {
    const now = this.#around.clock.now();
    if (late > asking) this.#heardAt += late;
    // On a busy machine the other end is as late, and so is the engine between the two.
    if (this.#nobodySince !== undefined) this.#nobodySince += 2 * Math.max(0, late);
    const isGone = this.#nobodySince !== undefined && now - Math.max(this.#nobodySince, this.#around.mildUntil()) >= grace;
    if (isGone || now - this.#heardAt > this.#around.tick) {
      this.lose(true);
      return;
    }
    this.#beat();
    this.#setTimer();
  }

  #beat(): void {
    this.#beatAt = this.#around.clock.now();
    this.#say(Kind.beat);
  }

  /** The engine says that nobody listens at the other end. */
  nobody(): void {
    if (this.#isOver || this.#timer === undefined || this.#nobodySince !== undefined) return;
    this.#nobodySince = this.#around.clock.now();
    this.#around.clock.clear(this.#timer);
    this.#setTimer();
  }

  /** The way to the engine is there again: what was under way may be lost. */
  restored(): void {
    if (this.#timer !== undefined) this.#beat();
  }

  /** The other end is gone, or has given this one up. */
  lose(isGone = false): void {
    if (this.#isOver) return;
    this.#end(isGone);
    this.lost("noconnection");
  }

  #end(isGone = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const wasAwake = this.isAwake;
    if (wasAwake) this.#around.clock.clear(this.#timer);
    this.#timer = undefined;
    this.#around.over(this, isGone, wasAwake);
  }
}
