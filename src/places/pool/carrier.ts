import type { Wire } from "../../kernel/wire.js";
import type { Board } from "../board/board.js";
import type { Identity, Printed } from "./beginning.js";
import type { CarrierWire } from "./carrier-wire.js";

/** What carries a node of a pool: a worker thread, a child process. All that a pool knows of it. */
export interface Carrier {
  readonly wire: Wire & Pick<CarrierWire, "drain" | "sayFarewell" | "unreadable">;
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

/** How a carrier died. */
export interface Death {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** The error that it died of, and what that means. */
  readonly cause?: unknown;
  readonly what?: string | undefined;
}

/** Starts a carrier for a node, which hands what the node prints, where that is wanted, to `print`. May throw. */
export type Launch = (identity: Identity, print: (printed: Printed) => void) => Carrier;
