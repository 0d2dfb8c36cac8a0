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

/**
 * Takes all events of a run: what came, what failed, what was missing at the deadline. Never throws for a failed task (R9).
 *
 * @example
 * const { values, errors, pending } = await collect(TaskRunner.run(specs, { timeout: 400 }));
 */
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
 *
 * @throws TooFewValues when fewer arrive: its `values` are those that did, its `errors` the reasons of the others; InvalidOption when `count` is no
 *   whole number, 1 or more
 * @example
 * const quorum = await first(TaskRunner.run(replicas.map((url) => () => ask(url)), { timeout: 1_000 }), 2);
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

/**
 * The first value; the rest is stopped (R9).
 *
 * @throws TooFewValues when no task succeeds
 * @example
 * const page = await firstSuccess(TaskRunner.run(mirrors.map((url) => ({ signal }: Self) => fetch(url, { signal }))));
 */
export async function firstSuccess<T>(runner: TaskRunner<T>): Promise<T> {
  const [value] = await first(runner, 1);
  return value as T;
}

/**
 * The same events, until a task fails: then the rest is stopped and the failure thrown (R9). The deadline is an event as always.
 *
 * @throws TaskFailed with the task's reason as `reason` and as cause
 * @example
 * for await (const event of failFast(runner)) if (event.type === "ok") rows.push(event.value);
 */
export async function* failFast<T>(runner: TaskRunner<T>): AsyncGenerator<Exclude<RunnerEvent<T>, { type: "task_error" }>, void, undefined> {
  for await (const event of runner) {
    if (event.type === "task_error") throw new TaskFailed(`task ${event.task.label ?? event.index}`, event.reason);
    yield event;
  }
}

/** How far a run is, as `progress` tells it. */
export interface Counts {
  /** Tasks that gave a value. */
  readonly ok: number;
  /** Tasks that failed. */
  readonly failed: number;
  /** Had not ended at the deadline. */
  readonly pending: number;
}

/**
 * The same events, with the counts told before each is handed on (R9).
 *
 * @example
 * for await (const event of progress(runner, ({ ok, failed }) => bar.update(ok + failed))) handle(event);
 */
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
