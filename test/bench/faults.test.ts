import { describe, expect, it } from "vitest";

interface Outcome {
  readonly state: "pending" | "resolved" | "rejected";
  readonly value?: unknown;
  readonly reason?: unknown;
  readonly wanted?: unknown;
}

interface Seen {
  readonly begun?: boolean;
  readonly bad: Outcome;
  readonly others: readonly Outcome[];
  readonly next: readonly Outcome[];
  readonly uncaught: readonly unknown[];
}

interface Fault {
  readonly says: RegExp;
  readonly else: string;
}

// The bench is JavaScript without declarations.
const judge: string = new URL("../../bench/harness/faults/judge.mjs", import.meta.url).href;
const { judgeCell } = (await import(judge)) as { judgeCell: (fault: Fault, seen: Seen) => string };
const rows: string = new URL("../../bench/harness/faults/faults.mjs", import.meta.url).href;
const { faults } = (await import(rows)) as { faults: Record<string, Fault> };

const arrived = { state: "resolved", value: 2, wanted: 2 } as const;
const good = { others: [arrived, arrived], next: [arrived], uncaught: [] };
const rejected = (reason: unknown): Outcome => ({ state: "rejected", reason });
const boom: Fault = { says: /boom/, else: "reason lost" };
const row = (name: string): Fault => faults[name] ?? boom;

describe("a cell of the fault matrix", () => {
  it("is ok when the bad task says what happened, and all others arrive", () => {
    expect(judgeCell(boom, { ...good, bad: rejected(new Error("boom")) })).toBe("ok");
    expect(judgeCell(boom, { ...good, bad: rejected(new Error("it failed", { cause: new Error("boom") })) })).toBe("ok");
  });

  it.each<[string, Outcome, string]>([
    ["that never settles", { state: "pending" }, "never settles"],
    ["that resolves", { state: "resolved", value: undefined }, "resolves with undefined"],
    ["that resolves with what was left of its result", { state: "resolved", value: { fine: 1 } }, 'resolves with {"fine":1}'],
    ["whose reason is no error", rejected({}), "rejects with a bare {}"],
    ["whose reason has the looks of an error", rejected({ message: "boom" }), "rejects with an object that is no Error"],
    ["whose reason is a text", rejected("boom"), 'rejects with "boom"'],
    ["whose reason says nothing", rejected(new Error("")), "empty message"],
    ["whose reason says something else", rejected(new Error("worker ended")), "reason lost"],
    ["that Node does not let do it", rejected(new Error("process.abort() is not supported in workers")), "refused by Node"],
  ])("tells of a task %s", (_, bad, text) => {
    expect(judgeCell(boom, { ...good, bad })).toBe(text);
  });

  it("tells of everything else that came to harm", () => {
    const others: Outcome[] = [arrived, { state: "pending" }, { state: "pending" }, rejected(new Error("gone")), { ...arrived, value: 3 }];
    expect(judgeCell(boom, { bad: { state: "pending" }, others, next: [{ state: "pending" }], uncaught: [new Error("boom")] })).toBe(
      "caller's uncaughtException; never settles; 2 others lost; 1 others rejected; 1 others wrong; the next task is not served",
    );
    expect(judgeCell(boom, { ...good, begun: false, bad: rejected(new Error("boom")) })).toBe("never begins");
  });

  it.each([
    ["process.exit(1)", new Error("exited with code 1"), "ok"],
    ["process.exit(1)", new Error("exitCode: `1`"), "ok"],
    ["process.exit(1)", Object.assign(new Error("down"), { exitCode: 1 }), "ok"],
    ["process.exit(1)", Object.assign(new Error("down"), { exitCode: 11 }), "no exit code told"],
    ["process.exit(1)", new Error("exited unexpectedly"), "no exit code told"],
    ["SIGKILL from outside", Object.assign(new Error("down"), { signal: "SIGKILL" }), "ok"],
    ["SIGKILL from outside", Object.assign(new Error("down"), { signal: "SIGTERM" }), "no signal told"],
    ["heap exhausted (64 MB)", new Error("reached its memory limit"), "ok"],
    ["heap exhausted (64 MB)", new Error("exit code 134"), "reason lost"],
    ["infinite loop, 500 ms", new Error("The task has been aborted"), "ok"],
    ["infinite loop, 500 ms", new Error("did not end within 500 ms"), "ok"],
    ["infinite loop, 500 ms", new Error("exit code 1"), "reason lost"],
  ])("%s: what its reason has to tell", (name, reason, text) => {
    expect(faults).toHaveProperty([name]);
    expect(judgeCell(row(name), { ...good, bad: rejected(reason) })).toBe(text);
  });
});
