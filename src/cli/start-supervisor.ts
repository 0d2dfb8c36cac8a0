import { availableParallelism } from "node:os";
import { TaskSupervisor } from "../index.js";
import { inherited } from "../places/inherited.js";
import { processes } from "../places/subprocess/index.js";
import { threads } from "../places/thread/index.js";
import { ownName } from "./cluster-flags.js";
import type { RunOptions } from "./options.js";

/** Tasks on one event loop mostly wait for something. */
const concurrencyHere = 16;

/** Nodes of a cluster say how many tasks they run at once; so many inputs are read ahead. */
const concurrencyOfCluster = 256;

/** Inputs that wait at each thread or process, so that it never does: reading and handing over cost less than they would one by one. */
const aheadEach = 64;

export interface Crew {
  readonly supervisor: TaskSupervisor;
  /** How many inputs are under way at once, those included that wait for a thread or process. */
  readonly maxConcurrency: number;
  /** Gives back what the place needed beside the supervisor. */
  readonly leave?: () => Promise<void>;
}

/** Starts the place where the tasks run. @throws UsageError when there is a cluster to be joined, and that cannot be */
export async function startSupervisor({ on, concurrency, maxHeap, onTimeout, cluster: flags }: RunOptions): Promise<Crew> {
  if (on.kind === "cluster") {
    const { join } = await import("./join-cluster.js");
    const cluster = await join(on.servers, flags, { name: ownName("run"), concurrency: 0 });
    const supervisor = TaskSupervisor.start({ on: cluster.group(on.group) });
    return { supervisor, maxConcurrency: concurrency ?? concurrencyOfCluster, leave: () => cluster.leave() };
  }
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
