import { availableParallelism } from "node:os";
import type { ResourceLimits } from "node:worker_threads";
import { notCloneable } from "../../kernel/clone.js";
import { InvalidOption } from "../../kernel/errors.js";
import { Call } from "../../tasks/module-reference.js";
import { problemWithWork } from "../../tasks/work-options.js";
import type { Beginning, NodeSettings, OutputModes } from "./beginning.js";
import type { Output } from "./lines.js";
import { type SizeOptions, type SizeSettings, checkSize, sizeOptions } from "./size-options.js";

/** What every pool can be given, whatever carries its nodes. All are optional. */
export interface CommonOptions extends SizeOptions {
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
  /** What the nodes find in `process.env`. Default: what is in this one's as each of them starts. */
  readonly env?: NodeJS.ProcessEnv;
  /** Options of Node for the nodes. Default: the program's own. */
  readonly execArgv?: readonly string[];
  /** What the nodes find in `process.argv`. */
  readonly argv?: readonly string[];
  /** Limits of each node's heap and stack, in MiB, as Node's `Worker` takes them; a task that goes beyond ends alone. For processes they become options of Node. */
  readonly resourceLimits?: ResourceLimits;
}

export const commonOptions = [...sizeOptions, ...["stdout", "stderr", "data", "setup"], ...["env", "execArgv", "argv", "resourceLimits"]] as const;

/** The same, checked, with the defaults. */
export interface PoolSettings extends NodeSettings, SizeSettings {
  /** Who is told of what is printed. */
  readonly lines: { readonly stdout: Output; readonly stderr: Output };
}

/**
 * `copy` makes of a value what another node of the kind would get of it, or throws.
 * @throws InvalidOption, NotCloneable
 */
export function checkPool(options: CommonOptions, concurrencyOption: string, concurrency: number | undefined, copy: Copy): PoolSettings {
  return {
    ...checkSize(options, concurrencyOption, concurrency, availableParallelism),
    ...checkOutput(options),
    beginning: checkBeginning(options, copy),
  };
}

type Copy = <T>(value: T) => T;

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
