import { ambience } from "../kernel/ambience.js";
import type { SpawnOptions } from "../kernel/wire.js";
import type { Job } from "../tasks/job.js";

/** What travels with a job, the contexts that its supervisor names among it. */
export function optionsOf(job: Job): SpawnOptions | undefined {
  const { context } = job.supervisor;
  return context === undefined ? job.spawnOptions : { ...job.spawnOptions, context: ambience.active?.valuesFor(job, context) };
}
