import { availableParallelism } from "node:os";
import type { ResourceLimits } from "node:worker_threads";
import { notCloneable } from "../../kernel/clone.js";
import { InvalidOption } from "../../kernel/errors.js";
import { checkCount, checkMilliseconds, checkOneOf } from "../../kernel/options.js";
import { Call } from "../../tasks/module-reference.js";
import { problemWithWork } from "../../tasks/work-options.js";
import type { Beginning, NodeSettings, OutputModes } from "./beginning.js";
import type { Output } from "./lines.js";

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
  /** What becomes of what tasks print: `"inherit"` (the default), `"ignore"`, or a function that is handed each line with the task it came from. */
  readonly stdout?: Output;
  readonly stderr?: Output;
  /** What tasks find by `startData()`; cloned when the pool is made. */
  readonly data?: unknown;
  /**
   * What each node runs once before its first task: `tasks.prepare("x")`. When it fails, the tasks that were handed to the node fail with that, and the
   * next ones have a new node.
   */
  readonly setup?: Call;
  /** How many tasks may wait beyond those that the nodes run. Default `Infinity`. */
  readonly maxQueue?: number;
  /**
   * What happens when as many wait: `"refuse"` (the default) gives each further task an error with the code `queue_full`; with `"wait"` runs and
   * streams pull their next task when there is room for it. A task that is started directly cannot wait, and is refused.
   */
  readonly whenFull?: WhenFull;
  /** What the nodes find in `process.env`. Default: what is in this one's as each of them starts. */
  readonly env?: NodeJS.ProcessEnv;
  /** Options of Node for the nodes. Default: the program's own. */
  readonly execArgv?: readonly string[];
  /** What the nodes find in `process.argv`. */
  readonly argv?: readonly string[];
  /** Limits of each node's heap and stack, in MiB, as Node's `Worker` takes them; a task that goes beyond ends alone. For processes they become options of Node. */
  readonly resourceLimits?: ResourceLimits;
}

export type WhenFull = "refuse" | "wait";

export const commonOptions = [
  ...["size", "min", "max", "idle", "recycleAfter", "stdout", "stderr", "data", "setup", "maxQueue", "whenFull"],
  ...["env", "execArgv", "argv", "resourceLimits"],
] as const;

/** The same, checked, with the defaults. */
export interface PoolSettings extends NodeSettings {
  readonly min: number;
  readonly max: number;
  readonly idle: number;
  readonly recycleAfter: number;
  readonly maxQueue: number;
  readonly whenFull: WhenFull;
  /** Who is told of what is printed. */
  readonly lines: { readonly stdout: Output; readonly stderr: Output };
}

/** With as many again at hand, what a node and its pool share is full. */
const mostConcurrent = 500;

/** The longest delay that timers take, in milliseconds: more than 24 days. */
const longest = 2 ** 31 - 1;

/**
 * `copy` makes of a value what another node of the kind would get of it, or throws.
 * @throws InvalidOption, NotCloneable
 */
export function checkPool(options: CommonOptions, concurrencyOption: string, concurrency: number | undefined, copy: Copy): PoolSettings {
  return { ...checkSize(options, concurrencyOption, concurrency), ...checkOutput(options), beginning: checkBeginning(options, copy) };
}

type Copy = <T>(value: T) => T;

function checkSize(options: CommonOptions, concurrencyOption: string, concurrency = 1) {
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
  return { min, max: max ?? Math.max(min, availableParallelism()), concurrency, idle, recycleAfter, maxQueue, whenFull };
}

function checkOutput({ stdout = "inherit", stderr = "inherit" }: CommonOptions): OutputModes & Pick<PoolSettings, "lines"> {
  return { stdout: modeOf("stdout", stdout), stderr: modeOf("stderr", stderr), lines: { stdout, stderr } };
}

function modeOf(option: string, output: Output): OutputModes["stdout"] {
  if (typeof output === "function") return "lines";
  if (output === "ignore") return output;
  if (output !== "inherit") throw new InvalidOption(option, output, 'give "inherit", "ignore", or a function (line, origin) => void');
  return undefined;
}

function checkBeginning({ data, setup }: CommonOptions, copy: Copy): Beginning {
  if (setup !== undefined && !(setup instanceof Call)) {
    const problem = problemWithWork(setup) ?? "is a function of this event loop, and is to run elsewhere";
    throw new InvalidOption("setup", setup, `it ${problem}; give a call of a module's function, such as tasks.prepare(1)`);
  }
  return {
    data: copied("data", data, copy),
    setup: setup === undefined ? undefined : { module: setup.module, name: setup.name, args: copied("setup.args", setup.args, copy) },
  };
}

function copied<T>(option: string, value: T, copy: Copy): T {
  try {
    return copy(value);
  } catch (cause) {
    throw notCloneable(value, option, cause);
  }
}
