import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, it } from "vitest";

const runner = fileURLToPath(new URL("../../../examples/seed/run.mjs", import.meta.url));

/** Resolves with what the program printed, when it came to its end by itself; rejects when it failed. */
const call = (...args: string[]) => promisify(execFile)(process.execPath, [runner, ...args], { timeout: 50_000 });

describe("node examples/seed/run.mjs", { timeout: 60_000 }, () => {
  it.concurrent.for([
    ["async-await", /^\d+\n$/],
    ["async-find", /^\d+\n$/],
    ["timeout", /^\{ status: '(ok|timeout)', value: \d+ \}\n$/],
    ["supervised-task", /^\{ status: '(ok|timeout)', value: \d+ \}\n$/],
    ["task-runner-client", /^\{ status: '(ok|timeout)', value: \d+ \}\n$/],
    ["task-runner-server", /^(Progress \{ value: \d+, failed: \d+, status: 'running' \}\n)*Progress \{ .* status: '(ok|timeout)' \}\n$/],
  ] as const)("runs %s and comes to its end", async ([program, output], { expect }) => {
    expect((await call(program)).stdout).toMatch(output);
  });

  it.concurrent("says which programs there are", async ({ expect }) => {
    await expect(call("async-wait")).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("async-await") });
  });
});
