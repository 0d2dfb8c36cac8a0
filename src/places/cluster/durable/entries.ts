import { isObject } from "../../../kernel/attempt.js";
import { decodeReason, encodeReason } from "../../../kernel/encode-reason.js";
import type { ExitReason } from "../../../kernel/reasons.js";
import type { DurableKey } from "../../../kernel/wire.js";
import { fromBytes, toBytes } from "../../clone-bytes.js";
import type { KeptBegin, KeptEnd, KeptVoid, Particulars } from "./kept.js";

/**
 * The subjects of a durable run, below `taskward.<cluster>.runs.<run>`:
 *
 * - `master`: which program is at it, and how many specs it has
 * - `begun.<index>.<launch>`: who runs this start of this task; one entry at most, so that nobody else does
 * - `ended.<index>.<launch>`: how it ended; one entry at most, so that it ends once
 * - `piece.<index>.<launch>.<node>.<number>`: of an end that is too long for one entry
 * - `told`: the tasks whose ends have reached the caller
 */
export class RunSubjects {
  readonly #stem: string;
  readonly all: string;
  readonly master: string;
  readonly told: string;

  /** `stem` is `taskward.<cluster>.runs`. */
  constructor(stem: string, run: string) {
    this.#stem = `${stem}.${run}`;
    this.all = `${this.#stem}.>`;
    this.master = `${this.#stem}.master`;
    this.told = `${this.#stem}.told`;
  }

  begun({ index, launch }: Start): string {
    return `${this.#stem}.begun.${index}.${launch}`;
  }

  ended({ index, launch }: Start): string {
    return `${this.#stem}.ended.${index}.${launch}`;
  }

  piece({ index, launch }: Start, node: string, number: number): string {
    return `${this.#stem}.piece.${index}.${launch}.${node.replace("~", ".")}.${number}`;
  }

  /** What a subject says besides its stem. */
  parse(subject: string): { readonly kind: string; readonly index: number; readonly launch: number } {
    const [kind = "", index, launch] = subject.slice(this.#stem.length + 1).split(".");
    return { kind, index: Number(index), launch: Number(launch) };
  }
}

/** One start of one task. */
export type Start = Pick<DurableKey, "index" | "launch">;

/** Who is at a run. */
export interface MasterEntry {
  /** The node; undefined when none is. */
  readonly node: string | undefined;
  /** How many specs it has, where that is known. */
  readonly count: number | undefined;
}

/** Who runs one start of a task. */
export interface BegunEntry {
  /** The node; undefined when nobody does, and nobody may any more. */
  readonly node: string | undefined;
  readonly attempts: number;
  readonly runs: string;
  /** Which attempt to write it down this is, of which node: no two have the same. */
  readonly mark: string;
}

/** What is written down of a start that has ended, besides how. */
export interface EndedStart extends Particulars {
  readonly attempts: number;
  readonly runs: string;
}

/** How one start of a task ended. */
export interface EndedEntry extends EndedStart {
  /** Absent when it has returned a value. */
  readonly reason?: unknown;
  readonly value?: unknown;
}

/** An end that lies in so many pieces, which this node has written. */
interface PiecesEntry {
  readonly pieces: number;
  readonly node: string;
}

const nothing = new Uint8Array();
export const encode = (entry: MasterEntry | BegunEntry | EndedEntry | PiecesEntry | number): Buffer => toBytes(entry, [], nothing);

/** Undefined for what is no entry. */
function decoded<T>(payload: Uint8Array, isOne: (entry: Record<string, unknown>) => boolean): T | undefined {
  try {
    const entry = fromBytes(payload);
    return isObject(entry) && isOne(entry as Record<string, unknown>) ? (entry as T) : undefined;
  } catch {
    return undefined;
  }
}

const isOptional = (value: unknown, type: string): boolean => value === undefined || typeof value === type;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;

export const decodeMaster = (payload: Uint8Array): MasterEntry | undefined =>
  decoded(payload, ({ node, count }) => isOptional(node, "string") && isOptional(count, "number"));

export const decodeBegun = (payload: Uint8Array): BegunEntry | undefined =>
  decoded(
    payload,
    ({ node, attempts, runs, mark }) => isOptional(node, "string") && isCount(attempts) && typeof runs === "string" && typeof mark === "string",
  );

export const decodeEnded = (payload: Uint8Array): EndedEntry | undefined =>
  decoded(
    payload,
    ({ attempts, runs, pid, place, startedAt, duration }) =>
      isCount(attempts) &&
      typeof runs === "string" &&
      isOptional(pid, "string") &&
      isOptional(place, "string") &&
      isOptional(startedAt, "number") &&
      isOptional(duration, "number"),
  );

export const decodePieces = (payload: Uint8Array): PiecesEntry | undefined =>
  decoded(payload, ({ pieces, node }) => isCount(pieces) && typeof node === "string");

export const decodeIndex = (payload: Uint8Array): number | undefined => {
  try {
    const index = fromBytes(payload);
    return isCount(index) ? (index as number) : undefined;
  } catch {
    return undefined;
  }
};

/** @throws when the value cannot be cloned */
export const encodeEnd = (reason: ExitReason, value: unknown, rest: EndedStart): Buffer =>
  encode(reason === "normal" ? { ...rest, value } : { ...rest, reason: encodeReason(reason) });

export const keptBegin = ({ launch }: Start, { node, attempts }: BegunEntry): KeptBegin | KeptVoid =>
  node === undefined ? { state: "void", launch, attempts } : { state: "begun", launch, attempts, node };

export function keptEnd({ launch }: Start, { reason, value, attempts, pid, place, startedAt, duration }: EndedEntry): KeptEnd {
  return {
    state: "ended",
    launch,
    attempts,
    reason: reason === undefined ? "normal" : decodeReason(reason),
    value,
    pid,
    place,
    startedAt,
    duration,
  };
}
