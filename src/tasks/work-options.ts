import { InvalidOption } from "../kernel/errors.js";
import { checkMilliseconds } from "../kernel/options.js";
import type { Shutdown, TaskWork } from "./job.js";
import { Call, isFunctionReference } from "./module-reference.js";

export function checkShutdown(option: string, value: unknown): asserts value is Shutdown {
  if (value === "brutal_kill") return;
  if (typeof value === "string") throw new InvalidOption(option, value, 'give a number of milliseconds, Infinity, or "brutal_kill"');
  checkMilliseconds(option, value);
}

/** What is wrong with a piece of work, in words; undefined when nothing is. */
export function problemWithWork(work: unknown): string | undefined {
  if (work instanceof Call) return undefined;
  if (isFunctionReference(work)) return `is a reference to ${work.name} that was not called: write tasks.${work.name}(...) with its arguments`;
  if (typeof work === "function") return undefined;
  if (work instanceof Promise) return "is a promise, whose work has begun already: give a function that returns it";
  return `is ${work === null ? "null" : typeof work}, not work`;
}

export function checkWork(what: string, work: unknown): asserts work is TaskWork {
  const problem = problemWithWork(work);
  if (problem !== undefined) throw new InvalidOption(what, work, `it ${problem}; give a function, or a call such as tasks.fn(1)`);
}
