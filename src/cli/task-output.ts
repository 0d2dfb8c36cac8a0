import type { Writable } from "node:stream";

/**
 * Keeps standard output for the results: what tasks print goes to standard error, from this event loop and from threads, whose output
 * Node pipes into `process.stdout`. To be called before anything prints. Returns the real standard output.
 */
export function reserveStdout(): Writable {
  const results = process.stdout;
  Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => process.stderr });
  return results;
}
