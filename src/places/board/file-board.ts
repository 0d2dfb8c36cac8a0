import { closeSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../kernel/clock.js";
import { slots } from "../../kernel/slot-table.js";
import type { SpawnId } from "../../kernel/wire.js";
import type { Board } from "./board.js";
import { boardSize, claimSize, markSize, marksAt, memoryAt, resultSize, resultsAt, stateAt, sumOf, useOf, verdict } from "./layout.js";
import { valueOf } from "./small-values.js";
import { state, troubleOf } from "./state.js";

/**
 * The board of a child process: a file that has no name any more, which the child inherits. A claim is there when the child is not, however it
 * died. `FileLedger` is the child's side.
 *
 * To take a task back, the pool marks it and then looks whether it is claimed; the child claims a task and then looks whether it is marked.
 * Whoever comes second sees the other, for a file is written by one at a time. The pool then writes its verdict, for which a child that has
 * seen the mark waits.
 */
export class FileBoard implements Board {
  readonly fd: number;
  readonly #unlink: () => void;
  readonly #mark = new Uint32Array(markSize / 4);
  readonly #byte = new Uint8Array(1);
  readonly #claim = new Float64Array(claimSize / 8);
  readonly #claimWords = new Uint32Array(this.#claim.buffer);
  rounds = 0;

  constructor() {
    const { fd, unlink } = open();
    this.fd = fd;
    this.#unlink = unlink;
    // What has never been written reads as nothing, not as what its reader read before.
    ftruncateSync(fd, boardSize);
  }

  offer(): void {
    // A slot that has not been claimed for this task is one that waits.
  }

  takeBack(id: SpawnId): boolean {
    const at = marksAt + (id % slots) * markSize;
    this.#mark[0] = useOf(id);
    this.#mark[1] = verdict.asked;
    writeSync(this.fd, this.#mark, 0, markSize, at);
    const claimed = this.#readClaim(id);
    this.#byte[0] = claimed ? verdict.left : verdict.taken;
    writeSync(this.fd, this.#byte, 0, 1, at + 4);
    return !claimed;
  }

  startOf(id: SpawnId): number | undefined {
    return this.#readClaim(id) ? this.#claim[1] : undefined;
  }

  processOf(id: SpawnId): number | undefined {
    return this.#readClaim(id) && this.#claim[6] === id + 1 ? this.#claim[7] : undefined;
  }

  /** Reading it would cost the pool more than everything else that it does for a task. */
  startOfEnded(_id: SpawnId, duration: number): number {
    return systemClock.now() - duration;
  }

  #readClaim(id: SpawnId): boolean {
    readSync(this.fd, this.#claim, 0, claimSize, (id % slots) * claimSize);
    return this.#claim[0] === id + 1 && this.#claimWords[10] === sumOf(this.#claimWords, 0, 10) >>> 0;
  }

  get isUp(): boolean {
    return this.#readState() === state.up;
  }

  get trouble(): string | undefined {
    const memory = new Float64Array(2);
    readSync(this.fd, memory, 0, 16, memoryAt);
    const [used = 0, most = 0] = memory;
    if (used > 0) return tooMuch(used, most);
    return troubleOf(this.#readState());
  }

  #readState(): number {
    readSync(this.fd, this.#byte, 0, 1, stateAt);
    return this.#byte[0] as number;
  }

  kept(): { readonly id: SpawnId; readonly value: unknown }[] {
    const all = new Float64Array(boardSize / 8);
    readSync(this.fd, all, 0, marksAt, 0);
    const words = new Uint32Array(all.buffer);
    const results: { id: SpawnId; value: unknown }[] = [];
    const take = (at: number, sum: number, from: number): void => {
      const id = all[at] as number;
      if (id > 0 && words[sum] === sumOf(words, from, sum) >>> 0)
        results.push({ id: id - 1, value: valueOf(all[at + 1] as number, all[at + 2] as number) });
    };
    for (let at = 0; at < resultsAt / 8; at += claimSize / 8) take(at + 2, at * 2 + 10, at * 2);
    for (let at = resultsAt / 8; at < marksAt / 8; at += resultSize / 8) take(at, at * 2 + 6, at * 2);
    return results;
  }

  close(): void {
    closeSync(this.fd);
    this.#unlink();
  }
}

let count = 0;

/** A new file, in memory where the system has a place for that. Its name is gone at once; where an open file must have one, when it is closed. */
function open(): { readonly fd: number; readonly unlink: () => void } {
  const name = `taskward-${process.pid}-${++count}-${Math.random().toString(36).slice(2)}`;
  let trouble: unknown;
  for (const folder of process.platform === "linux" ? ["/dev/shm", tmpdir()] : [tmpdir()]) {
    const path = join(folder, name);
    try {
      const fd = openSync(path, "wx+", 0o600);
      let named = true;
      const unlink = (): void => {
        try {
          if (named) unlinkSync(path);
          named = false;
        } catch {
          // it is open, and must have a name here as long as it is
        }
      };
      unlink();
      return { fd, unlink };
    } catch (error) {
      trouble = error;
    }
  }
  throw trouble;
}

/** What became of a process that used too much, in words. */
function tooMuch(used: number, most: number): string {
  // Rounded up: what was too much is not to look as if it had been just enough.
  const inMebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return `it used ${inMebibytes(used)} of memory, and maxMemory is ${inMebibytes(most)}`;
}
