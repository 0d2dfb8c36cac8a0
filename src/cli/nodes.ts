import type { NodeInfo } from "../places/cluster/index.js";
import { type ClusterFlags, ownName } from "./cluster-flags.js";
import { type ExitStatus, exitStatus } from "./exit-status.js";
import { join } from "./join-cluster.js";
import type { Streams } from "./streams.js";

/** What `taskward nodes` was asked to do. */
export interface NodesFlags extends ClusterFlags {
  readonly servers: string;
  readonly json?: boolean;
}

/** Lists the nodes of a cluster, by their names. */
export async function listNodes(flags: NodesFlags, { stdout }: Streams): Promise<ExitStatus> {
  const cluster = await join(flags.servers, flags, { name: ownName("nodes"), concurrency: 0 });
  const nodes = cluster.nodes().sort((one, other) => (one.name < other.name ? -1 : 1));
  await cluster.leave();
  if (flags.json === true) for (const node of nodes) stdout.write(`${JSON.stringify(node)}\n`);
  else stdout.write(tableOf(nodes));
  return exitStatus.ok;
}

function tableOf(nodes: readonly NodeInfo[]): string {
  const rows = [["node", "groups", "load", "capacity", ""]];
  for (const { name, groups, load, capacity, draining } of nodes)
    rows.push([name, groups.join(",") || "-", String(load), String(capacity), draining ? "drains" : ""]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}
