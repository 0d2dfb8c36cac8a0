import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { notes } from "../../notes.js";
import { lives } from "./lives.js";

const program = fileURLToPath(new URL("./fixtures/guarded.mjs", import.meta.url));

const gone = (pids: readonly number[]): Promise<void> => expect.poll(() => pids.filter(lives), { interval: 20, timeout: 10_000 }).toEqual([]);

/** Of a program: its children that run tasks, and the shells that guard them. */
function childrenOf(pid: number): { readonly guards: number[]; readonly children: number[] } {
  const { stdout } = spawnSync("ps", ["-o", "pid=,args=", "--ppid", `${pid}`], { encoding: "utf8" });
  const all = stdout.split("\n").filter((line) => line.trim() !== "" && !line.includes("<defunct>"));
  const pids = (lines: string[]): number[] => lines.map((line) => Number.parseInt(line));
  return { guards: pids(all.filter((line) => line.includes("/bin/sh"))), children: pids(all.filter((line) => line.includes("child.js"))) };
}

/** Starts a program with so many children that loop. */
async function started(count: number, ...options: string[]) {
  const file = notes();
  const parent = spawn(process.execPath, [program, `${count}`, file.path, ...options], { stdio: ["pipe", "pipe", "ignore"] });
  const pid = parent.pid as number;
  const lines = createInterface({ input: parent.stdout });
  await expect.poll(() => file.lines().length, { interval: 5, timeout: 15_000 }).toBe(count);
  const { guards, children } = childrenOf(pid);
  expect(guards).toHaveLength(1);
  return {
    pid,
    guard: guards[0] as number,
    /** All that it has started. */
    all: [...guards, ...children],
    /** Has it do something, and resolves when it has. */
    async tell(word: string): Promise<void> {
      parent.stdin.write(`${word}\n`);
      await once(lines, "line");
    },
    kill: () => void parent.kill("SIGKILL"),
  };
}

describe.runIf(process.platform === "linux")("P2 the shell that guards children", { timeout: 60_000 }, () => {
  it("P2 stops all of them when the program is killed, and ends itself", async () => {
    const { all, kill } = await started(3);
    expect(all).toHaveLength(4);
    kill();
    await gone(all);
  });

  it("P2 ends when there are no children any more", async () => {
    const { pid, all, tell, kill } = await started(1);
    await tell("stop");
    await gone(all);
    expect(childrenOf(pid)).toEqual({ guards: [], children: [] });
    kill();
  });

  it("P2 is replaced when it dies, and its successor knows the children", async () => {
    const { pid, guard, all, kill } = await started(2);
    process.kill(guard, "SIGKILL");
    await expect.poll(() => childrenOf(pid).guards.filter((one) => one !== guard), { timeout: 10_000 }).toHaveLength(1);
    const next = childrenOf(pid).guards;
    kill();
    await gone([...all, ...next]);
  });

  it("P2 is not moved by what a terminal or a service manager sends to all", async () => {
    const { guard, all, kill } = await started(1);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) process.kill(guard, signal);
    kill();
    await gone(all);
  });

  it("P2 knows nothing of children that have ended", async () => {
    const { pid, all, guard, tell, kill } = await started(1);
    await tell("more");
    await tell("stop");
    await gone(all.filter((one) => one !== guard));
    const { guards, children } = childrenOf(pid);
    expect({ guards, children: children.length }).toEqual({ guards: [guard], children: 2 });
    kill();
    await gone([guard, ...children]);
  });

  it("P2 a child that is also watched for its memory ends where the guard and the program die together", async () => {
    const { guard, all, kill } = await started(1, "maxMemory");
    process.kill(guard, "SIGKILL");
    kill();
    await gone(all);
  });

  it("P2 children that are just starting when the program is killed do not live on, though a loop waits for them", async () => {
    const { pid, all, tell, kill } = await started(1);
    await tell("more");
    const { children } = childrenOf(pid);
    kill();
    expect(children).toHaveLength(3);
    await gone([...all, ...children]);
  });
});
