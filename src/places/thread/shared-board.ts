import { slots } from "../../kernel/slot-table.js";
import type { Ledger } from "../../kernel/local-host.js";
import type { SpawnId } from "../../kernel/wire.js";
import type { Board } from "../pool/carrier.js";

const waiting = 0;
const started = 1;
const takenBack = 2;

const state = { starting: 0, up: 1, deaf: 2 } as const;

/** Values that the board can keep; anything else is sent at once. */
const kinds = { undefined: 0, null: 1, false: 2, true: 3, number: 4 } as const;

/** A board in memory that a pool and one of its threads share. */
export class SharedBoard implements Board, Ledger {
  readonly buffer: SharedArrayBuffer;
  readonly #states: Int32Array;
  readonly #startedAt: Float64Array;
  /** 0: how many results are kept; 1: the state of the thread; 2: how often all that was kept has been sent. */
  readonly #counters: Int32Array;
  readonly #ids: Float64Array;
  readonly #kinds: Int32Array;
  readonly #numbers: Float64Array;

  constructor(buffer = new SharedArrayBuffer(slots * (4 + 8 + 8 + 4 + 8) + 16)) {
    this.buffer = buffer;
    let offset = 0;
    const doubles = (): Float64Array => new Float64Array(buffer, (offset += slots * 8) - slots * 8, slots);
    const words = (length: number): Int32Array => new Int32Array(buffer, (offset += length * 4) - length * 4, length);
    this.#startedAt = doubles();
    this.#ids = doubles();
    this.#numbers = doubles();
    this.#states = words(slots);
    this.#kinds = words(slots);
    this.#counters = words(4);
  }

  // ——— The pool's side ———

  offer(id: SpawnId): void {
    const slot = id % slots;
    this.#startedAt[slot] = 0;
    Atomics.store(this.#states, slot, word(id, waiting));
  }

  takeBack(id: SpawnId): boolean {
    return this.#change(id, waiting, takenBack);
  }

  startOf(id: SpawnId): number | undefined {
    return Atomics.load(this.#states, id % slots) === word(id, started) ? this.#startedAt[id % slots] : undefined;
  }

  startOfEnded(id: SpawnId): number | undefined {
    return this.startOf(id);
  }

  get isUp(): boolean {
    return Atomics.load(this.#counters, 1) === state.up;
  }

  get trouble(): string | undefined {
    const now = Atomics.load(this.#counters, 1);
    return now === state.up ? undefined : now === state.deaf ? "it could not read what it was sent" : "it could not start";
  }

  /** While the thread lives, it may send them at any moment and keep others in their place: then this answers none. */
  kept(): { readonly id: SpawnId; readonly value: unknown }[] {
    const rounds = this.rounds;
    const count = Atomics.load(this.#counters, 0);
    const results: { id: SpawnId; value: unknown }[] = [];
    for (let at = 0; at < count; at++) results.push({ id: this.#ids[at] as number, value: this.#valueAt(at) });
    return this.rounds === rounds ? results : [];
  }

  /** Changes whenever what was kept has been sent. */
  get rounds(): number {
    return Atomics.load(this.#counters, 2);
  }

  #valueAt(at: number): unknown {
    switch (this.#kinds[at]) {
      case kinds.number:
        return this.#numbers[at];
      case kinds.null:
        return null;
      case kinds.undefined:
        return undefined;
      default:
        return this.#kinds[at] === kinds.true;
    }
  }

  // ——— The thread's side ———

  up(): void {
    Atomics.store(this.#counters, 1, state.up);
  }

  /** Something was sent that cannot be read: if it were sent to another thread, the same would happen there. */
  deaf(): void {
    Atomics.store(this.#counters, 1, state.deaf);
  }

  claim(id: SpawnId, now: number): boolean {
    this.#startedAt[id % slots] = now;
    return this.#change(id, waiting, started);
  }

  record(id: SpawnId, value: unknown): boolean {
    const at = this.#counters[0] as number;
    const kind = kindOf(value);
    if (kind === undefined || at === slots) return false;
    this.#ids[at] = id;
    this.#kinds[at] = kind;
    if (kind === kinds.number) this.#numbers[at] = value as number;
    Atomics.store(this.#counters, 0, at + 1);
    return true;
  }

  /** Everything that was kept has been sent. */
  clear(): void {
    Atomics.add(this.#counters, 2, 1);
    Atomics.store(this.#counters, 0, 0);
  }

  #change(id: SpawnId, from: number, to: number): boolean {
    const expected = word(id, from);
    return Atomics.compareExchange(this.#states, id % slots, expected, word(id, to)) === expected;
  }
}

/** What a slot holds: which use of the slot it is, and how far that task has come. */
const word = (id: SpawnId, state: number): number => (Math.floor(id / slots) << 2) | state | 0;

function kindOf(value: unknown): number | undefined {
  switch (typeof value) {
    case "number":
      return kinds.number;
    case "undefined":
      return kinds.undefined;
    case "boolean":
      return value ? kinds.true : kinds.false;
    default:
      return value === null ? kinds.null : undefined;
  }
}
