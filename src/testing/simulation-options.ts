import { InvalidOption } from "../kernel/errors.js";
import { type Check, checkFinite, checkFlag } from "../kernel/options.js";
import { checkSeed } from "./random.js";
import type { Delay } from "./simulated-wire.js";

/** Which nodes there are, and what chance may do. */
export interface SimulationOptions<N extends string> {
  /** Their names. Every two of them are joined by a wire. */
  readonly nodes: readonly N[];
  /** What chance goes by: the same seed, the same run. Default 1. */
  readonly seed?: number;
  /** How many milliseconds a signal is under way, at least and at most. Default `[0, 10]`. */
  readonly delay?: Delay;
  /** Messages that are delivered are frozen deeply. Default true. */
  readonly freeze?: boolean;
  /** Looks for handles that hold the event loop and did not before. Default true. */
  readonly handles?: boolean;
}

export const checkNames: Check = (option, names) => {
  if (!Array.isArray(names) || names.length === 0 || new Set(names).size < names.length)
    throw new InvalidOption(option, names, "give an array of names, each of them once");
};

export const checkDelay: Check = (option, delay) => {
  const [least, most, more] = Array.isArray(delay) ? (delay as unknown[]) : [];
  checkFinite(`${option}[0]`, least);
  checkFinite(`${option}[1]`, most);
  if ((least as number) > (most as number) || more !== undefined) throw new InvalidOption(option, delay, "give [least, most], in milliseconds");
};

export const simulationChecks: Readonly<Record<keyof SimulationOptions<string>, Check>> = {
  nodes: checkNames,
  seed: checkSeed,
  delay: checkDelay,
  freeze: checkFlag,
  handles: checkFlag,
};
