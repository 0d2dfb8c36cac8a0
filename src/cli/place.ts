import { UsageError } from "./usage-error.js";

/** Where the tasks run. Without a size, the pool has one thread, or process, for each core. */
export type Place =
  | { readonly kind: "here" }
  | { readonly kind: "threads" | "processes"; readonly size?: number }
  /** The nodes of a group of a cluster. */
  | { readonly kind: "cluster"; readonly servers: string; readonly group: string };

/** Reads `here`, `threads`, `threads:4`, `processes`, `processes:4`, or `nats://10.0.0.1:4222#workers`. */
export function parsePlace(text: string): Place {
  if (text === "here") return { kind: "here" };
  if (/^(nats|tls):/.test(text)) return parseCluster(text);
  const [, kind, , digits] = /^(threads|processes)(:(\d+))?$/.exec(text) ?? [];
  const size = digits === undefined ? undefined : Number(digits);
  if (kind === undefined || (size !== undefined && (size < 1 || !Number.isSafeInteger(size)))) {
    throw new UsageError(`"${text}" is no place; write here, threads, processes, threads:4 for four of them, or nats://server:4222#group`);
  }
  return { kind: kind as "threads" | "processes", ...(size === undefined ? {} : { size }) };
}

function parseCluster(text: string): Place {
  const [, servers, group] = /^([^#]+)#([A-Za-z0-9_@-]+)$/.exec(text) ?? [];
  if (servers === undefined || group === undefined) throw new UsageError(`"${text}" names no group of nodes; write nats://server:4222#workers`);
  return { kind: "cluster", servers, group };
}
