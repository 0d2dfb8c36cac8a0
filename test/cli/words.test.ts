import { describe, expect, it } from "vitest";
import { haltReason, parseHalt } from "../../src/cli/halt.js";
import { formatByName } from "../../src/cli/input/formats.js";
import { parsePlace } from "../../src/cli/place.js";

describe("places", () => {
  it("reads here, threads, processes and a number of either", () => {
    expect(parsePlace("here")).toEqual({ kind: "here" });
    expect(parsePlace("threads")).toEqual({ kind: "threads" });
    expect(parsePlace("threads:4")).toEqual({ kind: "threads", size: 4 });
    expect(parsePlace("processes")).toEqual({ kind: "processes" });
    expect(parsePlace("processes:2")).toEqual({ kind: "processes", size: 2 });
  });

  it.each(["", "there", "threads:", "threads:0", "threads:-1", "threads:two", "threads:1.5", "here:2", "processes:", "process"])(
    "refuses %j",
    (text) => {
      expect(() => parsePlace(text)).toThrow("is no place");
    },
  );
});

describe("halting rules", () => {
  it("never halts unless told to", () => {
    expect(haltReason(parseHalt("never"), { ok: 10, failed: 10 })).toBeUndefined();
  });

  it("halts at the first failure, the first success, or the nth failure", () => {
    expect(haltReason(parseHalt("first-failure"), { ok: 10, failed: 0 })).toBeUndefined();
    expect(haltReason(parseHalt("first-failure"), { ok: 10, failed: 1 })).toBe("after the first failure");
    expect(haltReason(parseHalt("first-success"), { ok: 0, failed: 9 })).toBeUndefined();
    expect(haltReason(parseHalt("first-success"), { ok: 1, failed: 9 })).toBe("after the first success");
    expect(haltReason(parseHalt("3"), { ok: 0, failed: 2 })).toBeUndefined();
    expect(haltReason(parseHalt("3"), { ok: 0, failed: 3 })).toBe("after 3 failures");
  });

  it.each(["", "0", "-1", "1.5", "always", "first"])("refuses %j", (text) => {
    expect(() => parseHalt(text)).toThrow("is no halting rule");
  });
});

describe("formats", () => {
  it.each([
    ["a.csv", "csv"],
    ["a.CSV", "csv"],
    ["a.ndjson", "ndjson"],
    ["a.jsonl", "ndjson"],
    ["a.txt", "lines"],
    ["a", "lines"],
    ["dir.csv/a", "lines"],
    ["/dev/fd/63", "lines"],
  ])("%s is read as %s", (file, format) => {
    expect(formatByName(file)).toBe(format);
  });

  it("does not guess what a .json file is", () => {
    expect(() => formatByName("a.json")).toThrow("--format");
  });
});
