import { describe, expect, it } from "vitest";
import { checkTransfer, isDetached, mustBeThere, usedTwice } from "../../src/kernel/check-transfer.js";
import { shared } from "../../src/kernel/shared.js";
import { gatherMarks, listOf, takeMark, transfer } from "../../src/kernel/transfer.js";

const bytesOf = (...values: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(values);

function gone(): ArrayBuffer {
  const { buffer } = bytesOf(1);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** What cannot even be asked what it is. */
const unreadable = (): object =>
  new Proxy(
    {},
    {
      get: () => {
        throw new Error("do not look");
      },
      ownKeys: () => {
        throw new Error("do not look");
      },
    },
  );

function said(value: object, list: readonly object[]): string {
  try {
    checkTransfer(value, list);
    return "nothing";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("P4 what is detached", () => {
  it("is a buffer whose memory has left, and no other empty one", () => {
    expect(isDetached(gone())).toBe(true);
    for (const other of [new ArrayBuffer(0), new ArrayBuffer(3), new SharedArrayBuffer(0), {}, unreadable(), bytesOf()])
      expect(isDetached(other)).toBe(false);
  });

  it("must not be in a list, whatever else is in it", () => {
    const live = bytesOf(1).buffer;
    mustBeThere([]);
    mustBeThere([live, new ArrayBuffer(0)]);
    for (const list of [[gone()], [live, gone()], [gone(), live]])
      expect(() => mustBeThere(list)).toThrow(new TypeError("an ArrayBuffer that is to be transferred is detached: it has been transferred before"));
    expect(usedTwice()).toMatchObject({
      code: "not_cloneable",
      message: "args were transferred with an earlier task of the same call, and are gone: make a call of its own for each task",
    });
  });
});

describe("P4 what is refused", () => {
  const what = "transfer(value, list): ";
  const plain = {};
  const shareable = new SharedArrayBuffer(1);
  const bytes = bytesOf(1);
  const odd = unreadable();
  const hidden = { fn: Object.assign(() => 1, { buffer: bytes.buffer }) };

  it.each<[string, object, readonly object[], string]>([
    ["twice", bytes, [bytes.buffer, bytes.buffer], `list[1] is "ArrayBuffer": it is there twice`],
    [
      "the value itself, where it is all there is",
      plain,
      [plain],
      `value is "Object": say what to move of it: transfer(value, [value.bytes.buffer])`,
    ],
    ["the value itself, among others", plain, [plain, bytes.buffer], `list[0] is "Object": give ArrayBuffers and MessagePorts`],
    ["shared memory", shareable, [shareable], `list[0] is "SharedArrayBuffer": it is shared, and need not be transferred: leave it out`],
    ["what cannot be asked what it is", {}, [odd], `list[0] is "something that cannot be read": it is not part of the value, and would be lost`],
    [
      "what hangs on a function, which does not go",
      hidden,
      [bytes.buffer],
      `list[0] is "ArrayBuffer": it is not part of the value, and would be lost`,
    ],
  ])("%s", (_name, value, list, message) => {
    expect(said(value, list)).toBe(what + message);
  });

  it("is nothing that is there, though there is more that cannot be read, and though it is empty", () => {
    expect(said({ odd, text: "x", none: null, number: 1, bytes }, [bytes.buffer])).toBe("nothing");
    const empty = bytesOf();
    expect(transfer(empty)).toBe(empty);
    expect(takeMark(empty)).toEqual([empty.buffer]);
    expect(takeMark(empty)).toBeUndefined();
  });
});

describe("a program that transfers nothing", () => {
  it("checks nothing before there is a wire, and marks no arguments before something was marked", () => {
    const { check, used } = shared;
    try {
      delete shared.check;
      expect(transfer(plainly, [])).toBe(plainly);
      shared.used = false;
      const args = gatherMarks([1, "two", plainly]);
      expect(takeMark(plainly)).toBeUndefined();
      shared.used = true;
      expect(listOf(args)).toBeUndefined();
      expect(takeMark(plainly)).toEqual([]);
    } finally {
      if (check !== undefined) shared.check = check;
      shared.used = used;
    }
  });

  const plainly = { value: 1 };
});
