import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const program = fileURLToPath(new URL("./soak.mjs", import.meta.url));

/** Runs a soak to its end; a failed one says what is held that was not held before. */
async function soak(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--expose-gc", program, ...args], { timeout: 120_000 }).catch((error: unknown) => {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${stdout}${stderr}`);
  });
  return stdout;
}

describe("a soak, in its short form", () => {
  it.each([
    ["loop", "the event loop", 20_000],
    ["threads", "threads", 10_000],
    ["processes", "child processes", 10_000],
  ])(
    "P1 P3 S5 %s: every task on %s ends exactly once, among crashes, deadlines, cancellations and restarts, and nothing is left",
    { timeout: 130_000 },
    async (name, _place, tasks) => {
      const told = await soak("--places", name, "--tasks", String(tasks), "--round", "2500");
      expect(told).toContain(`${name}: ${tasks} tasks ended exactly once`);
    },
  );

  it("is told of a place that is none, and of a number that is none", async () => {
    await expect(soak("--places", "moon")).rejects.toThrow('"moon" is no place: say one or more of loop,threads,processes');
    await expect(soak("--tasks", "many")).rejects.toThrow('"many" is no number of tasks: say --tasks 1000000');
  });
});
