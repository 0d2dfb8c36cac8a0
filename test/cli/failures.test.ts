/** Tasks that do what tasks should not. */
import { describe, expect, it } from "vitest";
import { run } from "./taskward.js";

describe.concurrent.each(["threads", "processes"])("in %s", (place) => {
  it("each ends alone, with its own reason", async () => {
    const inputs = ["exit", "memory", "late", "loop", "function", "circle", "fine", "fine", "fine"];
    const { status, results, stderr } = await run("misbehave", ["--on", `${place}:2`, "--max-heap", "32", "--task-timeout", "4s", "--", ...inputs]);
    const outcomes = Object.fromEntries(results.map(({ index, ok, value, error }) => [index, ok ? value : `${error?.name}: ${error?.message}`]));
    expect(outcomes).toEqual({
      0: expect.stringMatching(/^NodeDown: .*exit code 7$/),
      1: expect.stringMatching(/^NodeDown: .*memory is exhausted/),
      2: expect.stringMatching(/^NodeDown: .*too late$/),
      3: "TaskTimeout: task misbehave did not end within 4000 ms",
      4: "NotCloneable: result.callback is a function (callback): only values that structured clone accepts can go to another node",
      5: "NotJsonError: the result cannot be written as JSON: value.self leads back to itself",
      6: "fine",
      7: "fine",
      8: "fine",
    });
    expect(status).toBe(1);
    expect(stderr).toContain("3 ok, 6 failed");
  });
});

describe("on this event loop", () => {
  it("one that ends the process ends the command, and what had ended is reported", async () => {
    const { status, results, stderr } = await run("misbehave", ["--on", "here", "--keep-order", "--", "never", "fine", "exit later"]);
    expect(results).toEqual([{ index: 1, input: "fine", ok: true, value: "fine" }]);
    expect(stderr).toMatch(/taskward: 1 ok, 0 failed.*\ntaskward: a task ended the whole command with process\.exit\(7\); with --on threads /);
    expect(status).toBe(1);
  });

  it("one that crashes outside of its function ends the run", async () => {
    const { status, results, stderr } = await run("misbehave", ["--on", "here", "--concurrency", "1", "--", "fine", "late", "fine"]);
    expect(results).toHaveLength(1);
    expect(stderr).toContain("1 ok, 0 failed, 1 unfinished");
    expect(stderr).toContain("taskward: a task crashed outside of its function: Error: too late (with --on threads it would harm itself alone)");
    expect(status).toBe(1);
  });

  it("one that waits for what never comes ends the run when nothing else is left", async () => {
    const { status, results, stderr } = await run("misbehave", ["--on", "here", "--", "fine", "never", "fine"]);
    expect(results).toHaveLength(2);
    expect(stderr).toContain("taskward: the tasks that are left wait for something that will never come");
    expect(status).toBe(1);
  });

  it("a value that JSON cannot say makes a failed task", async () => {
    const { status, results } = await run("misbehave", ["--on", "here", "--", "circle"]);
    expect(results).toMatchObject([{ ok: false, error: { message: "the result cannot be written as JSON: value.self leads back to itself" } }]);
    expect(status).toBe(1);
  });
});

describe.each(["here", "threads:2"])("the summary on %s", (on) => {
  it("counts failures of a kind together, whichever task and thread it was", async () => {
    const { stderr } = await run("wait", ["--on", on, "--task-timeout", "100ms", "--", "100000", "100000", "100000"]);
    expect(stderr).toContain("3 × TaskTimeout: task wait did not end within 100 ms (first at input 0)");
  });
});

describe("--task-timeout", () => {
  it.each(["here", "threads:1"])("ends the tasks that take longer, on %s, and the others go on", async (on) => {
    const { status, results } = await run("wait", ["--on", on, "--task-timeout", "300ms", "--", "1", "100000", "2"]);
    const byIndex = [...results].sort((a, b) => a.index - b.index);
    expect(byIndex).toMatchObject([
      { ok: true },
      { ok: false, error: { message: expect.stringMatching(/^task wait .*did not end within 300 ms$/) } },
      { ok: true },
    ]);
    expect(status).toBe(1);
  });
});
