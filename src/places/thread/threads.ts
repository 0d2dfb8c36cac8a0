import { InvalidOption } from "../../kernel/errors.js";
import { checkKnown } from "../../kernel/options.js";
import type { PlaceFactory } from "../../tasks/place.js";
import type { Launch } from "../pool/carrier.js";
import { checkLimits } from "../pool/limits.js";
import { type CommonOptions, checkPool, commonOptions } from "../pool/options.js";
import { Pool } from "../pool/pool.js";
import { type WorkerOptions, launch } from "./launch.js";

/** What a pool of worker threads can be given. All are optional; an unknown one is refused. */
export interface ThreadsOptions extends CommonOptions {
  /** How many tasks run at once on each thread. Default 1: a task then has its thread to itself. At most 500. */
  readonly concurrentTasksPerThread?: number;
}

const known = [...commonOptions, "concurrentTasksPerThread"] as const;

/**
 * A pool of worker threads as the place of a TaskSupervisor. Each thread is a node; a task in an endless loop is stopped by stopping its thread, and
 * tasks that waited behind it run elsewhere.
 *
 * @throws InvalidOption
 * @example
 * await using cores = TaskSupervisor.start({ on: threads({ size: 2 }) });
 */
export function threads(options: ThreadsOptions = {}): PlaceFactory {
  if ("maxMemory" in options)
    throw new InvalidOption(
      "maxMemory",
      options.maxMemory,
      "threads share the memory of their process, and nobody knows which of them uses it: limit their heaps with resourceLimits, or use processes({ maxMemory })",
    );
  checkKnown("threads options", options, known);
  const { concurrentTasksPerThread, resourceLimits, env, execArgv, argv } = options;
  checkLimits(resourceLimits ?? {}, ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "codeRangeSizeMb", "stackSizeMb"]);
  const settings = checkPool(options, "concurrentTasksPerThread", concurrentTasksPerThread, structuredClone);
  const own = execArgv ?? inherited();
  const worker: WorkerOptions = {
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
    ...(env === undefined ? {} : { env }),
    ...(own === undefined ? {} : { execArgv: [...own] }),
    ...(argv === undefined ? {} : { argv: [...argv] }),
  };
  const launchThread: Launch = (identity, print) => launch(identity, settings, worker, print);
  return (host) => new Pool(host, { kind: "a worker thread", letter: "t", ...settings, launch: launchThread });
}

/**
 * The program's own options where Node must not hand them on by itself: that of `--eval` keeps a thread, which starts from a file, from starting.
 * Elsewhere Node does it better: it leaves out what a thread does not take, and refuses it when it is given.
 */
function inherited(): string[] | undefined {
  const kept = process.execArgv.filter((option) => !option.startsWith("--input-type"));
  return kept.length === process.execArgv.length ? undefined : kept;
}
