/** What the command refuses, when, and how it says so. */
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { bin, fixtures, run, task, taskward, temporaryFolder, valuesOf } from "./taskward.js";

const places = ["here", "threads:1"];

describe("bad usage", () => {
  it.each([
    [[], "Usage: taskward"],
    [["fly"], "taskward: unknown command 'fly'"],
    [["run"], "taskward: missing required argument 'module#export'"],
    [["run", task("echo")], "taskward: there are no inputs"],
    [["run", task("echo"), "--timeout", "30", "--", "a"], 'taskward: --timeout: "30" has no unit: write 30s'],
    [["run", task("echo"), "--on", "here", "--max-heap", "64", "--", "a"], "taskward: --max-heap is for threads"],
    [["run", "./nowhere.js#echo", "--", "a"], "taskward: there is no module ./nowhere.js (looked for "],
    [["run", task("echo"), "--input", "./nowhere.txt"], "taskward: --input ./nowhere.txt: no such file or directory"],
    [["run", task("echo"), "--input", fixtures], "it is a directory; for the files in it say --glob"],
    [["run", task("echo"), "--glob", "./nowhere/*"], "taskward: --glob ./nowhere/*: no file matches"],
    [["run", task("echo"), "--joblog", "./nowhere/joblog", "--", "a"], "taskward: --joblog ./nowhere/joblog: no such file or directory"],
  ])("%j exits with 2 and says what is wrong", async (argv, message) => {
    const { status, stdout, stderr } = await taskward(argv);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("standard input that is a directory is not taken for an empty one", () => {
    const stdin = openSync(fixtures, "r");
    const { status, stderr } = spawnSync(process.execPath, [bin, "run", task("echo"), "--input", "-"], {
      stdio: [stdin, "pipe", "pipe"],
      encoding: "utf8",
    });
    expect({ status, stderr }).toEqual({ status: 2, stderr: "taskward: --input -: standard input is a directory\n" });
  });
});

describe.each(places)("a module that cannot be used on %s", (on) => {
  const missing = join(fixtures, "tasks.mjs#ecco");

  it.each([
    [missing, /tasks\.mjs has no export "ecco"; the functions it exports are .*echo/],
    [join(fixtures, "values.mjs#answer"), /values\.mjs exports "answer", but it is a number and no function/],
    [join(fixtures, "values.mjs#question"), /values\.mjs has no export "question"; it exports no function at all/],
    [join(fixtures, "throws.mjs#run"), /throws\.mjs cannot be imported: RangeError: this module throws when it is imported/],
  ])("%s exits with 2 at once", async (target, message) => {
    const { status, stdout, stderr } = await taskward(["run", target, "--on", on, "--", "a"]);
    expect(stderr).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  });

  it("a syntax error is told", async () => {
    const path = join(temporaryFolder(), "broken.mjs");
    writeFileSync(path, "export const run = (");
    const { status, stderr } = await taskward(["run", `${path}#run`, "--on", on, "--", "a"]);
    expect(stderr).toContain("cannot be imported: SyntaxError:");
    expect(status).toBe(2);
  });

  it("is told before the first input is read, and the joblog of an earlier run is left alone", async () => {
    const joblog = join(temporaryFolder(), "joblog");
    writeFileSync(joblog, "precious");
    // Nobody writes to this standard input, or closes it.
    const { status } = await taskward(["run", missing, "--on", on, "--input", "-", "--joblog", joblog], { input: undefined });
    expect([status, readFileSync(joblog, "utf8")]).toEqual([2, "precious"]);
  });

  it("one that is never there is given up at the deadline", async () => {
    const { status, stderr } = await taskward(["run", `${join(fixtures, "never.mjs")}#run`, "--on", on, "--timeout", "300ms", "--", "a"]);
    expect(stderr).toContain("the deadline struck");
    expect(status).toBe(124);
  });
});

describe("a module that does harm when it is imported", () => {
  it("harms its thread alone when it exits", async () => {
    const { status, stderr } = await taskward(["run", `${join(fixtures, "exits.mjs")}#run`, "--", "a"]);
    expect(stderr).toContain("exits.mjs cannot be imported: NodeDown: node main/t1 went down: exit code 3");
    expect(status).toBe(2);
  });

  it("harms its thread alone when it loops", async () => {
    const { status, stderr } = await taskward(["run", `${join(fixtures, "loops.mjs")}#run`, "--timeout", "300ms", "--", "a"]);
    expect(stderr).toContain("the deadline struck");
    expect(status).toBe(124);
  });

  it("on this event loop ends the command, which does not call it a success", async () => {
    const { status, stderr } = await taskward(["run", `${join(fixtures, "exits.mjs")}#run`, "--on", "here", "--", "a"]);
    expect(stderr).toContain("a task ended the whole command with process.exit(3); with --on threads it would harm itself alone");
    expect(status).toBe(1);
  });
});

describe.each(places)("an input that cannot be read, on %s", (on) => {
  const bad = '{"a":1}\n{"a":2}\n{"a":\n{"a":4}\n';

  it("ends the run with 2 and its line; what ran before it is kept", async () => {
    const { status, results, stderr } = await run("echo", ["--on", on, "--format", "ndjson", "--input", "-"], { input: bad });
    expect(valuesOf(results)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(stderr).toMatch(/taskward: 2 ok, 0 failed in .*\ntaskward: standard input: line 3: not JSON: /);
    expect(status).toBe(2);
  });

  it("is waited for by the tasks that had begun", async () => {
    const { status, results } = await run("wait", ["--on", on, "--format", "ndjson", "--input", "-"], { input: "200\n{broken\n" });
    expect({ status, results }).toMatchObject({ status: 2, results: [{ ok: true, value: 200 }] });
  });

  it("is reported and passed over with --skip-bad-input", async () => {
    const { status, results, stderr } = await run("echo", ["--on", on, "--format", "ndjson", "--input", "-", "--skip-bad-input"], { input: bad });
    expect(results.map(({ index }) => index).sort()).toEqual([0, 1, 3]);
    expect(valuesOf(results)).toEqual([{ a: 1 }, { a: 2 }, { a: 4 }]);
    expect(stderr).toMatch(/taskward: standard input: line 3: not JSON: .*; skipped\n/);
    expect(stderr).toContain("3 ok, 0 failed, 1 bad input skipped");
    expect(status).toBe(0);
  });
});

describe("bad inputs of other kinds", () => {
  it("a broken NDJSON line 1,234,567 is told by its number", async () => {
    const path = join(temporaryFolder(), "long.ndjson");
    const values = Array.from({ length: 20_000 }, (_, n) => `${n}\n`).join("");
    writeFileSync(path, `${values}${"\n".repeat(1_234_566 - 20_000)}{"a":\n1\n`);
    const { status, results, stderr } = await run("echo", ["--input", path]);
    expect(stderr).toContain(`taskward: ${path}: line 1,234,567: not JSON: `);
    expect([status, results.length]).toEqual([2, 20_000]);
  });

  it("text that is not UTF-8 is told by line, byte and offset", async () => {
    const path = join(temporaryFolder(), "latin1.txt");
    writeFileSync(path, Buffer.from("gut\nStraße\nOrt\n", "latin1"));
    const { status, results, stderr } = await run("echo", ["--input", path]);
    expect(stderr).toContain(`taskward: ${path}: line 2: not UTF-8: byte 0xdf at offset 8 of the input`);
    expect([status, results.map(({ value }) => value)]).toEqual([2, ["gut"]]);
    const skipping = await run("echo", ["--input", path, "--skip-bad-input", "--keep-order"]);
    expect([skipping.status, skipping.results.map(({ value }) => value)]).toEqual([0, ["gut", "Ort"]]);
  });

  it("a row of CSV that does not fit is told by its line", async () => {
    const { status, results, stderr } = await run("sum", ["--input", "-", "--format", "csv"], { input: "a,b\n1,2\n3\n4,5\n" });
    expect(stderr).toContain("taskward: standard input: line 3: the row has 1 field where the header row has 2");
    expect([status, results.map(({ value }) => value)]).toEqual([2, [3]]);
  });

  it("a header row that is bad cannot be skipped", async () => {
    const { status, stderr } = await run("sum", ["--input", "-", "--format", "csv", "--skip-bad-input"], { input: "a,a\n1,2\n" });
    expect(stderr).toContain('standard input: the header row names two columns "a"');
    expect(status).toBe(2);
  });

  it("a .json file is not guessed at", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "in.json"), "{}");
    const { status, stderr } = await run("echo", ["--input", join(folder, "in.json")]);
    expect(stderr).toContain("say --format ndjson or --format lines");
    expect(status).toBe(2);
  });
});

describe.skipIf(!existsSync("/dev/full"))("a full disk", () => {
  it("under standard output ends the run with 1", () => {
    const stdout = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [bin, "run", task("echo"), "--", "a"], {
      stdio: ["ignore", stdout, "pipe"],
      encoding: "utf8",
    });
    expect(stderr).toContain("taskward: standard output: no space left on device");
    expect(status).toBe(1);
  });

  it("under the joblog ends the run with 1", async () => {
    const { status, stderr } = await run("echo", ["--joblog", "/dev/full", "--", "a"]);
    expect(stderr).toContain("taskward: --joblog /dev/full: no space left on device");
    expect(status).toBe(1);
  });
});
