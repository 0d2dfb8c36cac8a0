import type { ResourceLimits } from "node:worker_threads";
import { InvalidOption } from "../../kernel/errors.js";
import { checkCount, checkKnown } from "../../kernel/options.js";

/** What a node may use: the checks of the options that say it. */

/** In bytes. Node alone takes nearly as much. */
const leastMemory = 64 * 2 ** 20;

/**
 * Checks limits of a node's heap and stack: what there is of them is `known`, each a number of MiB.
 * @throws InvalidOption
 */
export function checkLimits(limits: ResourceLimits, known: readonly (keyof ResourceLimits)[]): void {
  checkKnown("resourceLimits", limits, known);
  for (const [name, value] of Object.entries(limits))
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      throw new InvalidOption(`resourceLimits.${name}`, value, "give a number of MiB, more than 0");
}

/** Checks a ceiling for the whole memory of a node, in bytes. @throws InvalidOption */
export function checkMemory(bytes: number | undefined): void {
  if (bytes === undefined) return;
  checkCount("maxMemory", bytes, { infinity: false });
  if (bytes < leastMemory)
    throw new InvalidOption("maxMemory", bytes, `give bytes, ${leastMemory} (64 MiB) at least: Node alone takes nearly as much`);
}
