import { InvalidSpec } from "../kernel/errors.js";
import type { TaskWork } from "./job.js";
import { Call } from "./module-reference.js";
import { TaskSupervisor } from "./supervisor.js";
import { type TaskOptions, checkTaskOptions } from "./task-options.js";
import { problemWithWork } from "./work-options.js";

/**
 * One task of a run: where, and what (R6). Work without a supervisor runs on this event loop.
 *
 * @example
 * const specs = [[cores, computation.run(42)], [here, () => fetchQuote("a"), { label: "quote" }], () => 1] as const;
 */
export type Spec<T = unknown> = readonly [supervisor: TaskSupervisor, work: TaskWork<T>, options?: TaskOptions] | TaskWork<T>;

/** The tasks of a run, from whatever they come. An array is named apart, so that each element of a literal is inferred on its own, its `self` included. */
export type Specs = readonly Spec[] | Iterable<Spec> | AsyncIterable<Spec>;

/** The type of the specs that `Specs` hold. */
export type SpecOf<S> = S extends Iterable<infer I> | AsyncIterable<infer I> ? I : never;

/** The type of the value that a spec's task computes. */
export type ValueOf<S> = S extends readonly [unknown, infer W, ...unknown[]] ? WorkValue<W> : WorkValue<S>;
type WorkValue<W> = W extends Call<infer T> ? T : W extends (...args: never[]) => infer R ? Awaited<R> : never;

/** @throws InvalidSpec, which says at which index and why */
export function checkSpec(spec: unknown, index: number): asserts spec is Spec {
  if (!Array.isArray(spec)) {
    const problem = problemWithWork(spec);
    if (problem !== undefined) throw new InvalidSpec(index, problem);
    return;
  }
  const [supervisor, work, options] = spec as readonly unknown[];
  if (!(supervisor instanceof TaskSupervisor)) throw new InvalidSpec(index, `has ${describe(supervisor)} where its supervisor should be`);
  const problem = problemWithWork(work);
  if (problem !== undefined) throw new InvalidSpec(index, `has work that ${problem}`);
  if (!(work instanceof Call) && supervisor.place.kind !== "this event loop") supervisor.crew.checked(work as TaskWork, `specs[${index}]`);
  if (options !== undefined) checkTaskOptions(`specs[${index}] options`, options as TaskOptions);
}

const describe = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`);
