import { cloneMoving } from "../kernel/clone.js";
import type { Clock } from "../kernel/clock.js";
import type { ExitReason } from "../kernel/reasons.js";
import { defer } from "../kernel/scheduler.js";
import { type Batch, type Wire, nextSignal } from "../kernel/wire.js";
import type { Random } from "./random.js";

/** How many milliseconds a signal is under way: at least, and at most. */
export type Delay = readonly [least: number, most: number];

/** What a wire needs to know of its surroundings. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly delay: Delay;
  /** Is told of each batch that arrives. */
  arrived(from: string, to: string, batch: Batch): void;
  /** Is told when it is cut. */
  cut(one: string, two: string, reason: ExitReason): void;
}

/** One end: what is posted here arrives at the other one, later, and in order. */
class End implements Wire {
  other: End | undefined = undefined;
  receive: (batch: Batch) => void = () => {};
  lost: (reason: ExitReason) => void = () => {};
  readonly #under: Batch[] = [];
  /** So many of those under way have had their time. */
  #due = 0;
  /** Tells its node that it is cut. */
  #finds: (() => void) | undefined = undefined;

  constructor(
    readonly wire: SimulatedWire,
    readonly name: string,
    readonly around: Surroundings,
  ) {}

  post(batch: Batch, transferList: readonly object[] = []): void {
    const copy = cloneMoving(batch, transferList);
    if (this.other === undefined) return;
    for (const part of this.#parts(copy)) {
      this.#under.push(part);
      const [least, most] = this.around.delay;
      // Whichever has had its time first: the oldest goes, so that order is kept.
      this.around.clock.set(
        () => {
          this.#due++;
          this.deliver();
        },
        this.around.random.between(least, most),
      );
    }
  }

  /** Those at the other end may go on between one signal and the next. */
  *#parts(batch: Batch): Iterable<Batch> {
    let from = 0;
    for (let at = nextSignal(batch, 0); at < batch.length; at = nextSignal(batch, at)) {
      if (this.around.random.below(2) === 0) continue;
      yield batch.slice(from, at);
      from = at;
    }
    yield batch.slice(from);
  }

  deliver(): void {
    while (this.#due > 0 && !this.wire.held) {
      const part = this.#under.shift();
      this.#due--;
      const { other } = this;
      if (part === undefined || other === undefined) continue;
      this.around.arrived(this.name, other.name, part);
      other.receive(part);
    }
  }

  get isIdle(): boolean {
    return this.#under.length === 0;
  }

  /** Of what is under way the first part arrives at once: how much, says chance. Only before it is cut. */
  rush(): void {
    for (const part of this.#under.splice(0, this.around.random.between(0, this.#under.length))) {
      if (this.other === undefined) return;
      this.around.arrived(this.name, this.other.name, part);
      this.other.receive(part);
    }
  }

  /** Nothing arrives any more, what is under way neither; the node finds out when the turn is over, or when it is told. */
  detach(reason: ExitReason, isTold: boolean): void {
    this.other = undefined;
    this.#under.length = 0;
    if (isTold) return;
    this.#finds = () => {
      this.lost(reason);
    };
    defer(() => {
      this.tell();
    });
  }

  tell(): void {
    const finds = this.#finds;
    this.#finds = undefined;
    finds?.();
  }

  close(): void {
    this.wire.cut("noconnection", this);
  }
}

/**
 * A wire between two simulated nodes: signals take their time, drawn by chance, and arrive in order. What goes over one wire may overtake what goes
 * over another.
 *
 * @example
 * sim.wire("a", "b").cut();
 */
export class SimulatedWire {
  /** @internal */
  readonly ends: readonly [Wire, Wire];
  readonly #ends: readonly [End, End];
  readonly #around: Surroundings;
  #held = false;
  #isCut = false;

  /** @internal */
  constructor(one: string, two: string, around: Surroundings) {
    this.#around = around;
    const ends = [new End(this, one, around), new End(this, two, around)] as const;
    [ends[0].other, ends[1].other] = [ends[1], ends[0]];
    this.#ends = this.ends = ends;
  }

  /** Nothing gets through, and nothing is lost. */
  get held(): boolean {
    return this.#held;
  }

  /** It leads nowhere any more. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#ends.every(({ isIdle }) => isIdle);
  }

  /** Breaks it: what is under way is lost, and both nodes find out, with this reason (N1). */
  cut(reason: ExitReason = "noconnection", by?: Wire): void {
    if (this.#isCut) return;
    this.#isCut = true;
    for (const end of this.#ends) end.detach(reason, end === by);
    this.#around.cut(this.#ends[0].name, this.#ends[1].name, reason);
  }

  /** @internal It has been cut, and another one takes its place: both nodes find out now, if they have not. */
  tell(): void {
    for (const end of this.#ends) end.tell();
  }

  /** @internal The node at the second end has died: what it had sent last is lost, and what before may have arrived. The first one is told by others. */
  die(): void {
    this.#ends[1].rush();
    this.cut("noconnection", this.#ends[0]);
  }

  /** From now on nothing arrives; what is sent waits. */
  hold(): void {
    this.#held = true;
  }

  /** What waits arrives, if it has been under way for long enough, and what comes after it. */
  release(): void {
    this.#held = false;
    for (const end of this.#ends) end.deliver();
  }
}
