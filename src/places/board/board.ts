import type { SpawnId } from "../../kernel/wire.js";

/**
 * What a pool and one of its nodes both see: which of the tasks handed over have started, and what those returned whose results have not been
 * sent. So a task can be taken back from a node that is busy, dead or stuck in a loop, and is still never started twice; and no result is
 * lost with the node that computed it. This is the pool's side of it; the node's is a `Ledger`.
 */
export interface Board {
  /** A task is handed over. */
  offer(id: SpawnId): void;
  /** Answers whether the task has not started, and from now on never will. */
  takeBack(id: SpawnId): boolean;
  /** Milliseconds since the epoch, or undefined when the task has not started. */
  startOf(id: SpawnId): number | undefined;
  /** The same of a task that has just ended and took so many milliseconds. */
  startOfEnded(id: SpawnId, duration: number): number | undefined;
  /** The number in the pid of a task that has started; undefined when nobody knows that pid. */
  processOf(id: SpawnId): number | undefined;
  /** Tasks can start there. */
  readonly isUp: boolean;
  /** Why no task can start there; undefined when they can. */
  readonly trouble: string | undefined;
  /** The results that the node has not sent, because it is dead or a task does not let it. */
  kept(): readonly { readonly id: SpawnId; readonly value: unknown }[];
  /** Changes whenever something has been sent. */
  readonly rounds: number;
}
