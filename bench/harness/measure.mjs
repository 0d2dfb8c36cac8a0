import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/** The measurement that runs: its process leads a group of its own, so that whatever it starts can be ended with it. */
let running;
process.once("exit", () => {
  if (running === undefined) return;
  endGroup(running.forked);
  rmSync(running.scratch, { recursive: true, force: true });
});
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
])
  process.once(signal, () => process.exit(code));

/**
 * One measurement, in a fresh process: nobody's garbage, and nobody's compiled code, is in the way of the next. Its children are ended with it.
 *
 * @param longest milliseconds after which it is given up
 * @param died what the figures are when that process comes to another end than telling some; without it, that is an error
 */
export function measure({ name, flags = [], longest = 300_000, died }, variant, subject, quick) {
  return new Promise((resolve, reject) => {
    const args = [name, variant, subject, ...(quick ? ["--quick"] : [])];
    const scratch = mkdtempSync(join(tmpdir(), "taskward-bench-"));
    const forked = fork(child, args, {
      execArgv: ["--expose-gc", ...flags],
      stdio: ["ignore", 2, "pipe", "ipc"],
      env: { ...process.env, TASKWARD_BENCH_SCRATCH: scratch },
      detached: process.platform !== "win32",
    });
    running = { forked, scratch };
    let figures;
    let complaint = "";
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      forked.kill("SIGKILL");
    }, longest);
    forked.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
    forked.once("message", (message) => (figures = message));
    forked.once("error", reject);
    // Children that it has left behind would hold its standard error open.
    forked.once("exit", () => endGroup(forked));
    forked.once("close", (code, signal) => {
      clearTimeout(timer);
      rmSync(scratch, { recursive: true, force: true });
      running = undefined;
      const how = late ? `no figures within ${longest} ms` : (signal ?? `code ${code}`);
      if (figures !== undefined) resolve(figures);
      else if (died !== undefined) resolve(died(how));
      else reject(new Error(`${name} ${variant} ${subject} ended with ${how} and no figures\n${complaint.trimEnd()}`));
    });
  });
}

function endGroup(leader) {
  if (leader?.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? leader.pid : -leader.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // nobody is left
  }
}
