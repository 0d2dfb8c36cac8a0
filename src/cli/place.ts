import { UsageError } from "./usage-error.js";

/** Where the tasks run. Without a size, the pool has one thread for each core. */
export type Place = { readonly kind: "here" } | { readonly kind: "threads"; readonly size?: number };

/** Reads `here`, `threads` or `threads:4`. */
export function parsePlace(text: string): Place {
  if (text === "here") return { kind: "here" };
  if (text === "threads") return { kind: "threads" };
  const [, digits] = /^threads:(\d+)$/.exec(text) ?? [];
  const size = Number(digits);
  if (digits === undefined || size < 1 || !Number.isSafeInteger(size)) {
    throw new UsageError(`"${text}" is no place; write here, threads, or threads:4 for four of them`);
  }
  return { kind: "threads", size };
}
