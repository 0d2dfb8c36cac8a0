import { afterEach, describe, expect, it } from "vitest";
import { slots } from "../../../src/kernel/slot-table.js";
import { FileBoard } from "../../../src/places/board/file-board.js";
import { FileLedger } from "../../../src/places/board/file-ledger.js";

describe("the board of a child process", () => {
  const boards: FileBoard[] = [];
  afterEach(() => {
    for (const board of boards.splice(0)) board.close();
  });
  const both = (): { board: FileBoard; ledger: FileLedger } => {
    const board = new FileBoard();
    boards.push(board);
    return { board, ledger: new FileLedger(board.fd) };
  };

  it("gives a task to whoever comes first", () => {
    const { board, ledger } = both();
    expect(ledger.claim(0, 1)).toBe(true);
    expect(board.takeBack(0)).toBe(false);
    expect(board.takeBack(1)).toBe(true);
    expect(ledger.claim(1, 2)).toBe(false);
    expect(board.startOf(0)).toBe(1);
  });

  it("knows a task for one that was taken back when its slot has been given away, and taken back, since", () => {
    const { board, ledger } = both();
    expect(board.takeBack(7)).toBe(true);
    expect(board.takeBack(7 + slots)).toBe(true);
    expect(ledger.claim(7, 1)).toBe(false);
    expect(ledger.claim(7 + slots, 1)).toBe(false);
    expect(ledger.claim(7 + 2 * slots, 1)).toBe(true);
  });

  it("takes nothing that was never marked for marked", () => {
    const { board, ledger } = both();
    expect(board.takeBack(3)).toBe(true);
    expect(ledger.claim(3, 1)).toBe(false);
    expect(ledger.claim(slots - 1, 1)).toBe(true);
  });

  it("keeps a result that was written with the claim of a task which had been taken back", () => {
    const { board, ledger } = both();
    expect(ledger.claim(0, 1)).toBe(true);
    expect(ledger.record(0, 42)).toBe(true);
    expect(board.takeBack(1)).toBe(true);
    expect(ledger.claim(1, 2)).toBe(false);
    expect(ledger.claim(1 + slots, 3)).toBe(true);
    expect(board.kept()).toContainEqual({ id: 0, value: 42 });
  });

  it("knows the process of a task once somebody else does, and of no task that had its slot before", () => {
    const { board, ledger } = both();
    expect(ledger.claim(5, 1)).toBe(true);
    expect(board.processOf(5)).toBeUndefined();
    ledger.known(5, 42);
    expect(board.processOf(5)).toBe(42);
    expect(ledger.claim(5 + slots, 2)).toBe(true);
    expect([board.processOf(5), board.processOf(5 + slots)]).toEqual([undefined, undefined]);
  });
});
