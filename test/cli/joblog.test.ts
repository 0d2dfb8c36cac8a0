import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DoneInputs } from "../../src/cli/joblog/done-inputs.js";
import { joblogLine } from "../../src/cli/joblog/entry.js";
import { Joblog } from "../../src/cli/joblog/joblog.js";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "taskward-joblog-"));
  path = join(directory, "run.ndjson");
});
afterEach(() => rmSync(directory, { recursive: true }));

const line = (index: number, input: unknown, outcome: "ok" | "error" | "pending" = "ok"): string =>
  joblogLine({ index, place: "main/t1", start: "2025-01-31T12:00:00.000Z", duration: 1.5, outcome, attempts: 1 }, JSON.stringify(input));

const resume = async () => {
  const { joblog, done } = await Joblog.resume(path);
  return { joblog, look: (index: number, input: unknown) => done.look(index, JSON.stringify(input)), done };
};

describe("the joblog", () => {
  it("says of every task what the documentation promises", () => {
    expect(JSON.parse(line(7, { a: 1 }))).toEqual({
      index: 7,
      input: { a: 1 },
      place: "main/t1",
      start: "2025-01-31T12:00:00.000Z",
      duration: 1.5,
      outcome: "ok",
      attempts: 1,
    });
  });

  it("is started anew without --resume", () => {
    writeFileSync(path, line(0, "old"));
    const joblog = Joblog.create(path);
    joblog.append(line(0, "new"));
    joblog.close();
    expect(readFileSync(path, "utf8")).toBe(line(0, "new"));
  });

  it("knows what succeeded, and appends", async () => {
    writeFileSync(path, line(0, "a") + line(1, "b", "error") + line(2, "c", "pending") + line(3, { x: [1] }));
    const { joblog, look, done } = await resume();
    expect([look(0, "a"), look(1, "b"), look(2, "c"), look(3, { x: [1] }), look(4, "e")]).toEqual(["done", "new", "new", "done", "new"]);
    expect(done.count).toBe(2);
    joblog.append(line(1, "b"));
    joblog.close();
    expect((await resume()).look(1, "b")).toBe("done");
  });

  it("takes another input at the same index for what it is", async () => {
    writeFileSync(path, line(0, "a"));
    expect((await resume()).look(0, "b")).toBe("changed");
  });

  it("is empty when it is not there yet", async () => {
    const { joblog, done } = await resume();
    expect(done.count).toBe(0);
    joblog.append(line(0, "a"));
    expect(readFileSync(path, "utf8")).toBe(line(0, "a"));
  });

  it("may be cut off at any byte: whole lines count, the torn one is cut away, and what is appended can be read", async () => {
    const whole = line(0, "a") + line(1, "ünïcødé") + line(2, "c");
    const bytes = Buffer.from(whole);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: bytes.length }), async (length) => {
        writeFileSync(path, bytes.subarray(0, length));
        const first = await resume();
        first.joblog.append(line(9, "z"));
        first.joblog.close();
        const lines = readFileSync(path, "utf8").trimEnd().split("\n");
        expect(lines.map((text) => JSON.parse(text) as { index: number })).toHaveLength(first.done.count + 1);
        const second = await resume();
        second.joblog.close();
        expect(second.done.count).toBe(first.done.count + 1);
        // A line that lacks nothing but its line end counts.
        const ended = bytes
          .subarray(0, length)
          .toString()
          .split("\n")
          .filter((text) => text.endsWith("}")).length;
        expect(first.done.count).toBe(ended);
      }),
    );
  });

  it.each([
    ["other text", "shopping list\n"],
    ["other text without a line end", "milk"],
    ["other NDJSON", '{"a":1}\n'],
    ["a broken line in the middle", `${line(0, "a")}{"index":1,"inp\n${line(2, "c")}`],
  ])("refuses %s, and leaves it as it is", async (_what, text) => {
    writeFileSync(path, text);
    await expect(Joblog.resume(path)).rejects.toThrow(/line [12] is no joblog line/);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("says what is wrong when it cannot be opened", async () => {
    expect(() => Joblog.create(directory)).toThrow(/illegal operation on a directory/);
    expect(() => Joblog.create(join(directory, "no", "where"))).toThrow(/no such file or directory/);
    await expect(Joblog.resume(directory)).rejects.toThrow(/illegal operation on a directory/);
  });
});

describe("the table of what was done", () => {
  it("keeps far apart indexes and finds each again", () => {
    const done = new DoneInputs();
    const indexes = [0, 1, 4_095, 4_096, 9_999_999, 2 ** 40];
    for (const index of indexes) done.add(index, `"${index}"`);
    expect(indexes.map((index) => done.look(index, `"${index}"`))).toEqual(indexes.map(() => "done"));
    expect(done.look(2, '"2"')).toBe("new");
    expect(done.count).toBe(indexes.length);
  });
});
