import { slots } from "../../kernel/slot-table.js";
import type { SpawnId } from "../../kernel/wire.js";

/**
 * Where things stand in the file that is the board of a child process. The child writes claims, with the result kept before that, and results;
 * the pool writes marks. No record crosses a page, so that one is written as a whole or not at all when its writer is killed.
 */
export const claimSize = 64;
export const resultSize = 32;
export const markSize = 8;
export const resultsAt = slots * claimSize;
export const marksAt = resultsAt + slots * resultSize;
export const stateAt = marksAt + slots * markSize;
/** How much memory it used, and how much it may use, when it was stopped for that; zeros before. */
export const memoryAt = stateAt + 8;
export const boardSize = memoryAt + 16;

/** What the child says of itself. */
export const state = { starting: 0, up: 1, deaf: 2 } as const;

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

/** Values that the board can keep; anything else is sent at once. 0 is no value at all. */
const kinds = { undefined: 1, null: 2, false: 3, true: 4, number: 5 } as const;

export function kindOf(value: unknown): number {
  switch (typeof value) {
    case "number":
      return kinds.number;
    case "undefined":
      return kinds.undefined;
    case "boolean":
      return value ? kinds.true : kinds.false;
    default:
      return value === null ? kinds.null : 0;
  }
}

export function valueOf(kind: number, number: number): unknown {
  return kind === kinds.number ? number : kind === kinds.undefined ? undefined : kind === kinds.null ? null : kind === kinds.true;
}
