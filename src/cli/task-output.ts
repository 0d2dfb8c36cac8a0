/**
 * Keeps standard output for the results: what tasks print goes to standard error, from this event loop and from threads, whose output
 * Node pipes into `process.stdout`. To be called before anything prints, by whom has the real standard output in hand.
 */
export function reserveStdout(): void {
  Object.defineProperty(process, "stdout", { configurable: true, enumerable: true, get: () => process.stderr });
}
