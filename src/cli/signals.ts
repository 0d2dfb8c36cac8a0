import { exitStatus } from "./exit-status.js";

const statusOfSignal = { SIGINT: exitStatus.interrupted, SIGTERM: exitStatus.terminated } as const;

export type StopSignal = keyof typeof statusOfSignal;

/** Calls back at the first SIGINT or SIGTERM; the second one ends the process at once. Returns what undoes it. */
export function onStopSignal(stop: (signal: StopSignal) => void, exit: (status: number) => void): () => void {
  let stopping = false;
  const listen = (signal: StopSignal): void => {
    if (stopping) exit(statusOfSignal[signal]);
    stopping = true;
    stop(signal);
  };
  process.on("SIGINT", listen);
  process.on("SIGTERM", listen);
  return () => {
    process.off("SIGINT", listen);
    process.off("SIGTERM", listen);
  };
}
