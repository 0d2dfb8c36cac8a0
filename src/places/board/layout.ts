import { slots } from "../../kernel/slot-table.js";
import type { SpawnId } from "../../kernel/wire.js";

/**
 * Where things stand in the file that is the board of a child process. The child writes claims, with the result kept before that, and results;
 * the pool writes marks. No record crosses a page, so that one is written as a whole or not at all when its writer is killed.
 */
export const claimSize = 64;
/** Within a claim: the task, and the number in its pid. */
export const knownAt = 48;
export const knownSize = 16;
export const resultSize = 32;
export const markSize = 8;
export const resultsAt = slots * claimSize;
export const marksAt = resultsAt + slots * resultSize;
export const stateAt = marksAt + slots * markSize;
/** How much memory it used, and how much it may use, when it was stopped for that; zeros before. */
export const memoryAt = stateAt + 8;
export const boardSize = memoryAt + 16;

/** What a mark says: the pool wants the task back; it has it; it came too late. */
export const verdict = { asked: 0, taken: 1, left: 2 } as const;

/** Which use of its slot a task is: what a mark is for. Never 0, which is what an empty file has. */
export const useOf = (id: SpawnId): number => (Math.floor(id / slots) + 1) >>> 0;

/** A number that a record must have if it is whole: its reader may come while it is being written. */
export function sumOf(record: Uint32Array, from: number, to: number): number {
  let sum = 0x9e3779b9;
  for (let at = from; at < to; at++) sum = (Math.imul(sum, 31) + (record[at] as number)) | 0;
  return sum;
}
