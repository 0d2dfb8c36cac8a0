/** What goes in and what comes out, with the real command. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Running, fixtures, resultsIn, run, task, taskward, temporaryFolder, valuesOf } from "./taskward.js";

const places = ["here", "threads:2"];

describe.each(places)("the command on %s", (on) => {
  it("calls a function for each argument and writes a line for each result", async () => {
    const { status, results, stderr } = await run("square", ["--on", on, "--", "1", "-2", "--three"]);
    expect(status).toBe(0);
    expect(results).toHaveLength(3);
    expect(results).toEqual(
      expect.arrayContaining([
        { index: 0, input: "1", ok: true, value: 1 },
        { index: 1, input: "-2", ok: true, value: 4 },
        { index: 2, input: "--three", ok: true, value: null },
      ]),
    );
    expect(stderr).toMatch(/^taskward: 3 ok, 0 failed in \d+(ms|\.\ds) \(\S+\/s\)\n$/);
  });

  it("tells of failures among the results, and why in the summary", async () => {
    const { status, results, stderr } = await run("picky", ["--on", on, "--", "a", "bad b", "c", "bad b"]);
    expect(status).toBe(1);
    expect(valuesOf(results)).toEqual(["a", undefined, "c", undefined]);
    expect(results.find(({ index }) => index === 1)).toMatchObject({ ok: false, error: { name: "TypeError", message: "bad b is no good" } });
    expect(stderr).toContain("2 ok, 2 failed");
    expect(stderr).toContain("2 × TypeError: bad b is no good (first at input 1)");
  });

  it("keeps standard output for the results, whatever tasks print", async () => {
    const { results, stderr } = await run("print", ["--on", on, "--", "a"]);
    expect(results).toEqual([{ index: 0, input: "a", ok: true, value: "a" }]);
    for (const printed of ["log a\n", "write a\n", "error a\n"]) expect(stderr).toContain(printed);
  });

  /** Runs two tasks, of which the second one ends first: it is for `ended` to say when it has. */
  const outOfOrder = async (options: readonly string[], ended: (running: Running) => Promise<void>) => {
    const folder = temporaryFolder();
    const [late, early] = [join(folder, "late"), join(folder, "early")];
    writeFileSync(early, "");
    const input = [late, early].map((file) => `${JSON.stringify([file, `${file}.evidence`])}\n`).join("");
    const running = new Running(["run", task("waitForFile"), "--on", on, "--format", "ndjson", "--input", "-", ...options], { input });
    await ended(running);
    writeFileSync(late, "");
    return resultsIn((await running.ended).stdout).map(({ index }) => index);
  };

  it("writes results as they arrive", async () => {
    expect(await outOfOrder([], (running) => running.saw('"index":1', "stdout"))).toEqual([1, 0]);
  });

  it("writes results in the order of the inputs with --keep-order", async () => {
    expect(await outOfOrder(["--keep-order"], (running) => running.saw(/found .*early/))).toEqual([0, 1]);
  });

  it("tries failed tasks again with --retries, waiting twice as long each time", async () => {
    const folder = temporaryFolder();
    const [log, joblog] = [join(folder, "log"), join(folder, "joblog")];
    const { status, results } = await run("flaky", ["--on", on, "--retries", "2", "--backoff", "100ms", "--joblog", joblog, "--", log]);
    expect([status, results[0]?.value]).toEqual([0, 3]);
    const [first, second, third] = readFileSync(log, "utf8").split("\n").map(Number) as [number, number, number];
    // A millisecond less: the clocks of threads are not quite the same.
    expect(second - first).toBeGreaterThan(99);
    expect(third - second).toBeGreaterThan(199);
    expect(JSON.parse(readFileSync(joblog, "utf8"))).toMatchObject({ outcome: "ok", attempts: 3 });
    const tooFew = await run("flaky", ["--on", on, "--retries", "1", "--", join(folder, "other")]);
    expect([tooFew.status, tooFew.results[0]?.error?.message]).toEqual([1, "attempt 2"]);
  });
});

describe("concurrency", () => {
  const inputs = ["--", ...Array.from({ length: 30 }, (_, n) => String(n))];
  const most = async (...options: string[]) => {
    const { results } = await run("overlap", [...options, ...inputs]);
    expect(results).toHaveLength(30);
    return Math.max(...results.map(({ value }) => value as number));
  };

  it("is what --concurrency says, 16 on this event loop otherwise", async () => {
    expect(await most("--on", "here", "--concurrency", "3")).toBe(3);
    expect(await most("--on", "here", "--concurrency", "1")).toBe(1);
    expect(await most("--on", "here")).toBe(16);
  });

  it("is one task for each thread, and more where --concurrency is more than there are threads", async () => {
    expect(await most("--on", "threads:2")).toBe(1);
    expect(await most("--on", "threads:2", "--concurrency", "5")).toBe(3);
  });

  it("uses the threads that --on says", async () => {
    const inputs = ["--", ...Array.from({ length: 200 }, () => "20")];
    const threads = async (on: string) => {
      const folder = temporaryFolder();
      await run("wait", ["--on", on, "--joblog", join(folder, "joblog"), ...inputs.slice(0, 20)]);
      const lines = readFileSync(join(folder, "joblog"), "utf8").trimEnd().split("\n");
      return new Set(lines.map((line) => (JSON.parse(line) as { place: string }).place));
    };
    expect(await threads("threads:1")).toEqual(new Set(["main/t1"]));
    expect(await threads("threads:3")).toEqual(new Set(["main/t1", "main/t2", "main/t3"]));
    expect(await threads("here")).toEqual(new Set(["main"]));
  });
});

describe("inputs", () => {
  const file = (name: string, content: string): string => {
    const path = join(temporaryFolder(), name);
    writeFileSync(path, content);
    return path;
  };

  it("are the lines of a file", async () => {
    const { results } = await run("echo", ["--input", file("in.txt", "one\n\ntwo words\r\nlast")]);
    expect(valuesOf(results)).toEqual(["one", "", "two words", "last"]);
  });

  it("are values of NDJSON, by suffix or --format", async () => {
    const content = '{"a":1,"b":2}\n\n{"a":3,"b":4}\n';
    expect(valuesOf((await run("sum", ["--input", file("in.ndjson", content)])).results)).toEqual([3, 7]);
    expect(valuesOf((await run("sum", ["--input", file("in.txt", content), "--format", "ndjson"])).results)).toEqual([3, 7]);
  });

  it("are rows of CSV, by suffix or --format", async () => {
    const content = 'a,b\n1,2\n"3",4\n';
    expect(valuesOf((await run("sum", ["--input", file("in.csv", content)])).results)).toEqual([3, 7]);
    expect(valuesOf((await run("sum", ["--input", "-", "--format", "csv"], { input: content })).results)).toEqual([3, 7]);
  });

  it("come from standard input", async () => {
    const { results } = await run("echo", ["--input", "-"], { input: "a\nb\n" });
    expect(valuesOf(results)).toEqual(["a", "b"]);
  });

  it("are files that match patterns, in the order of their names", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "deep"));
    for (const name of ["b.txt", "a.txt", "deep/c.txt", "d.md"]) writeFileSync(join(folder, name), "");
    const patterns = ["--glob", `${folder}/**/*.txt`, "--glob", `!${folder}/b.txt`];
    const { results } = await run("echo", ["--keep-order", ...patterns]);
    expect(results.map(({ value }) => value)).toEqual([`${folder}/a.txt`, `${folder}/deep/c.txt`]);
  });

  it("may be none at all", async () => {
    for (const argv of [["--"], ["--input", "-"], ["--input", file("in.csv", "a,b\n")]]) {
      const { status, results, stderr } = await run("echo", argv);
      expect({ status, results }).toEqual({ status: 0, results: [] });
      expect(stderr).toMatch(/^taskward: 0 ok, 0 failed in \S+\n$/);
    }
  });
});

describe("the function", () => {
  it("may be the default export, and may be TypeScript", async () => {
    expect((await run("default", ["--", "a"])).results).toMatchObject([{ value: "a" }]);
    for (const on of [...places, "processes:1"]) {
      const { results, stderr } = await taskward(["run", `${join(fixtures, "typed.ts")}#lengthOf`, "--on", on, "--", "four"]);
      expect(results, stderr).toEqual([{ index: 0, input: "four", ok: true, value: 4 }]);
    }
  });

  it("is found from where the command is called", async () => {
    const { results } = await taskward(["run", "./test/cli/fixtures/tasks.mjs#echo", "--", "a"]);
    expect(results).toMatchObject([{ value: "a" }]);
  });
});

describe("help and version", () => {
  it("go to standard output, and are a success", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { version: string };
    expect(await taskward(["--version"])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: "" });
    const help = await taskward(["--help"]);
    expect(help).toMatchObject({ status: 0, stderr: "" });
    expect(help.stdout).toMatch(/Usage: taskward/);
    const runHelp = await taskward(["run", "--help"]);
    expect(runHelp).toMatchObject({ status: 0, stderr: "" });
    expect(runHelp.stdout).toMatch(/Exit status[\s\S]*124 {2}the deadline struck/);
  });

  it("are short enough for a terminal of 100 columns", async () => {
    const { stdout } = await taskward(["run", "--help"]);
    expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([]);
  });
});
