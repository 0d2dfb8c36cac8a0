import { joblogLine } from "./joblog/entry.js";
import { KeepOrder } from "./keep-order.js";
import type { Output } from "./output.js";
import { reasonLine } from "./reason.js";
import { type Outcome, resultLine } from "./result.js";
import type { Tally } from "./tally.js";

/** An input whose task has been handed over and has not ended. */
export interface InFlight {
  readonly index: number;
  /** Made when the task starts: a function on this event loop may change the value that it is given. */
  readonly inputJson: string;
  readonly ticket: number;
}

/** Where and when a task ran; nothing is known of one that never started. */
export interface Execution {
  readonly place?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly duration?: number | undefined;
  readonly attempts: number;
}

interface Written {
  readonly line: string;
  readonly note: string;
}

/** Turns the ends of tasks into counts, results and joblog lines. */
export class Report {
  readonly #tally: Tally;
  readonly #output: Output;
  readonly #withJoblog: boolean;
  readonly order: KeepOrder<Written> | undefined;

  constructor(tally: Tally, output: Output, withJoblog: boolean, keepOrder: boolean) {
    this.#tally = tally;
    this.#output = output;
    this.#withJoblog = withJoblog;
    this.order = keepOrder ? new KeepOrder() : undefined;
  }

  ended(input: InFlight, task: Execution, outcome: Outcome): void {
    const { line, outcome: told } = writable(input, outcome);
    if (told.outcome === "ok") this.#tally.ok += 1;
    else if (told.outcome === "error") this.#tally.fail(input.index, told.reason);
    else this.#tally.pending += 1;
    const written = { line, note: this.#withJoblog ? noteOf(input, task, told) : "" };
    if (this.order === undefined) this.#write(written);
    else for (const next of this.order.add(input.ticket, written)) this.#write(next);
  }

  /** When nothing more will end: what was held back for its turn is written now, for the tasks before it never will be. */
  finish(): void {
    if (this.order) for (const next of this.order.rest()) this.#write(next);
  }

  #write({ line, note }: Written): void {
    this.#output.write(line, note);
  }
}

/** A value that JSON cannot say makes the task a failed one: the result must not be lost without a word. */
function writable(input: InFlight, outcome: Outcome): { line: string; outcome: Outcome } {
  try {
    return { line: resultLine(input.index, input.inputJson, outcome), outcome };
  } catch (reason) {
    const failed: Outcome = { outcome: "error", reason };
    return { line: resultLine(input.index, input.inputJson, failed), outcome: failed };
  }
}

function noteOf(input: InFlight, task: Execution, outcome: Outcome): string {
  const entry = {
    index: input.index,
    place: task.place ?? null,
    start: task.startedAt === undefined ? null : new Date(task.startedAt).toISOString(),
    duration: task.duration === undefined ? null : Math.round(task.duration * 1_000) / 1_000,
    outcome: outcome.outcome,
    ...(outcome.outcome === "error" ? { reason: reasonLine(outcome.reason) } : {}),
    attempts: task.attempts,
  };
  return joblogLine(entry, input.inputJson);
}
