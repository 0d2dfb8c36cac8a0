import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeUtf8, firstInvalidByte } from "../../src/cli/input/utf8.js";

const isValid = (bytes: Uint8Array): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** Bytes that are often nearly UTF-8: leads and continuations around the edges of what is allowed. */
const nearlyUtf8 = fc.uint8Array({ maxLength: 12 }).chain((noise) =>
  fc.array(fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, ...noise), {
    maxLength: 12,
  }),
);

describe("UTF-8", () => {
  it("is judged as the platform's decoder judges it", () => {
    fc.assert(
      fc.property(nearlyUtf8, (bytes) => {
        const at = firstInvalidByte(Uint8Array.from(bytes));
        expect(at === -1).toBe(isValid(Uint8Array.from(bytes)));
        if (at !== -1) expect(isValid(Uint8Array.from(bytes.slice(0, at)))).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  it("accepts any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const whole = text.toWellFormed();
        expect(decodeUtf8(Buffer.from(whole))).toEqual({ ok: true, text: whole });
      }),
    );
  });

  it.each([
    ["a stray continuation", [0x61, 0x80], 1],
    ["an overlong slash", [0x61, 0x62, 0xc0, 0xaf], 2],
    ["a surrogate", [0xed, 0xa0, 0x80], 0],
    ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0],
    ["a sequence cut short", [0x61, 0xe2, 0x82], 1],
    ["Latin-1", [...Buffer.from("Stra\xdfe", "latin1")], 4],
  ])("finds %s", (_what, bytes, at) => {
    expect(decodeUtf8(Buffer.from(bytes))).toEqual({ ok: false, at });
  });
});
