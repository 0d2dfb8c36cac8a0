import type { Pid, Ref } from "./ids.js";
import type { ExitReason } from "./reasons.js";

/** What passes between processes of different nodes. The first member says which signal it is. */
export const Op = {
  message: 0,
  exit: 1,
  link: 2,
  unlink: 3,
  monitor: 4,
  demonitor: 5,
  down: 6,
  spawn: 7,
} as const;

/** A function that both sides can find: an export of a module, or a name registered on the other node. */
export interface FunctionRef {
  readonly module: string;
  readonly name: string;
}

/** What travels with a spawned function. Shared by all tasks of a runner, so that a batch carries it once. */
export interface SpawnOptions {
  readonly label?: string;
  readonly callers?: readonly Pid[];
  /** The spawner wants to know the pid as soon as the process runs. */
  readonly announce?: boolean;
}

/** A spawn is known to both sides by a number that the spawner chose, until its `down` came back. */
export type SpawnId = number;

/** To an address; or, of a spawned process to its spawner, the pid that was asked for with `announce`. */
export type MessageSignal = readonly [op: 0, to: string | SpawnId, message: unknown];
export type ExitSignal = readonly [op: 1, to: string | SpawnId, from: Pid, reason: ExitReason, byLink: boolean];
export type LinkSignal = readonly [op: 2, to: Pid, from: Pid];
export type UnlinkSignal = readonly [op: 3, to: Pid, from: Pid];
export type MonitorSignal = readonly [op: 4, to: string, from: Pid, ref: Ref];
export type DemonitorSignal = readonly [op: 5, to: string, ref: Ref];
/** The end of a monitored process. */
export type DownSignal = readonly [op: 6, to: Pid, ref: Ref, reason: ExitReason];
/**
 * The end of a spawned process: its value (with reason `"normal"`) or its reason, the milliseconds it took, and whether its function
 * still runs although its process is dead. In that case a second one follows when the function has returned.
 */
export type SpawnDownSignal = readonly [op: 6, to: SpawnId, reason: ExitReason, value: unknown, duration: number, straggles: boolean];
/** A whole node is gone: everything on it is down. */
export type NodeDownSignal = readonly [op: 6, to: "*", node: string, reason: ExitReason];
export type SpawnSignal = readonly [op: 7, to: SpawnId, fn: FunctionRef, args: readonly unknown[], options: SpawnOptions];

export type Signal =
  | MessageSignal
  | ExitSignal
  | LinkSignal
  | UnlinkSignal
  | MonitorSignal
  | DemonitorSignal
  | DownSignal
  | SpawnDownSignal
  | NodeDownSignal
  | SpawnSignal;

/** Carries batches of signals between two nodes, in order. Made by a place; used by a connection alone. */
export interface Wire {
  /** Sends a batch; throws when something in it cannot be cloned, and has then sent nothing. */
  post(batch: readonly Signal[]): void;
  /** Set by the connection: called with each batch that arrives. */
  receive: (batch: readonly Signal[]) => void;
  /** Set by the connection: called once when the other side is gone. */
  lost: (reason: ExitReason) => void;
  close(): void;
}
