import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("./fixtures/program.mjs", import.meta.url));

describe.each(["thread", "process"])("P3 a program with a pool (%s) comes to its end by itself", (place) => {
  it.each([
    ["stopsAtOnce", "9\n"],
    ["stopsWhileATaskRuns", "begun\n{ exit: 'killed' }\n"],
    ["leavesThePoolAlone", "16\n"],
    ["stopsAnUnusedPool", ""],
  ])("%s", (scenario, output) => {
    const { status, signal, stdout, stderr } = spawnSync(process.execPath, [program, place, scenario], { encoding: "utf8", timeout: 15_000 });
    expect({ status, signal, stdout, stderr }).toEqual({ status: 0, signal: null, stdout: output, stderr: "" });
  });
});
