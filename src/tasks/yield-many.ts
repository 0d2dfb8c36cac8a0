import { checkCount, checkMilliseconds, checkOptions, oneOf } from "../kernel/options.js";
import { type TaskJob, type Yielded, yielded } from "./task-job.js";

/** How long `Task.yieldMany` waits, for how many, and what then (T6). */
export interface YieldManyOptions {
  /** Milliseconds to wait. Default 5,000. */
  readonly timeout?: number;
  /** How many ended tasks are enough. Default: all. */
  readonly limit?: number;
  /** What happens to those that have not ended. Default `"nothing"`. */
  readonly onTimeout?: "nothing" | "ignore" | "kill_task";
}

const checks = { timeout: checkMilliseconds, limit: checkCount, onTimeout: oneOf(["nothing", "ignore", "kill_task"]) };

/** `Task.yieldMany`: waits until so many tasks have ended, or the time is up; then deals with the rest. */
export async function yieldMany<T>(jobs: readonly TaskJob[], options: YieldManyOptions): Promise<(Yielded<T> | null)[]> {
  checkOptions("yieldMany options", options, checks);
  const { timeout = 5_000, limit = Math.max(1, jobs.length), onTimeout = "nothing" } = options;
  // Counted and waited for within one turn: none of them can end in between.
  let wanted = Math.min(limit, jobs.length) - jobs.filter(({ outcome }) => outcome !== undefined).length;
  if (wanted > 0) {
    await new Promise<void>((resolve, reject) => {
      for (const job of jobs) {
        if (job.outcome !== undefined) continue;
        job.outcomeWithin(timeout).then((outcome) => {
          if (outcome === undefined || --wanted === 0) resolve();
        }, reject);
      }
    }).finally(() => {
      for (const job of jobs) job.stopWaiting();
    });
  }
  const outcomes = jobs.map(async (job) => {
    if (job.outcome !== undefined || onTimeout === "nothing") return job.outcomeWithin(0);
    return onTimeout === "ignore" ? job.drop() : job.shutDown("brutal_kill");
  });
  return (await Promise.all(outcomes)).map((outcome) => yielded<T>(outcome));
}
