/**
 * A thread in every child process that waits for the parent's end. Then it gives the child a moment to end in order, and kills it: the child may be in
 * a loop. It also sees to it that the child does not take more memory than it may, whatever it is doing.
 */
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { workerData } from "node:worker_threads";
import { fds } from "./child-data.js";
import { memoryAt } from "../board/layout.js";

/** In milliseconds. */
const moment = 500;
/** How often it looks, in milliseconds. */
const look = 20;

const kill = (): void => {
  process.kill(process.pid, "SIGKILL");
};

const lifeline = new Socket({ fd: fds.lifeline, readable: true, writable: false });
for (const end of ["error", "end"] as const) lifeline.once(end, () => setTimeout(kill, moment));
lifeline.resume();

const { maxMemory } = workerData as { readonly maxMemory: number | undefined };
if (maxMemory !== undefined) {
  setInterval(() => {
    const used = process.memoryUsage.rss();
    if (used <= maxMemory) return;
    writeSync(fds.board, Float64Array.of(used, maxMemory), 0, 16, memoryAt);
    kill();
  }, look);
}
