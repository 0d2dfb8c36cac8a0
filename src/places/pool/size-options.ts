import { InvalidOption } from "../../kernel/errors.js";
import { checkCount, checkMilliseconds, checkOneOf } from "../../kernel/options.js";

/** How many nodes a pool has, and for how long, and how many tasks may wait for them. */
export interface SizeOptions {
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
  /** How many tasks may wait beyond those that the nodes run. Default `Infinity`. */
  readonly maxQueue?: number;
  /**
   * What happens when as many wait: `"refuse"` (the default) gives each further task an error with the code `queue_full`; with `"wait"` runs and
   * streams pull their next task when there is room for it. A task that is started directly cannot wait, and is refused.
   */
  readonly whenFull?: WhenFull;
}

export type WhenFull = "refuse" | "wait";

export const sizeOptions = ["size", "min", "max", "idle", "recycleAfter", "maxQueue", "whenFull"] as const;

/** The same, checked, with the defaults. */
export interface SizeSettings {
  readonly min: number;
  readonly max: number;
  readonly concurrency: number;
  readonly idle: number;
  readonly recycleAfter: number;
  readonly maxQueue: number;
  readonly whenFull: WhenFull;
}

/** With as many again at hand, what a node and its pool share is full. */
const mostConcurrent = 500;

/** The longest delay that timers take, in milliseconds: more than 24 days. */
const longest = 2 ** 31 - 1;

/**
 * @param concurrencyOption what the option is called that says how many tasks run at once on a node
 * @param parallelism how many nodes there are where nobody says it
 * @throws InvalidOption
 */
export function checkSize(options: SizeOptions, concurrencyOption: string, concurrency = 1, parallelism: () => number): SizeSettings {
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
  const { maxQueue = Number.POSITIVE_INFINITY, whenFull = "refuse" } = options;
  checkCount("maxQueue", maxQueue, { least: 0 });
  checkOneOf("whenFull", whenFull, ["refuse", "wait"]);
  if (options.whenFull !== undefined && options.maxQueue === undefined)
    throw new InvalidOption("whenFull", whenFull, "it says what happens when maxQueue tasks wait: give maxQueue too");
  return { min, max: max ?? Math.max(min, parallelism()), concurrency, idle, recycleAfter, maxQueue, whenFull };
}
