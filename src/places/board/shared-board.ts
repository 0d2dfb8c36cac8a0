import { slots } from "../../kernel/slot-table.js";
import type { Ledger } from "../../kernel/local-host.js";
import type { SpawnId } from "../../kernel/wire.js";
import type { Board } from "./board.js";
import { kindOf, valueOf } from "./small-values.js";
import { state, troubleOf } from "./state.js";

const waiting = 0;
const started = 1;
const takenBack = 2;

/** A board in memory that a pool and one of its threads share. */
export class SharedBoard implements Board, Ledger {
  readonly buffer: SharedArrayBuffer;
  readonly #states: Int32Array;
  readonly #startedAt: Float64Array;
  readonly #processes: Float64Array;
  /** 0: how many results are kept; 1: the state of the thread; 2: how often all that was kept has been sent. */
  readonly #counters: Int32Array;
  readonly #ids: Float64Array;
  readonly #kinds: Int32Array;
  readonly #numbers: Float64Array;

  constructor(buffer = new SharedArrayBuffer(slots * (4 + 8 + 8 + 8 + 4 + 8) + 16)) {
    this.buffer = buffer;
    let offset = 0;
    const doubles = (): Float64Array => new Float64Array(buffer, (offset += slots * 8) - slots * 8, slots);
    const words = (length: number): Int32Array => new Int32Array(buffer, (offset += length * 4) - length * 4, length);
    this.#startedAt = doubles();
    this.#processes = doubles();
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
    this.#processes[slot] = 0;
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

  processOf(id: SpawnId): number | undefined {
    const process = this.#processes[id % slots];
    return process === 0 || this.startOf(id) === undefined ? undefined : process;
  }

  get isUp(): boolean {
    return Atomics.load(this.#counters, 1) === state.up;
  }

  get trouble(): string | undefined {
    return troubleOf(Atomics.load(this.#counters, 1));
  }

  /** While the thread lives, it may send them at any moment and keep others in their place: then this answers none. */
  kept(): { readonly id: SpawnId; readonly value: unknown }[] {
    const rounds = this.rounds;
    const count = Atomics.load(this.#counters, 0);
    const results: { id: SpawnId; value: unknown }[] = [];
    for (let at = 0; at < count; at++)
      results.push({ id: this.#ids[at] as number, value: valueOf(this.#kinds[at] as number, this.#numbers[at] as number) });
    return this.rounds === rounds ? results : [];
  }

  /** Changes whenever what was kept has been sent. */
  get rounds(): number {
    return Atomics.load(this.#counters, 2);
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

  known(id: SpawnId, process: number): void {
    this.#processes[id % slots] = process;
  }

  record(id: SpawnId, value: unknown): boolean {
    const at = this.#counters[0] as number;
    const kind = kindOf(value);
    if (kind === 0 || at === slots) return false;
    this.#ids[at] = id;
    this.#kinds[at] = kind;
    if (typeof value === "number") this.#numbers[at] = value;
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
const word = (id: SpawnId, state: number): number => ((id / slots) << 2) | state;
