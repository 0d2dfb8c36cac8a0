import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/cli/duration.js";

describe("durations", () => {
  it.each([
    ["500ms", 500],
    ["30s", 30_000],
    ["1.5s", 1_500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["1000h", 3_600_000_000],
  ])("%s is %d ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it("refuses a bare number and says what to write", () => {
    expect(() => parseDuration("30")).toThrow('"30" has no unit: write 30s, 30ms, 30m or 30h');
  });

  it.each(["", "s", "-5s", "1e3s", "Infinity", "NaN", "5 s", "5d", "1m30s", "0x10s", "soon"])("refuses %j", (text) => {
    expect(() => parseDuration(text)).toThrow(/"|negative/);
  });

  it("refuses no time at all, unless zero has a meaning", () => {
    expect(() => parseDuration("0s")).toThrow("no time at all");
    expect(parseDuration("0ms", { zero: true })).toBe(0);
  });

  it("refuses what cannot be counted", () => {
    expect(() => parseDuration("99999999999999999h")).toThrow("longer than can be counted");
  });

  it.each([
    [0, "0ms"],
    [640, "640ms"],
    [999.6, "1.0s"],
    [12_345, "12.3s"],
    [59_940, "59.9s"],
    [59_999, "1m 00s"],
    [245_000, "4m 05s"],
    [3_599_700, "1h 00m"],
    [7_800_000, "2h 10m"],
  ])("%d ms reads %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });
});
