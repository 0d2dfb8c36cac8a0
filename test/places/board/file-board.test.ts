import { writeSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FileBoard } from "../../../src/places/board/file-board.js";
import { FileLedger } from "../../../src/places/board/file-ledger.js";
import { claimSize } from "../../../src/places/board/layout.js";

/** When its tasks begin. */
const begun = 1_700_000_000_000;

describe("the board of a child process", () => {
  let board: FileBoard;
  let ledger: FileLedger;
  beforeEach(() => {
    board = new FileBoard();
    ledger = new FileLedger(board.fd);
  });
  afterEach(() => {
    board.close();
  });

  it("a task that has been claimed cannot be taken back, however often one tries", () => {
    expect(ledger.claim(7, begun)).toBe(true);
    expect([board.takeBack(7), board.takeBack(7)]).toEqual([false, false]);
    expect(board.startOf(7)).toBe(begun);
  });

  it("a task that has been taken back cannot be claimed; the next one in its slot can", () => {
    expect(board.takeBack(7)).toBe(true);
    expect(ledger.claim(7, begun)).toBe(false);
    expect(board.startOf(8)).toBeUndefined();
    expect(ledger.claim(7 + 1_024, begun)).toBe(true);
    expect(board.takeBack(7 + 1_024)).toBe(false);
  });

  it("says when tasks can start there, and why not", () => {
    expect([board.isUp, board.trouble]).toEqual([false, "it could not start"]);
    ledger.up();
    expect([board.isUp, board.trouble]).toEqual([true, undefined]);
    ledger.deaf();
    expect([board.isUp, board.trouble]).toEqual([false, "it could not read what it was sent"]);
  });

  it.each([[undefined], [null], [true], [false], [0], [-0], [Number.NaN], [1.5]])(
    "a result is kept: %s, with the next claim or without one",
    async (value) => {
      ledger.claim(1, begun);
      expect(ledger.record(1, value)).toBe(true);
      expect(board.kept()).toEqual([]);
      ledger.claim(2, begun);
      expect(board.kept()).toEqual([{ id: 1, value }]);
      expect(ledger.record(2, value)).toBe(true);
      await Promise.resolve();
      expect(board.kept()).toEqual([
        { id: 1, value },
        { id: 2, value },
      ]);
    },
  );

  it("two results without a claim in between are both kept", async () => {
    ledger.record(1, 1);
    ledger.record(2, 2);
    await Promise.resolve();
    expect(board.kept().map(({ id }) => id)).toEqual([1, 2]);
  });

  it("what has been sent is not kept any more", async () => {
    ledger.record(1, 1);
    ledger.clear();
    await Promise.resolve();
    ledger.claim(2, begun);
    expect(board.kept()).toEqual([]);
  });

  it.each(["text", {}, 1n, Symbol("s")])("anything else has to be sent", (value) => {
    expect(ledger.record(1, value)).toBe(false);
  });

  it("a record that is half written is not there yet", () => {
    ledger.claim(1, begun);
    ledger.record(1, 5);
    ledger.claim(2, begun);
    writeSync(board.fd, new Float64Array([6]), 0, 8, 2 * claimSize + 32);
    expect([board.startOf(2), board.kept()]).toEqual([undefined, []]);
  });
});
