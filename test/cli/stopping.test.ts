/** How a run comes to its end before its inputs do: deadline, halt, signals, a reader that goes away. */
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Running, resultsIn, run, task, temporaryFolder } from "./taskward.js";

const places = ["here", "threads:2"];
const start = (name: string, argv: readonly string[], options?: ConstructorParameters<typeof Running>[1]) =>
  new Running(["run", task(name), ...argv], options);

describe.each(places)("the deadline on %s", (on) => {
  it.concurrent("exits with 124, keeps what was collected, and names what is pending", async () => {
    const { status, results, stderr } = await run("linger", ["--on", on, "--timeout", "3s", "--", "a", "linger", "b", "linger on"]);
    expect([...results].sort((a, b) => a.index - b.index)).toEqual([
      { index: 0, input: "a", ok: true, value: "a" },
      { index: 1, input: "linger", ok: false, pending: true },
      { index: 2, input: "b", ok: true, value: "b" },
      { index: 3, input: "linger on", ok: false, pending: true },
    ]);
    expect(stderr).toMatch(/taskward: 2 ok, 0 failed, 2 pending in .*\ntaskward: the deadline struck\n$/);
    expect(status).toBe(124);
  });

  it.concurrent("comes in time even when an input never does", async () => {
    const running = start("echo", ["--on", on, "--timeout", "3s", "--input", "-"]);
    running.child.stdin.write("a\n");
    const { status, stdout } = await running.ended;
    expect({ status, results: resultsIn(stdout) }).toEqual({ status: 124, results: [{ index: 0, input: "a", ok: true, value: "a" }] });
  });

  it.concurrent("asks the rest to end, or with --on-timeout kill does not", async () => {
    const [asked, killed] = await Promise.all([
      run("linger", ["--on", on, "--timeout", "3s", "--", "linger"]),
      run("linger", ["--on", on, "--timeout", "3s", "--on-timeout", "kill", "--", "linger stubborn"]),
    ]);
    expect(asked.stderr).toContain("linger asked to end by shutdown");
    expect(killed.stderr).not.toContain("by shutdown");
    expect(killed.status).toBe(124);
  });

  it.concurrent("lets the rest run on with --on-timeout keep", async () => {
    const folder = temporaryFolder();
    const [file, evidence] = [join(folder, "file"), join(folder, "evidence")];
    const argv = ["--on", on, "--timeout", "2s", "--on-timeout", "keep", "--format", "ndjson", "--input", "-"];
    const running = start("waitForFile", argv, { input: JSON.stringify([file, evidence]) });
    await running.saw("the deadline struck; the tasks that had begun run on");
    expect(existsSync(evidence)).toBe(false);
    writeFileSync(file, "");
    const { status, stdout } = await running.ended;
    expect({ status, results: resultsIn(stdout) }).toMatchObject({ status: 124, results: [{ ok: false, pending: true }] });
    expect(readFileSync(evidence, "utf8")).toBe("finished\n");
  });
});

it("results that arrive together with the cause to halt are told", async () => {
  const { results } = await run("together", ["--on", "here", "--halt", "first-failure", "--", "bad", "a", "b"]);
  expect(results).toHaveLength(3);
});

it("a cause to halt keeps the tasks that would come next from starting", async () => {
  const { results } = await run("picky", ["--on", "here", "--halt", "first-failure", "--input", "-"], { input: `bad\n${"good\n".repeat(50_000)}` });
  expect(results.length).toBeLessThan(100);
});

it("a deadline in weeks does not strike at once", async () => {
  expect((await run("wait", ["--timeout", "1000h", "--task-timeout", "1000h", "--", "50"])).status).toBe(0);
});

describe.each(places)("--halt on %s", (on) => {
  const halting = (rule: string, ...inputs: string[]) => run("linger", ["--on", on, "--halt", rule, "--", ...inputs]);

  it("first-failure exits with 1", async () => {
    const { status, results, stderr } = await halting("first-failure", "a", "linger", "bad");
    expect(results.map(({ index, ok }) => [index, ok]).sort()).toEqual([
      [0, true],
      [2, false],
    ]);
    expect(stderr).toContain("1 ok, 1 failed, 1 unfinished");
    expect(stderr).toContain("taskward: stopped after the first failure");
    expect(status).toBe(1);
  });

  it("first-success exits with 0", async () => {
    const { status, results, stderr } = await halting("first-success", "bad", "linger", "a");
    expect(results.map(({ index, ok }) => [index, ok]).sort()).toEqual([
      [0, false],
      [2, true],
    ]);
    expect(stderr).toContain("taskward: stopped after the first success");
    expect(status).toBe(0);
  });

  it("a number of failures exits with 1", async () => {
    const { status, results, stderr } = await halting("2", "bad 1", "a", "linger", "bad 2", "linger");
    expect(results.filter(({ ok }) => !ok)).toHaveLength(2);
    expect(stderr).toContain("taskward: stopped after 2 failures");
    expect(status).toBe(1);
  });
});

describe.each(places)("a signal on %s", (on) => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s stops what runs, keeps what had ended, and still prints the summary", async (signal, expected) => {
    const running = start("linger", ["--on", on, "--", "a", "b", "linger"]);
    await running.saw("linger began");
    await running.saw(/"a".*\n(.*\n)*.*"b".*\n|"b".*\n(.*\n)*.*"a".*\n/, "stdout");
    running.child.kill(signal);
    const { status, stdout, stderr } = await running.ended;
    expect(
      resultsIn(stdout)
        .map(({ index, ok }) => [index, ok])
        .sort(),
    ).toEqual([
      [0, true],
      [1, true],
    ]);
    expect(stderr).toMatch(/linger asked to end by shutdown/);
    expect(stderr).toMatch(new RegExp(`taskward: 2 ok, 0 failed, 1 unfinished in .*\\ntaskward: stopped by ${signal}\\n$`));
    expect(status).toBe(expected);
  });

  it("stops a run that waits for its input", async () => {
    const running = start("echo", ["--on", on, "--input", "-"]);
    running.child.stdin.write("a\n");
    await running.saw('"a"', "stdout");
    running.child.kill("SIGINT");
    const { status, stderr } = await running.ended;
    expect(stderr).toContain("1 ok, 0 failed in");
    expect(status).toBe(130);
  });

  it("stops a task that does not listen", async () => {
    const running = start("linger", ["--on", on, "--", "linger stubborn"]);
    await running.saw("linger stubborn began");
    running.child.kill("SIGINT");
    const { status, stderr } = await running.ended;
    expect(stderr).toContain("taskward: stopped by SIGINT");
    expect(status).toBe(130);
  });

  it("a second one ends the command at once", async () => {
    // Nobody reads the results, so that it cannot end tidily.
    const running = start("large", ["--on", on, "--", "1000000"], { unread: true });
    await once(running.child.stdout, "readable");
    const again = setInterval(() => running.child.kill("SIGINT"), 20);
    const { status, stderr } = await running.ended;
    clearInterval(again);
    expect({ status, stderr }).toEqual({ status: 130, stderr: "" });
  });
});

it("a signal that comes twice at once, as from timeout, is one", async () => {
  const running = start("linger", ["--", "linger"]);
  await running.saw("linger began");
  running.child.kill("SIGTERM");
  running.child.kill("SIGINT");
  const { status, stderr } = await running.ended;
  expect(stderr).toMatch(/taskward: stopped by SIG(TERM|INT)/);
  expect([130, 143]).toContain(status);
});

it("a signal stops a thread in an endless loop", async () => {
  const joblog = join(temporaryFolder(), "joblog");
  const running = start("misbehave", ["--on", "threads:1", "--concurrency", "1", "--joblog", joblog, "--", "fine", "loop"]);
  await running.saw('"fine"', "stdout");
  running.child.kill("SIGINT");
  const { status, stderr } = await running.ended;
  expect(stderr).toContain("1 ok, 0 failed, 1 unfinished");
  expect(status).toBe(130);
});

describe.each(places)("a reader of the results on %s", (on) => {
  it("that goes away ends the run with 141", async () => {
    const argv = ["--on", on, "--input", "-"];
    const running = start("echo", argv, { input: "some text\n".repeat(100_000), unread: true });
    await once(running.child.stdout, "readable");
    running.child.stdout.destroy();
    const { status, stderr } = await running.ended;
    expect(stderr).toContain("taskward: stopped, for the reader of the results went away");
    expect(status).toBe(141);
  });
});

it("a slow reader of the results slows the reading of inputs down, and gets all of them", async () => {
  const path = join(temporaryFolder(), "many.txt");
  const count = 200_000;
  writeFileSync(path, `linger\n${"x\n".repeat(count)}`);
  const running = start("linger", ["--on", "here", "--timeout", "3s", "--input", path], { unread: true });
  // At the deadline nothing has been read, and the first task tells how many others have run until then.
  await running.saw("linger asked to end");
  running.read();
  const { status, stdout, stderr } = await running.ended;
  const [, others] = /shutdown, (\d+) others had run/.exec(stderr) ?? [];
  expect(Number(others)).toBeGreaterThan(0);
  expect(Number(others)).toBeLessThan(20_000);
  const results = resultsIn(stdout);
  expect(results.filter(({ ok }) => ok)).toHaveLength(Number(others));
  expect(results.filter(({ pending }) => pending)).toHaveLength(results.length - Number(others));
  expect(status).toBe(124);
});
