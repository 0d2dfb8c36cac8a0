import { UsageError } from "./usage-error.js";

/** Where the tasks run. Without a size, the pool has one thread, or process, for each core. */
export type Place = { readonly kind: "here" } | { readonly kind: "threads" | "processes"; readonly size?: number };

/** Reads `here`, `threads`, `threads:4`, `processes` or `processes:4`. */
export function parsePlace(text: string): Place {
  if (text === "here") return { kind: "here" };
  const [, kind, , digits] = /^(threads|processes)(:(\d+))?$/.exec(text) ?? [];
  const size = digits === undefined ? undefined : Number(digits);
  if (kind === undefined || (size !== undefined && (size < 1 || !Number.isSafeInteger(size)))) {
    throw new UsageError(`"${text}" is no place; write here, threads, processes, or threads:4 for four of them`);
  }
  return { kind: kind as "threads" | "processes", ...(size === undefined ? {} : { size }) };
}
