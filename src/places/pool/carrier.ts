import type { SpawnId, Wire } from "../../kernel/wire.js";
import type { Identity, Printed } from "./beginning.js";

/** What carries a node of a pool: a worker thread, a child process. All that a pool knows of it. */
export interface Carrier {
  readonly wire: CarrierWire;
  readonly board: Board;
  /** Keeps the program from ending, or no longer does. */
  ref(): void;
  unref(): void;
  /** Stops it, whatever it does. */
  terminate(): void;
  /** Resolves when it is gone, and has nothing more to say: what it had sent can be taken from the wire. */
  readonly exited: Promise<Death>;
  /** It is gone, and the pool has seen to everything: nothing of it is kept open. */
  close(): void;
}

export interface CarrierWire extends Wire {
  /** Takes what has arrived, without waiting for its event. */
  drain(): void;
  /** Tells the other side that it has nothing to wait for: it ends when what it has begun is over. */
  sayFarewell(): void;
}

/** How a carrier died. */
export interface Death {
  readonly exitCode?: number;
  readonly signal?: string;
  /** The error that it died of, and what that means. */
  readonly cause?: unknown;
  readonly what?: string;
}

/** Starts a carrier for a node, which hands what the node prints, where that is wanted, to `print`. May throw. */
export type Launch = (identity: Identity, print: (printed: Printed) => void) => Carrier;

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
  /** Tasks can start there. */
  readonly isUp: boolean;
  /** Why no task can start there; undefined when they can. */
  readonly trouble: string | undefined;
  /** The results that the node has not sent, because it is dead or a task does not let it. */
  kept(): readonly { readonly id: SpawnId; readonly value: unknown }[];
  /** Changes whenever something has been sent. */
  readonly rounds: number;
}
