import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Exited, TaskFailed, describeReason, describeValue } from "../../src/kernel/errors.js";
import { isOrderly } from "../../src/kernel/reasons.js";
import { hostile } from "./hostile.js";

describe("describeValue", () => {
  it("is short, and never fails", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true, withSet: true, withObjectString: true }),
        (value) => {
          expect(describeValue(value).length).toBeLessThan(200);
        },
      ),
    );
    expect(describeValue("x".repeat(1_000)).length).toBeLessThan(100);
    expect(describeValue({ long: "x".repeat(1_000) }).length).toBeLessThan(100);
  });

  it.each([
    ["text", '"text"'],
    [{ a: [1, null] }, '{"a":[1,null]}'],
    [undefined, "undefined"],
    [Number.NaN, "NaN"],
    [1n, "1"],
    [Symbol("s"), "Symbol(s)"],
    [function named() {}, "the function named"],
    [() => undefined, "the function (anonymous)"],
  ])("writes %o as one would", (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});

describe("describeReason", () => {
  it("says what an error is", () => {
    expect(describeReason(new RangeError("out"))).toBe("RangeError: out");
    expect(describeReason("crash")).toBe('"crash"');
  });

  it.each(hostile)("of %s is a line of text", (_name, reason) => {
    expect(typeof describeReason(reason)).toBe("string");
    expect(typeof describeValue(reason)).toBe("string");
    expect(new Exited("<main.1>", reason).message).toContain("has exited");
    expect(new TaskFailed("task", reason).message).toContain("failed");
  });
});

describe("isOrderly", () => {
  it("is true for normal, shutdown and { shutdown }, and nothing else", () => {
    for (const reason of ["normal", "shutdown", { shutdown: undefined }, { shutdown: 1 }]) expect(isOrderly(reason)).toBe(true);
    for (const reason of ["killed", "noproc", {}, [], null, undefined, 0, Object.assign(new Error("x"), { shutdown: 1 }), () => undefined]) {
      expect(isOrderly(reason)).toBe(false);
    }
    fc.assert(fc.property(fc.string(), (text) => isOrderly(text) === (text === "normal" || text === "shutdown")));
  });

  it.each(hostile)("of %s is false", (_name, reason) => {
    expect(isOrderly(reason)).toBe(false);
  });
});
