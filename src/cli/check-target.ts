import { Task, TaskFailed, TaskTimeout, type TaskSupervisor, tasksFrom } from "../index.js";
import type * as probing from "./probe.js";
import { reasonLine } from "./reason.js";
import type { Target } from "./target.js";
import { UsageError } from "./usage-error.js";

const { probe } = tasksFrom<typeof probing>(new URL("./probe.js", import.meta.url));

/**
 * Has the module imported where its tasks will run, by a task of its own: a missing export is told before the first input is read, and a
 * module that exits, exhausts the memory or never comes back does there what it likes. Resolves with false when there was no time for it, or
 * the task was stopped.
 *
 * @throws UsageError
 */
export async function checkTarget(supervisor: TaskSupervisor, { text, url, exportName }: Target, timeout: number): Promise<boolean> {
  const [module] = text.split("#", 1);
  try {
    const found = await Task.await(supervisor.asyncNolink(probe(url.href, exportName)), timeout);
    if (found !== undefined) throw new UsageError(`${module} ${found.problem}`);
    return true;
  } catch (error) {
    if (error instanceof TaskTimeout) return false;
    if (!(error instanceof TaskFailed)) throw error;
    if (error.reason === "shutdown" || error.reason === "killed") return false;
    throw new UsageError(`${module} cannot be imported: ${reasonLine(error.reason)}`);
  }
}
