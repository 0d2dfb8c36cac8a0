import { TaskFailed, TooFewValues } from "../kernel/errors.js";
import { checkCount } from "../kernel/options.js";
import type { RunnerEvent, RunnerTask } from "./runner-events.js";
import type { TaskRunner } from "./runner.js";

/** Everything that a run gave. */
export interface Collected<T> {
  /** In order of arrival. */
  readonly values: readonly T[];
  /** Which task each value came from. */
  readonly indexes: readonly number[];
  readonly errors: readonly { readonly index: number; readonly reason: unknown }[];
  readonly timedOut: boolean;
  readonly pending: readonly RunnerTask[];
}

/** Takes all events of a run: what came, what failed, what was missing at the deadline. Never throws for a failed task (R9). */
export async function collect<T>(runner: TaskRunner<T>): Promise<Collected<T>> {
  const values: T[] = [];
  const indexes: number[] = [];
  const errors: { index: number; reason: unknown }[] = [];
  let pending: readonly RunnerTask[] | undefined;
  for await (const event of runner) {
    if (event.type === "ok") {
      values.push(event.value);
      indexes.push(event.index);
    } else if (event.type === "task_error") errors.push({ index: event.index, reason: event.reason });
    else pending = event.pending;
  }
  return { values, indexes, errors, timedOut: pending !== undefined, pending: pending ?? [] };
}

/**
 * The first `count` values, in order of arrival; the rest is stopped (R9).
 * @throws TooFewValues when fewer arrive: its `values` are those that did, its `errors` the reasons of the others
 */
export async function first<T>(runner: TaskRunner<T>, count: number): Promise<T[]> {
  checkCount("first(runner, count): count", count, { infinity: false });
  const values: T[] = [];
  const errors: unknown[] = [];
  let timedOut = false;
  for await (const event of runner) {
    if (event.type === "ok") values.push(event.value);
    else if (event.type === "task_error") errors.push(event.reason);
    else timedOut = true;
    if (values.length === count) return values;
  }
  throw new TooFewValues(count, values, errors, timedOut);
}

/** The first value; the rest is stopped (R9). @throws TooFewValues when no task succeeds */
export async function firstSuccess<T>(runner: TaskRunner<T>): Promise<T> {
  const [value] = await first(runner, 1);
  return value as T;
}

/** The same events, until a task fails: then the rest is stopped and the failure thrown (R9). @throws TaskFailed, with the task's reason as cause */
export async function* failFast<T>(runner: TaskRunner<T>): AsyncGenerator<Exclude<RunnerEvent<T>, { type: "task_error" }>, void, undefined> {
  for await (const event of runner) {
    if (event.type === "task_error") throw new TaskFailed(`task ${event.task.label ?? event.index}`, event.reason);
    yield event;
  }
}

export interface Counts {
  readonly ok: number;
  readonly failed: number;
  /** Had not ended at the deadline. */
  readonly pending: number;
}

/** The same events, with counts told after each (R9). */
export async function* progress<T>(runner: TaskRunner<T>, tell: (counts: Counts) => void): AsyncGenerator<RunnerEvent<T>, void, undefined> {
  const counts = { ok: 0, failed: 0, pending: 0 };
  for await (const event of runner) {
    if (event.type === "ok") counts.ok++;
    else if (event.type === "task_error") counts.failed++;
    else counts.pending = event.pending.length;
    tell({ ...counts });
    yield event;
  }
}
