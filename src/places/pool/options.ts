import { availableParallelism } from "node:os";
import { InvalidOption } from "../../kernel/errors.js";
import { checkCount } from "../../kernel/options.js";

/** With as many again at hand, what a node and its pool share is full. */
const mostConcurrent = 500;

/** How many nodes a pool has, and how many tasks run at once on each: the options that all pools take, checked, with their defaults. */
export function checkSize(size = availableParallelism(), option: string, concurrency = 1): { readonly size: number; readonly concurrency: number } {
  checkCount("size", size, { infinity: false });
  checkCount(option, concurrency, { infinity: false });
  if (concurrency > mostConcurrent) throw new InvalidOption(option, concurrency, `give ${mostConcurrent} at most`);
  return { size, concurrency };
}
