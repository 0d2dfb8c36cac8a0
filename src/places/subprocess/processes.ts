import { checkKnown } from "../../kernel/options.js";
import type { PlaceFactory } from "../../tasks/place.js";
import type { Launch } from "../pool/carrier.js";
import { checkMemory } from "../pool/limits.js";
import { type CommonOptions, checkPool, commonOptions } from "../pool/options.js";
import { Pool } from "../pool/pool.js";
import { limitOptions } from "./limits.js";
import { copyOf } from "../clone-bytes.js";
import { launch } from "./launch.js";

/** What a pool of child processes can be given. All are optional; an unknown one is refused. */
export interface ProcessesOptions extends CommonOptions {
  /** How many tasks run at once in each process. Default 1: a task then has its process to itself. At most 500. */
  readonly concurrentTasksPerProcess?: number;
  /**
   * How much memory each process may use in all, in bytes, native memory included. It is looked at every 20 ms, whatever the process does; one that
   * uses more is stopped, and the task that ran ends with a reason that names both numbers.
   */
  readonly maxMemory?: number;
}

const known = [...commonOptions, "concurrentTasksPerProcess", "maxMemory"] as const;

/**
 * A pool of child processes as the place of a TaskSupervisor. Each is a node; what a task does there, down to `process.abort()` or a crash in native
 * code, ends that task alone, and tasks that waited behind it run elsewhere. They end with this program, however that ends (P2). They leave
 * SIGINT, SIGTERM and SIGHUP to it.
 *
 * @throws InvalidOption
 * @example
 * await using apart = TaskSupervisor.start({ on: processes({ size: 2 }) });
 */
export function processes(options: ProcessesOptions = {}): PlaceFactory {
  checkKnown("processes options", options, known);
  checkMemory(options.maxMemory);
  limitOptions(options.resourceLimits);
  const settings = checkPool(options, "concurrentTasksPerProcess", options.concurrentTasksPerProcess, copyOf);
  const own = { ...options };
  const launchChild: Launch = (identity, print) => launch(identity, settings, own, print);
  return (host) => new Pool(host, { kind: "a child process", letter: "p", ...settings, launch: launchChild });
}
