import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CommanderError } from "commander";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCommand } from "../../src/cli/command.js";
import { runOptions } from "../../src/cli/options.js";

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "taskward-command-"));
  writeFileSync(join(directory, "m.js"), "");
});
afterAll(() => rmSync(directory, { recursive: true }));

const parse = (...argv: string[]) => {
  let stdout = "";
  let stderr = "";
  try {
    const parsed = parseCommand(argv, "1.2.3", { stdout: (text) => (stdout += text), stderr: (text) => (stderr += text) });
    return {
      options: parsed?.kind === "run" ? runOptions(parsed.target, parsed.flags, parsed.values, directory) : undefined,
      parsed,
      stdout,
      stderr,
    };
  } catch (error) {
    return { error: error as Error, stdout, stderr };
  }
};

const options = (...argv: string[]) => {
  const { options: read, error } = parse("run", ...argv);
  if (error) throw error;
  return read;
};

const refusal = (...argv: string[]): string => {
  const { error, stderr } = parse("run", ...argv);
  return error instanceof CommanderError ? stderr : (error?.message ?? "");
};

describe("the command line", () => {
  it("has defaults", () => {
    expect(options("m.js#f", "--", "a", "--halt", "-x")).toEqual({
      target: { text: "m.js#f", url: pathToFileURL(join(directory, "m.js")), exportName: "f" },
      source: { kind: "arguments", values: ["a", "--halt", "-x"] },
      on: { kind: "threads" },
      timeout: undefined,
      taskTimeout: undefined,
      onTimeout: "shutdown",
      concurrency: undefined,
      retries: 0,
      backoff: 0,
      keepOrder: false,
      joblog: undefined,
      resume: false,
      halt: { when: "never" },
      skipBadInput: false,
      cluster: {},
    });
  });

  it("reads every option", () => {
    const words =
      "./m.js#f --input in.csv --format lines --on threads:3 --timeout 2m --task-timeout 500ms --on-timeout kill --concurrency 9 --retries 2 " +
      "--backoff 1s --keep-order --joblog log --resume --halt 5 --skip-bad-input";
    expect(options(...words.split(" "))).toMatchObject({
      source: { kind: "file", path: "in.csv", format: "lines" },
      on: { kind: "threads", size: 3 },
      timeout: 120_000,
      taskTimeout: 500,
      onTimeout: "kill",
      concurrency: 9,
      retries: 2,
      backoff: 1_000,
      keepOrder: true,
      joblog: "log",
      resume: true,
      halt: { when: "failures", limit: 5 },
      skipBadInput: true,
    });
  });

  it("takes several patterns, standard input, and no inputs at all after --", () => {
    expect(options("m.js#f", "--glob", "a/*", "--glob", "!a/b")?.source).toEqual({ kind: "glob", patterns: ["a/*", "!a/b"] });
    expect(options("m.js#f", "--input", "-")?.source).toEqual({ kind: "file", path: "-", format: undefined });
    expect(options("m.js#f", "--")?.source).toEqual({ kind: "arguments", values: [] });
  });

  it.each([
    [["m.js#f"], "there are no inputs"],
    [["m.js#f", "in.txt"], 'what is "in.txt"? Inputs come after --'],
    [["m.js#f", "--input", "a", "--glob", "b"], "inputs come from one place; here are --input and --glob"],
    [["m.js#f", "--glob", "b", "--", "c"], "here are --glob and arguments after --"],
    [["m.js#f", "--format", "csv", "--", "c"], "--format says how --input is read"],
    [["m.js#f", "--format", "xml", "--input", "c"], "Allowed choices are lines, ndjson, csv"],
    [["m.js", "--", "a"], "write m.js#<export>, or m.js#default"],
    [["#f", "--", "a"], "names no module"],
    [["n.js#f", "--", "a"], "there is no module n.js (looked for "],
    [[".#f", "--", "a"], ". is a directory"],
    [[], "missing required argument 'module#export'"],
    [["m.js#f", "--on", "mars", "--", "a"], '--on: "mars" is no place'],
    [["m.js#f", "--timeout", "30", "--", "a"], '--timeout: "30" has no unit: write 30s'],
    [["m.js#f", "--timeout", "-1s", "--", "a"], "is negative"],
    [["m.js#f", "--task-timeout", "NaN", "--", "a"], '--task-timeout: "NaN" is no duration'],
    [["m.js#f", "--concurrency", "0", "--", "a"], '--concurrency: "0" is no whole number from 1 up'],
    [["m.js#f", "--concurrency", "many", "--", "a"], "no whole number"],
    [["m.js#f", "--retries", "-1", "--", "a"], '--retries: "-1" is no whole number from 0 up'],
    [["m.js#f", "--backoff", "100", "--", "a"], '--backoff: "100" has no unit'],
    [["m.js#f", "--halt", "soon", "--", "a"], '--halt: "soon" is no halting rule'],
    [["m.js#f", "--on-timeout", "wait", "--", "a"], "Allowed choices are shutdown, kill, keep"],
    [["m.js#f", "--resume", "--", "a"], "--resume needs --joblog FILE"],
    [["m.js#f", "--input", "a.txt", "--joblog", "./a.txt"], "would overwrite the input"],
    [["m.js#f", "--inptu", "a.txt"], "(Did you mean --input?)"],
  ])("refuses %j", (argv, message) => {
    expect(refusal(...argv)).toContain(message);
  });

  it("shows help and version on standard output", () => {
    expect(parse("--version").stdout).toBe("1.2.3\n");
    expect(parse("run", "--help").stdout).toMatch(/Exit status[\s\S]*124 {2}the deadline struck/);
    expect(parse().stderr).toContain("Usage: taskward");
  });
});
