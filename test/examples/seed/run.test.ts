import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const runner = fileURLToPath(new URL("../../../examples/seed/run.mjs", import.meta.url));
const call = (...args: string[]) => spawnSync(process.execPath, [runner, ...args], { encoding: "utf8", timeout: 20_000 });

describe("node examples/seed/run.mjs", () => {
  it.concurrent.each([
    ["async-await", /^\d+\n$/],
    ["async-find", /^\d+\n$/],
    ["timeout", /^\{ status: '(ok|timeout)', value: \d+ \}\n$/],
    ["supervised-task", /^\{ status: '(ok|timeout)', value: \d+ \}\n$/],
    ["task-runner-client", /^\{ status: '(ok|timeout)', value: \d+ \}\n$/],
    ["task-runner-server", /^(Progress \{ value: \d+, failed: \d+, status: 'running' \}\n)*Progress \{ .* status: '(ok|timeout)' \}\n$/],
  ])("runs %s and comes to its end", (program, output) => {
    const { status, stdout } = call(program);
    expect(stdout).toMatch(output);
    expect(status).toBe(0);
  });

  it("says which programs there are", () => {
    const { status, stderr } = call("async-wait");
    expect(status).toBe(2);
    expect(stderr).toContain("async-await");
  });
});
