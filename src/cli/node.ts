import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Functions } from "../places/cluster/index.js";
import { importModule } from "../places/import-module.js";
import type { ClusterFlags } from "./cluster-flags.js";
import { explain } from "./explain.js";
import { type ExitStatus, exitStatus } from "./exit-status.js";
import { join } from "./join-cluster.js";
import { onStopSignal } from "./signals.js";
import type { Streams } from "./streams.js";
import { UsageError } from "./usage-error.js";

/** What `taskward node` was asked to do. */
export interface NodeFlags extends ClusterFlags {
  readonly name: string;
  readonly servers: string;
  readonly functions: readonly string[];
  readonly group?: readonly string[];
  readonly concurrency?: number;
  /** Milliseconds that the tasks it has may take to end when it is asked to stop. */
  readonly drain: number;
}

/** The functions that modules export, by their names. @throws UsageError */
async function functionsOf(files: readonly string[]): Promise<Functions> {
  const functions: Record<string, unknown> = {};
  for (const file of files) {
    let exports: Record<string, unknown>;
    try {
      exports = (await importModule(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
    } catch (error) {
      throw new UsageError(`--functions ${file} cannot be imported: ${explain(error)}`);
    }
    for (const [name, fn] of Object.entries(exports)) {
      if (typeof fn !== "function") continue;
      if (name in functions && functions[name] !== fn)
        throw new UsageError(`--functions ${file}: another module exports "${name}" too; give one of them another name`);
      functions[name] = fn;
    }
  }
  if (Object.keys(functions).length === 0) throw new UsageError(`--functions ${files.join(" ")}: no function is exported there`);
  return functions;
}

/** A node that runs what others send it, until it is asked to stop: then it ends what it has, and leaves. */
export async function runNode(flags: NodeFlags, { stderr }: Streams): Promise<ExitStatus> {
  const { name, servers, concurrency, group = [], drain } = flags;
  const functions = await functionsOf(flags.functions);
  const stopped = new Promise<void>((resolve) => {
    onStopSignal(
      () => {
        resolve();
      },
      () => undefined,
    );
  });
  const cluster = await join(servers, flags, { name, functions, groups: group, ...(concurrency === undefined ? {} : { concurrency }) });
  const names = Object.keys(functions).join(", ");
  stderr.write(`taskward: node ${name} (${cluster.node.name}) at ${servers}${group.length === 0 ? "" : `, of ${group.join(", ")}`}: ${names}\n`);
  await stopped;
  stderr.write(`taskward: node ${name} takes nothing new, and ends what it has\n`);
  await Promise.race([cluster.drain(), new Promise((resolve) => setTimeout(resolve, drain).unref())]);
  await cluster.leave();
  return exitStatus.ok;
}
