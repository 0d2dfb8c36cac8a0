import { availableParallelism } from "node:os";
import { TaskSupervisor } from "../index.js";
import { inherited } from "../places/inherited.js";
import { processes } from "../places/subprocess/index.js";
import { threads } from "../places/thread/index.js";
import type { RunOptions } from "./options.js";

/** Tasks on one event loop mostly wait for something. */
const concurrencyHere = 16;

/** Inputs that wait at each thread or process, so that it never does: reading and handing over cost less than they would one by one. */
const aheadEach = 64;

export interface Crew {
  readonly supervisor: TaskSupervisor;
  /** How many inputs are under way at once, those included that wait for a thread or process. */
  readonly maxConcurrency: number;
}

/** Starts the place where the tasks run. */
export function startSupervisor({ on, concurrency, maxHeap, onTimeout }: RunOptions): Crew {
  if (on.kind === "here") return { supervisor: TaskSupervisor.start(), maxConcurrency: concurrency ?? concurrencyHere };
  const size = on.size ?? availableParallelism();
  const each = Math.max(1, Math.ceil((concurrency ?? size) / size));
  const place =
    on.kind === "threads"
      ? threads({ size, concurrentTasksPerThread: each, ...(maxHeap === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: maxHeap } }) })
      : processes({
          size,
          concurrentTasksPerProcess: each,
          ...(maxHeap === undefined ? {} : { execArgv: [...inherited(process.execArgv), `--max-old-space-size=${maxHeap}`] }),
        });
  // Tasks that run on after the deadline are those that had begun: nothing is handed over ahead of time.
  const ahead = onTimeout === "keep" ? 0 : size * aheadEach;
  return { supervisor: TaskSupervisor.start({ on: place }), maxConcurrency: concurrency ?? size + ahead };
}
