import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { notes } from "../../notes.js";
import { lives } from "./lives.js";

const program = fileURLToPath(new URL("./fixtures/orphans.mjs", import.meta.url));

/** Starts a program with a child that does something; ends the program; resolves when its child is gone. */
async function orphaned(kind: string, how: "waits" | "exits" | "crashes" | "aborts" | "returns", end: "SIGKILL" | "word"): Promise<void> {
  const file = notes();
  const parent = spawn(process.execPath, [program, kind, file.path, how], { stdio: ["pipe", "pipe", "ignore"] });
  const over = once(parent, "exit");
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  const pid = Number(line);
  if (kind !== "idle") await file.written();
  expect(lives(pid)).toBe(true);
  if (end === "SIGKILL") parent.kill("SIGKILL");
  else parent.stdin.write("go\n");
  await over;
  await expect.poll(() => lives(pid), { interval: 20, timeout: 2_000 }).toBe(false);
}

describe("P2 no child outlives its parent", () => {
  it.each(["loop", "microtasks", "wait", "never", "regularExpression", "idle"])("P2 SIGKILL of the parent, child: %s", (kind) =>
    orphaned(kind, "waits", "SIGKILL"),
  );

  it.each(["exits", "crashes", "aborts"] as const)("P2 the parent %s while its child loops", (how) => orphaned("loop", how, "word"));

  it("P2 the parent comes to its end by itself while its child is idle", () => orphaned("idle", "returns", "word"));
});
