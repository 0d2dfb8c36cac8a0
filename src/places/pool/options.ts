import { availableParallelism } from "node:os";
import { InvalidOption } from "../../kernel/errors.js";
import { checkCount, checkMilliseconds } from "../../kernel/options.js";

/** What every pool can be given, whatever carries its nodes. All are optional. */
export interface CommonOptions {
  /** How many nodes at most; the same as `max`. */
  readonly size?: number;
  /** How many nodes there are at least: they start with the supervisor, and stay however idle they are. Default 0. */
  readonly min?: number;
  /** How many nodes at most; they start as they are needed. Default: as many as the machine runs at the same time. */
  readonly max?: number;
  /** For how many milliseconds a node may have nothing to do before it leaves, as long as `min` are left. Default `Infinity`: it stays. */
  readonly idle?: number;
  /** After how many tasks a node is replaced by a new one, between two tasks. Default `Infinity`: it stays. */
  readonly recycleAfter?: number;
}

export const commonOptions = ["size", "min", "max", "idle", "recycleAfter"] as const;

/** The same, checked, with the defaults. */
export interface PoolSettings {
  readonly min: number;
  readonly max: number;
  /** How many tasks run at once on each node. */
  readonly concurrency: number;
  readonly idle: number;
  readonly recycleAfter: number;
}

/** With as many again at hand, what a node and its pool share is full. */
const mostConcurrent = 500;

/** The longest delay that timers take, in milliseconds: more than 24 days. */
const longest = 2 ** 31 - 1;

/** @throws InvalidOption */
export function checkPool(options: CommonOptions, concurrencyOption: string, concurrency = 1): PoolSettings {
  const { size, min = 0, max = size, idle = Number.POSITIVE_INFINITY, recycleAfter = Number.POSITIVE_INFINITY } = options;
  if (size !== undefined) {
    checkCount("size", size, { infinity: false });
    if (options.max !== undefined) throw new InvalidOption("size", size, "it is the same as max: give one of them");
  }
  if (max !== undefined) checkCount("max", max, { infinity: false });
  checkCount("min", min, { least: 0, infinity: false });
  if (max !== undefined && min > max) throw new InvalidOption("min", min, `give ${max} at most, which ${size === undefined ? "max" : "size"} is`);
  checkCount(concurrencyOption, concurrency, { infinity: false });
  if (concurrency > mostConcurrent) throw new InvalidOption(concurrencyOption, concurrency, `give ${mostConcurrent} at most`);
  checkMilliseconds("idle", idle);
  if (idle > longest && idle !== Number.POSITIVE_INFINITY) throw new InvalidOption("idle", idle, `give ${longest} at most, or Infinity`);
  checkCount("recycleAfter", recycleAfter);
  return { min, max: max ?? Math.max(min, availableParallelism()), concurrency, idle, recycleAfter };
}
