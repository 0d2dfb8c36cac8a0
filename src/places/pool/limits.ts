import type { ResourceLimits } from "node:worker_threads";
import { InvalidOption } from "../../kernel/errors.js";
import { checkKnown } from "../../kernel/options.js";

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
