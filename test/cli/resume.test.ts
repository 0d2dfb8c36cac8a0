/** The joblog of a real run, and going on with it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Running, resultsIn, run, task, temporaryFolder } from "./taskward.js";

interface Entry {
  readonly index: number;
  readonly input: unknown;
  readonly place: string | null;
  readonly start: string | null;
  readonly duration: number | null;
  readonly outcome: string;
  readonly reason?: string;
  readonly attempts: number;
}

const linesOf = (path: string): string[] => readFileSync(path, "utf8").split("\n").filter(Boolean);
const entriesOf = (path: string): Entry[] => linesOf(path).map((line) => JSON.parse(line) as Entry);

describe.each(["here", "threads:2"])("the joblog on %s", (on) => {
  it("has a line for each task that ended: where, when, how long, and how", async () => {
    const joblog = join(temporaryFolder(), "joblog");
    const before = Date.now();
    await run("wait", ["--on", on, "--joblog", joblog, "--timeout", "3s", "--", "20", "100000"]);
    await run("picky", ["--on", on, "--joblog", `${joblog}.bad`, "--", "bad"]);
    const [ok, pending] = entriesOf(joblog).sort((a, b) => a.index - b.index);
    const place: unknown = on === "here" ? "main" : expect.stringMatching(/^main\/t[12]$/);
    expect(ok).toEqual({ index: 0, input: "20", place, start: expect.any(String), duration: expect.any(Number), outcome: "ok", attempts: 1 });
    expect(Date.parse(ok!.start!)).toBeGreaterThanOrEqual(before - 1);
    expect(ok!.duration).toBeGreaterThan(18);
    expect(pending).toMatchObject({ index: 1, place, start: expect.any(String), outcome: "pending", attempts: 1 });
    expect(entriesOf(`${joblog}.bad`)).toMatchObject([{ outcome: "error", reason: "TypeError: bad is no good" }]);
  });

  it("with --resume what succeeded is not run again, and what failed is", async () => {
    const folder = temporaryFolder();
    const joblog = join(folder, "joblog");
    const argv = ["--on", on, "--joblog", joblog, "--resume", "--", "a", "bad b", "c"];
    const first = await run("picky", argv);
    expect(first.results).toHaveLength(3);
    const second = await run("picky", argv);
    expect(second.results).toMatchObject([{ index: 1, ok: false }]);
    expect(second.stderr).toContain("0 ok, 1 failed, 2 done before");
    expect(second.status).toBe(1);
    // Another function, for which it is fine.
    const third = await run("echo", argv);
    expect({ status: third.status, results: third.results }).toEqual({
      status: 0,
      results: [{ index: 1, input: "bad b", ok: true, value: "bad b" }],
    });
    const fourth = await run("echo", argv);
    expect({ status: fourth.status, results: fourth.results }).toEqual({ status: 0, results: [] });
    expect(fourth.stderr).toContain("0 ok, 0 failed, 3 done before");
  });

  it("goes on after the command was killed in the middle: nothing that was noted runs again, and everything is done in the end", async () => {
    const folder = temporaryFolder();
    const [inputs, joblog, record] = [join(folder, "in.ndjson"), join(folder, "joblog"), join(folder, "record")];
    const count = 400;
    writeFileSync(inputs, Array.from({ length: count }, (_, n) => `${JSON.stringify([record, n])}\n`).join(""));
    const argv = ["--on", on, "--input", inputs, "--joblog", joblog, "--resume"];

    const running = new Running(["run", task("record"), ...argv]);
    await running.saw(/(.*\n){100}/, "stdout");
    await expect.poll(() => linesOf(joblog).length, { interval: 2 }).toBeGreaterThan(0); // results are noted when they have been written
    running.child.kill("SIGKILL");
    const killed = await running.ended;
    expect(killed.signal).toBe("SIGKILL");
    const told = resultsIn(killed.stdout.slice(0, killed.stdout.lastIndexOf("\n") + 1));
    const done = linesOf(joblog).length;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(count);
    const ranBefore = new Set(linesOf(record));

    writeFileSync(`${record}.gate`, "");
    const { status, results, stderr } = await run("record", argv);
    expect(status).toBe(0);
    // The last line may have been torn; it is then cut off, and its task runs again.
    const again = results.length;
    expect([count - done, count - done + 1]).toContain(again);
    expect(stderr).toContain(`${again} ok, 0 failed, ${count - again} done before`);
    expect(new Set([...told, ...results].map(({ index }) => index)).size).toBe(count);
    const entries = entriesOf(joblog);
    expect(entries.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...Array(count).keys()]);
    expect(entries.every(({ outcome }) => outcome === "ok")).toBe(true);
    // What ran twice had run and had not been noted: no more than were under way or on their way out.
    const ran = linesOf(record);
    expect(new Set(ran).size).toBe(count);
    expect(ran.length - count).toBe(results.filter(({ index }) => ranBefore.has(String(index))).length);
  });
});

it("says so when the inputs are not those of the joblog", async () => {
  const joblog = join(temporaryFolder(), "joblog");
  await run("echo", ["--joblog", joblog, "--", "a", "b"]);
  const { status, results, stderr } = await run("echo", ["--joblog", joblog, "--resume", "--", "a", "c"]);
  expect(stderr).toContain("taskward: input 1 is not the one that the joblog knows: the inputs have changed, and those that did run again");
  expect({ status, results }).toEqual({ status: 0, results: [{ index: 1, input: "c", ok: true, value: "c" }] });
});

it("refuses a file that is no joblog, and leaves it as it is", async () => {
  const file = join(temporaryFolder(), "diary.txt");
  writeFileSync(file, "Dear diary\n");
  const { status, stderr } = await run("echo", ["--joblog", file, "--resume", "--", "a"]);
  expect(stderr).toContain("line 1 is no joblog line");
  expect([status, readFileSync(file, "utf8")]).toEqual([2, "Dear diary\n"]);
});
