import type { ContextValues } from "./ambience.js";
import type { Pid, Ref } from "./ids.js";
import type { ExitReason } from "./reasons.js";

/**
 * What passes between processes of different nodes: message, exit, link, unlink, monitor, demonitor, down, spawn. Three kinds of `down`
 * have a number of their own: the end of a process that the other side had spawned, with a value or without, and the end of a whole node.
 * An enum, for the build puts the numbers in the place of the names.
 */
export enum Op {
  message = 0,
  exit = 1,
  link = 2,
  unlink = 3,
  monitor = 4,
  demonitor = 5,
  down = 6,
  spawn = 7,
  done = 8,
  failed = 9,
  nodeDown = 10,
}

/** How many places of a batch a signal takes, its op included; a spawn takes one more for each argument. */
const arity: readonly number[] = [3, 5, 3, 3, 4, 3, 4, 5, 4, 5, 3];

/** Where the signal after the one at this place of a batch begins. */
export function nextSignal(batch: Batch, at: number): number {
  const op = batch[at] as Op;
  return at + (arity[op] as number) + (op === Op.spawn ? (batch[at + 4] as number) : 0);
}

/**
 * How an exit signal came about. `ask` requests a tidy end: a process that traps exits or has asked for its `signal` may still finish;
 * any other ends at once.
 */
export enum ExitKind {
  signal = 0,
  link = 1,
  ask = 2,
}

/** A function that both sides can find: an export of a module, or a name registered on the other node. */
export interface FunctionRef {
  readonly module: string;
  readonly name: string;
  /** What the module is registered as on nodes of a cluster, where its functions have no names of their own there. It does not travel. */
  readonly as?: string | undefined;
}

/** What travels with a spawned function. Shared by all tasks of a runner, so that a batch carries it once; undefined when there is nothing to say. */
export interface SpawnOptions {
  readonly label?: string | undefined;
  readonly callers?: readonly Pid[] | undefined;
  /** Its supervisor, where that is not the same for all that is spawned there. */
  readonly parent?: Pid | undefined;
  /** The name of the supervisor there that is to run it. */
  readonly under?: string | undefined;
  /** The spawner wants to know the pid as soon as the process runs. */
  readonly announce?: boolean | undefined;
  /** The spawner wants to hear of its progress. */
  readonly progress?: boolean | undefined;
  /** What its function returns is iterated over, and its values are told: so many of them before the spawner has asked for more. */
  readonly stream?: number | undefined;
  /** The values of the contexts that it runs in, by name. */
  readonly context?: ContextValues | undefined;
  /** It is of a durable run: whoever runs it is to keep its end. */
  readonly durable?: DurableKey | undefined;
}

/** Which start of which task of which durable run. */
export interface DurableKey {
  readonly run: string;
  readonly index: number;
  readonly launch: number;
  /** How many times the task has been started, this one included. */
  readonly attempts: number;
}

/**
 * What a spawned process tells its spawner while it runs: how far it is; a value of a stream; and, once, the address that takes how many more values
 * are wanted. And before it runs, where it has to wait: that it waits, and then the address that takes that it may begin.
 */
export type Tidings = "progress" | "yielded" | "more" | "waits";

/** A function as it travels: the first time as itself, with a number to know it by from then on. */
export type SentFunction = number | (FunctionRef & { readonly key: number });

/** A spawn is known to both sides by a number that the spawner chose, until its end came back. */
export type SpawnId = number;

/** To an address; or, of a spawned process to its spawner, the pid that was asked for with `announce`, or `[tidings, value]`. */
export type MessageSignal = readonly [op: Op.message, to: string | SpawnId, message: unknown];
export type ExitSignal = readonly [op: Op.exit, to: string | SpawnId, from: Pid, reason: ExitReason, kind: ExitKind];
export type LinkSignal = readonly [op: Op.link, to: Pid, from: Pid];
export type UnlinkSignal = readonly [op: Op.unlink, to: Pid, from: Pid];
export type MonitorSignal = readonly [op: Op.monitor, to: string, from: Pid, ref: Ref];
export type DemonitorSignal = readonly [op: Op.demonitor, to: string, ref: Ref];
/** The end of a monitored process. */
export type DownSignal = readonly [op: Op.down, to: Pid, ref: Ref, reason: ExitReason];
export type SpawnSignal = readonly [
  op: Op.spawn,
  to: SpawnId,
  fn: SentFunction,
  options: SpawnOptions | undefined,
  count: number,
  ...args: unknown[],
];
/** A spawned process has ended with a value. The time it took is in whole microseconds: small numbers travel best. */
export type DoneSignal = readonly [op: Op.done, to: SpawnId, value: unknown, duration: number];
/** A spawned process has ended without a value; `straggles` when its function still runs although its process is dead. */
export type FailedSignal = readonly [op: Op.failed, to: SpawnId, reason: ExitReason, duration: number, straggles: boolean];
/** A whole node is gone: everything on it is down. */
export type NodeDownSignal = readonly [op: Op.nodeDown, node: string, reason: ExitReason];

export type Signal =
  | MessageSignal
  | ExitSignal
  | LinkSignal
  | UnlinkSignal
  | MonitorSignal
  | DemonitorSignal
  | DownSignal
  | SpawnSignal
  | DoneSignal
  | FailedSignal
  | NodeDownSignal;

/** A signal that finds its own way by the address in its second place. */
export type AddressedSignal = MessageSignal | ExitSignal | LinkSignal | UnlinkSignal | MonitorSignal | DemonitorSignal | DownSignal;

/** Signals one after the other in a single array: an array around each would cost as much as carrying it. */
export type Batch = readonly unknown[];

/** Carries batches of signals between two nodes, in order. Made by a place; used by a connection alone. */
export interface Wire {
  /**
   * Sends a batch, and moves what is listed instead of copying it; throws when something in it cannot be cloned or moved, and has then sent and
   * moved nothing.
   */
  post(batch: Batch, transferList?: readonly object[]): void;
  /** Calls back when the code of this turn has run, where the wire knows how: then batches leave sooner than in a turn of their own. */
  afterTurn?(callback: () => void): void;
  /** Set by the connection: called with each batch that arrives. */
  receive: (batch: Batch) => void;
  /** Set by the connection: called once when the other side is gone. */
  lost: (reason: ExitReason) => void;
  /** Ends it from this side; the other side is told, where the wire can tell. */
  close(): void;
}
