import type { Identity, OutputModes, Printed } from "../pool/beginning.js";

/** What a child is told when it starts: by its environment, for that is there before anything else. Its `Beginning` is the first frame. */
export interface ChildData extends Identity, OutputModes {
  readonly concurrency: number;
  /** How much memory it may use, in bytes. */
  readonly maxMemory: number | undefined;
  /** Somebody else sees to it that it does not outlive its parent. */
  readonly guarded: boolean;
}

export const variable = "TASKWARD_NODE" as const;

/** The file descriptors of a child, beyond the usual three. */
export const fds = {
  /** What its parent sends. */
  in: 3,
  /** What it sends: written at once and as a whole, so that it is out when the child dies. */
  out: 4,
  board: 5,
  /** Nothing is ever sent here: it ends when the parent does. */
  lifeline: 6,
} as const;

/** What a child sends beside batches: what it prints, and the error that it dies of, encoded as a reason. */
export type Aside = Printed | { readonly error: unknown };
