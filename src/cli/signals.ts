import { exitStatus } from "./exit-status.js";

const statusOfSignal = { SIGINT: exitStatus.interrupted, SIGTERM: exitStatus.terminated } as const;

export type StopSignal = keyof typeof statusOfSignal;

/** A signal that follows another one faster than this, in milliseconds, is the same one: `timeout` sends it to its child, and to its child's group. */
const echo = 100;

/** Calls back at the first SIGINT or SIGTERM; the second one ends the process at once. Returns what undoes it. */
export function onStopSignal(stop: (signal: StopSignal) => void, beforeExit: () => void): () => void {
  let first: number | undefined;
  const listen = (signal: StopSignal): void => {
    if (first === undefined) {
      first = performance.now();
      stop(signal);
    } else if (performance.now() - first >= echo) {
      beforeExit();
      process.exit(statusOfSignal[signal]);
    }
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return () => {
    process.off("SIGINT", listen);
    process.off("SIGTERM", listen);
  };
}
