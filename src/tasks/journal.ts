import { InvalidOption } from "../kernel/errors.js";
import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { FanTask } from "./fan-task.js";
import type { Spec } from "./spec.js";

/** What a journal has a fan do with its tasks. */
export interface JournalFan {
  /** It has been stopped: nothing goes on. */
  readonly isStopped: boolean;
  start(task: FanTask): void;
  over(task: FanTask, reason: ExitReason, value: unknown): void;
}

/** What is kept of a durable run, so that whoever comes after its program can go on with it. */
export interface Journal {
  /** What the run is called. */
  readonly run: string;
  /** Resolves when it is known what is kept. Rejects when that cannot be known, or when another program is at it. */
  readonly opened: Promise<void>;
  /** Whoever reads the run's events had this task's in an earlier program. */
  isTold(index: number): boolean;
  /** Goes on with a task that an earlier program has begun; false when none has. */
  resume(task: FanTask, fan: JournalFan): boolean;
  /** The task is handed to its place. */
  begins(task: FanTask): void;
  /** The task's end is known here. It goes on when that is kept, as what is kept says; false when there is nothing to keep, or it is kept already. */
  settle(task: FanTask, reason: ExitReason, value: unknown, fan: JournalFan): boolean;
  /** Whoever reads the run's events is done with this task's. Resolves when that is written down. */
  told(index: number): Promise<void>;
  /** The run is over here, once this has come to pass: another program may go on with it. Resolves when all is written down. */
  close(after: Promise<unknown>): Promise<void>;
}

/** Opens journals; the specs of a run are told where they are an array. @throws InvalidOption */
export type Archive = (run: string, specs: readonly Spec[] | undefined) => Journal;

const archives = new WeakMap<Node, Archive>();

/** Has the durable runs of a node kept there. */
export function keepRuns(node: Node, archive: Archive): void {
  archives.set(node, archive);
}

/** @throws InvalidOption when the node has nowhere to keep it, or the run is under way here */
export function openJournal(node: Node, run: string, specs: readonly Spec[] | undefined): Journal {
  const archive = archives.get(node);
  if (archive === undefined)
    throw new InvalidOption("durable", run, "join a cluster first, with joinCluster of taskward/cluster: NATS keeps what is to outlive this program");
  return archive(run, specs);
}
