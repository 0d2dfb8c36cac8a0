import { describe, expect, it } from "vitest";
import { type Ending, statusOf } from "../../src/cli/ending.js";
import { Progress, type Snapshot } from "../../src/cli/progress.js";
import { summaryText } from "../../src/cli/summary.js";
import { Tally } from "../../src/cli/tally.js";

describe("the exit status", () => {
  it.each<[Ending, number, number]>([
    [{ kind: "complete" }, 0, 0],
    [{ kind: "complete" }, 1, 1],
    [{ kind: "halted", why: "after the first failure", success: false }, 1, 1],
    [{ kind: "halted", why: "after the first success", success: true }, 3, 0],
    [{ kind: "deadline", tasksRunOn: false }, 0, 124],
    [{ kind: "deadline", tasksRunOn: false }, 5, 124],
    [{ kind: "signal", signal: "SIGINT" }, 0, 130],
    [{ kind: "signal", signal: "SIGTERM" }, 0, 143],
    [{ kind: "output-closed" }, 0, 141],
    [{ kind: "broken", problem: "line 3", status: 2 }, 0, 2],
  ])("of %j with %d failures is %d", (ending, failed, status) => {
    expect(statusOf(ending, { failed })).toBe(status);
  });
});

describe("the summary", () => {
  const tally = ({ failures = [], ...counts }: Partial<Tally> & { failures?: [number, unknown][] } = {}): Tally => {
    const made = Object.assign(new Tally(), counts);
    for (const [index, reason] of failures) made.fail(index, reason);
    return made;
  };

  it("counts", () => {
    expect(summaryText(tally({ ok: 9_998 }), { kind: "complete" }, 12_300)).toBe("taskward: 9,998 ok, 0 failed in 12.3s (813/s)\n");
  });

  it("groups failures by reason, the most frequent first", () => {
    const failures: [number, unknown][] = [
      [4, "killed"],
      [5, new TypeError("x")],
      [9, new TypeError("x")],
    ];
    expect(summaryText(tally({ ok: 1, failures }), { kind: "complete" }, 1_000)).toBe(
      "taskward: 1 ok, 3 failed in 1.0s (4.0/s)\n  2 × TypeError: x (first at input 5)\n  1 × killed (input 4)\n",
    );
  });

  it("does not list reasons without end", () => {
    const failures = Array.from({ length: 5_000 }, (_, i): [number, unknown] => [i, new Error(`no ${i}`)]);
    const text = summaryText(tally({ failures }), { kind: "complete" }, 1_000);
    expect(text.split("\n")).toHaveLength(8);
    expect(text).toContain("4,995 for other reasons");
  });

  it("says what else became of inputs, and why the run ended", () => {
    const counts = { ok: 1, pending: 2, unfinished: 3, skipped: 1, resumed: 5 };
    expect(summaryText(tally(counts), { kind: "deadline", tasksRunOn: false }, 500)).toBe(
      "taskward: 1 ok, 0 failed, 2 pending, 3 unfinished, 1 bad input skipped, 5 done before in 500ms (2.0/s)\ntaskward: the deadline struck\n",
    );
  });
});

describe("the progress line", () => {
  const at = (elapsed: number, ok: number, more: Partial<Snapshot> = {}): Snapshot => ({
    elapsed,
    ok,
    failed: 0,
    settled: ok,
    read: ok,
    total: undefined,
    fraction: undefined,
    ...more,
  });

  it("has a count, failures, a rate and the time that is left", () => {
    expect(new Progress().text(at(2_000, 150, { failed: 50, settled: 200, total: 1_000 }))).toBe("200 of 1,000 · 50 failed · 100/s · ETA 8.0s");
  });

  it("estimates from the part of the file that has been read", () => {
    expect(new Progress().text(at(1_000, 90, { read: 100, fraction: 0.1 }))).toBe("90 of about 1,000 · 90/s · ETA 10.1s");
  });

  it("promises nothing where nothing is known", () => {
    expect(new Progress().text(at(0, 0))).toBe("0 done");
    expect(new Progress().text(at(1_000, 50))).toBe("50 done · 50/s");
  });

  it("follows the rate of the last ten seconds", () => {
    const progress = new Progress();
    for (let second = 1; second <= 100; second++) progress.text(at(second * 1_000, second * 100));
    let text = "";
    for (let second = 101; second <= 111; second++) text = progress.text(at(second * 1_000, 10_000 + (second - 100)));
    expect(text).toBe("10,011 done · 1.0/s");
  });
});
