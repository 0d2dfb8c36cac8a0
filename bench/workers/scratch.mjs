/** How a task that will not answer tells that it has begun: by a file, which reaches whoever waits from a thread and from a child process alike. */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of this measurement alone, which whoever started it takes away. Workers inherit it with the environment. */
const folder = process.env.TASKWARD_BENCH_SCRATCH ?? ownFolder();
const mark = join(folder, "begun");

/** Says that the task has begun, and in which process. */
export function begin() {
  const draft = `${mark}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  renameSync(draft, mark);
}

/** Waits until a task has begun, and answers in which process: undefined when none has within `patience` milliseconds. */
export async function begun(patience) {
  const end = performance.now() + patience;
  while (!existsSync(mark)) {
    if (performance.now() > end) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const pid = Number(readFileSync(mark, "utf8"));
  rmSync(mark);
  return pid;
}

/** For a subject that is measured by hand. */
function ownFolder() {
  const made = mkdtempSync(join(tmpdir(), "taskward-bench-"));
  process.env.TASKWARD_BENCH_SCRATCH = made;
  process.once("exit", () => rmSync(made, { recursive: true, force: true }));
  return made;
}
