import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toJson } from "../../src/cli/json.js";
import { describeReason, reasonKind, reasonLine } from "../../src/cli/reason.js";
import { resultLine } from "../../src/cli/result.js";

describe("a result line", () => {
  const read = (line: string): unknown => JSON.parse(line);

  it("has the input and a value", () => {
    expect(read(resultLine(3, '"a.png"', { outcome: "ok", value: { bytes: 512 } }))).toEqual({
      index: 3,
      input: "a.png",
      ok: true,
      value: { bytes: 512 },
    });
    expect(read(resultLine(3, "1", { outcome: "ok", value: undefined }))).toEqual({ index: 3, input: 1, ok: true, value: null });
  });

  it("or an error", () => {
    const reason = new TypeError("no pixels");
    expect(read(resultLine(3, "null", { outcome: "error", reason }))).toEqual({
      index: 3,
      input: null,
      ok: false,
      error: { name: "TypeError", message: "no pixels", stack: reason.stack },
    });
  });

  it("or says that the task was pending", () => {
    expect(read(resultLine(3, "[1]", { outcome: "pending" }))).toEqual({ index: 3, input: [1], ok: false, pending: true });
  });

  it("is one line, whatever the value is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const line = resultLine(0, "1", { outcome: "ok", value });
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(read(line)).toEqual({ index: 0, input: 1, ok: true, value: JSON.parse(JSON.stringify(value)) as unknown });
      }),
    );
  });
});

describe("a value as JSON", () => {
  it.each([
    ["a BigInt", 12n, '"12"'],
    ["a Map", new Map([["a", 1]]), '[["a",1]]'],
    ["a Set", new Set([1, 2]), "[1,2]"],
    ["binary data", Uint8Array.of(1, 2), "[1,2]"],
    ["an Error", new RangeError("far"), '{"name":"RangeError","message":"far"}'],
    ["nothing", undefined, "null"],
    ["a Date", new Date(0), '"1970-01-01T00:00:00.000Z"'],
    ["one of them deep inside", { a: [{ b: 1n }] }, '{"a":[{"b":"1"}]}'],
  ])("spells %s", (_what, value, json) => {
    expect(toJson(value)).toBe(json);
  });

  it("that leads back to itself is refused with the path", () => {
    const value: { list: unknown[] } = { list: [1] };
    value.list.push({ owner: value });
    expect(() => toJson(value)).toThrow("the result cannot be written as JSON: value.list[1].owner leads back to itself");
  });

  it("that is nested beyond reason is refused, too", () => {
    let value: unknown = [];
    for (let i = 0; i < 1_000_000; i++) value = [value];
    expect(() => toJson(value)).toThrow("cannot be written as JSON");
  });
});

describe("a reason", () => {
  it("that is an Error keeps its name, message, code, details and causes", () => {
    const error = Object.assign(new Error("node is down", { cause: new RangeError("out of memory") }), { code: "ERR_DOWN", exitCode: 134 });
    expect(describeReason(error)).toMatchObject({
      name: "Error",
      message: "node is down",
      code: "ERR_DOWN",
      exitCode: 134,
      cause: { name: "RangeError", message: "out of memory" },
    });
  });

  it("that is no Error is called an exit", () => {
    expect(describeReason("killed")).toEqual({ name: "exit", message: "killed", reason: "killed" });
    expect(describeReason({ shutdown: 1n })).toEqual({ name: "exit", message: "{ shutdown: 1n }", reason: undefined });
    expect(describeReason(undefined)).toEqual({ name: "exit", message: "undefined", reason: undefined });
  });

  it("that is its own cause comes to an end", () => {
    const error = new Error("circle");
    error.cause = error;
    expect(() => JSON.stringify(describeReason(error))).not.toThrow();
  });

  it("fits in a line", () => {
    expect(reasonLine(new TypeError("first\nsecond"))).toBe("TypeError: first");
    expect(reasonLine(new TypeError(""))).toBe("TypeError");
    expect(reasonLine("killed")).toBe("killed");
  });

  it("is of the same kind as others that differ by who and where alone", () => {
    const died = (node: string) => Object.assign(new Error(`node ${node} went down: exit code 7`), { name: "NodeDown" });
    expect(reasonKind(died("main/t1"))).toBe("NodeDown: its node went down: exit code 7");
    expect(reasonKind(died("main/t23"))).toBe(reasonKind(died("main/t1")));
    expect(reasonKind(new Error("task wait <main.4> did not end"))).toBe("Error: task wait did not end");
    expect(reasonKind(new Error("no such user <a@b.example>"))).toBe("Error: no such user <a@b.example>");
  });
});
