import { InvalidOption } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Job } from "./job.js";

/** One start of a task of a durable run. */
export interface Launch {
  /** The how manieth it is, whether it came to run or not. */
  readonly launch: number;
  /** How many times the task had been started then. */
  readonly attempts: number;
}

/** It has been begun, by the node of this name. */
export interface KeptBegin extends Launch {
  readonly state: "begun";
  readonly node: string;
}

/** It has ended. */
export interface KeptEnd extends Launch {
  readonly state: "ended";
  readonly reason: ExitReason;
  readonly value: unknown;
  readonly pid: Pid | undefined;
  readonly place: string | undefined;
  readonly startedAt: number | undefined;
  readonly duration: number | undefined;
}

/** How far a task of a durable run has got: its last start was in vain and never will run, it goes on, it has ended, or whoever reads the run's events has its end. */
export type Kept = ({ readonly state: "void" } & Launch) | KeptBegin | KeptEnd | { readonly state: "told" };

/** A task of a durable run. */
export interface DurableTask extends Job, Launch {
  readonly index: number;
}

/** What is kept of a durable run, so that whoever comes after its program can go on with it. */
export interface Journal {
  /** What the run is called. */
  readonly run: string;
  /** Resolves when it is known what is kept. Rejects when that cannot be known, or when another program is at it. */
  readonly opened: Promise<void>;
  /** How far a task had got in an earlier program; undefined when it had not begun. */
  of(index: number): Kept | undefined;
  /** The task is handed to its place. */
  begins(task: DurableTask): void;
  /** The task's end is known here. Resolves with what is kept of it, which may be another one; undefined when there is nothing to keep, or it is kept already. */
  settle(task: DurableTask, reason: ExitReason, value: unknown): Promise<Kept> | undefined;
  /** Whoever reads the run's events is done with this task's. Resolves when that is written down. */
  told(index: number): Promise<void>;
  /** The run is over here, once this has come to pass: another program may go on with it. Resolves when all is written down. */
  close(after: Promise<unknown>): Promise<void>;
}

/** What is to be known of the specs of a run where they are an array: how many there are, and what function each is for. */
export interface KnownSpecs {
  readonly count: number;
  runs(index: number): string;
}

/** Opens journals. @throws InvalidOption */
export type Archive = (run: string, specs: KnownSpecs | undefined) => Journal;

const archives = new WeakMap<Node, Archive>();

/** Has the durable runs of a node kept there. */
export function keepRuns(node: Node, archive: Archive): void {
  archives.set(node, archive);
}

/** @throws InvalidOption when the node has nowhere to keep it, or the run is under way here */
export function openJournal(node: Node, run: string, specs: KnownSpecs | undefined): Journal {
  const archive = archives.get(node);
  if (archive === undefined)
    throw new InvalidOption("durable", run, "join a cluster first, with joinCluster of taskward/cluster: NATS keeps what is to outlive this program");
  return archive(run, specs);
}
