import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Milliseconds after which a measurement is given up. */
const longest = 300_000;

const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/** One measurement, in a fresh process: nobody's garbage, and nobody's compiled code, is in the way of the next. */
export function measure({ name, flags = [] }, variant, subject, quick) {
  return new Promise((resolve, reject) => {
    const args = [name, variant, subject, ...(quick ? ["--quick"] : [])];
    const forked = fork(child, args, {
      execArgv: ["--expose-gc", ...flags],
      stdio: ["ignore", 2, "pipe", "ipc"],
      timeout: longest,
      killSignal: "SIGKILL",
    });
    let figures;
    let complaint = "";
    forked.stderr.setEncoding("utf8").on("data", (text) => (complaint += text));
    forked.once("message", (message) => (figures = message));
    forked.once("error", reject);
    forked.once("close", (code, signal) => {
      if (figures !== undefined) resolve(figures);
      else reject(new Error(`${name} ${variant} ${subject} ended with ${signal ?? `code ${code}`} and no figures\n${complaint.trimEnd()}`));
    });
  });
}
