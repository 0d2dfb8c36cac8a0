import { readSync, writeSync } from "node:fs";
import type { Ledger } from "../../kernel/local-host.js";
import { soon } from "../../kernel/scheduler.js";
import { slots } from "../../kernel/slot-table.js";
import type { SpawnId } from "../../kernel/wire.js";
import { claimSize, knownAt, knownSize, markSize, marksAt, resultSize, resultsAt, stateAt, sumOf, useOf, verdict } from "./layout.js";
import { kindOf } from "./small-values.js";
import { state } from "./state.js";

/** How long the child waits before it looks again whether the pool has come to a verdict, in milliseconds. */
const glance = 0.05;

/** The child's side of a `FileBoard`. */
export class FileLedger implements Ledger {
  readonly #fd: number;
  readonly #claim = new Float64Array(claimSize / 8);
  readonly #claimWords = new Uint32Array(this.#claim.buffer);
  readonly #result = new Float64Array(resultSize / 8);
  readonly #resultWords = new Uint32Array(this.#result.buffer);
  readonly #mark = new Uint32Array(markSize / 4);
  readonly #never = new Int32Array(new SharedArrayBuffer(4));
  /** The result that is written with the next claim: one write is cheaper than two. */
  #id: SpawnId = -1;
  #kind = 0;
  #value = 0;
  #scheduled = false;
  readonly #later = (): void => {
    this.#scheduled = false;
    if (this.#id >= 0) this.#writeResult();
  };

  constructor(fd: number) {
    this.#fd = fd;
  }

  claim(id: SpawnId, now: number): boolean {
    const claim = this.#claim;
    claim[0] = id + 1;
    claim[1] = now;
    claim[2] = this.#id + 1;
    claim[3] = this.#kind;
    claim[4] = this.#value;
    this.#claimWords[10] = sumOf(this.#claimWords, 0, 10);
    writeSync(this.#fd, claim, 0, claimSize, (id % slots) * claimSize);
    const use = useOf(id);
    const marked = this.#readMark(id);
    // A slot whose later use is marked has been given away: this task was taken back before that.
    const isOurs = marked < use || (marked === use && this.#await(id));
    // The record of a task that was taken back may be written over at any time, and what is kept in it goes with the next.
    if (isOurs) this.#id = -1;
    return isOurs;
  }

  /** Beside its claim, which is written whole, and with zeros here, when the slot is another task's. */
  known(id: SpawnId, process: number): void {
    writeSync(this.#fd, Float64Array.of(id + 1, process), 0, knownSize, (id % slots) * claimSize + knownAt);
  }

  /** Which use of the task's slot the pool has marked last. */
  #readMark(id: SpawnId): number {
    readSync(this.#fd, this.#mark, 0, markSize, marksAt + (id % slots) * markSize);
    return this.#mark[0] as number;
  }

  /** The pool is at this very moment taking the task back, and says in a few microseconds whether it has it: unless it is stopped meanwhile. */
  #await(id: SpawnId): boolean {
    const use = useOf(id);
    while (this.#readMark(id) === use && this.#mark[1] === verdict.asked) Atomics.wait(this.#never, 0, 0, glance);
    return this.#mark[0] === use && this.#mark[1] === verdict.left;
  }

  record(id: SpawnId, value: unknown): boolean {
    const kind = kindOf(value);
    if (kind === 0) return false;
    if (this.#id >= 0) this.#writeResult();
    this.#id = id;
    this.#kind = kind;
    this.#value = typeof value === "number" ? value : 0;
    // When no claim follows at once, there is nothing to wait for.
    if (!this.#scheduled) {
      this.#scheduled = true;
      soon(this.#later);
    }
    return true;
  }

  #writeResult(): void {
    const result = this.#result;
    result[0] = this.#id + 1;
    result[1] = this.#kind;
    result[2] = this.#value;
    this.#resultWords[6] = sumOf(this.#resultWords, 0, 6);
    writeSync(this.#fd, result, 0, resultSize, resultsAt + (this.#id % slots) * resultSize);
    this.#id = -1;
  }

  /** Everything that was kept has been sent. */
  clear(): void {
    this.#id = -1;
  }

  up(): void {
    this.#say(state.up);
  }

  /** Something was sent that cannot be read: if it were sent to another child, the same would happen there. */
  deaf(): void {
    this.#say(state.deaf);
  }

  #say(what: number): void {
    writeSync(this.#fd, Uint8Array.of(what), 0, 1, stateAt);
  }
}
