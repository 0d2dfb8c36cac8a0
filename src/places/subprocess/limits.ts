import type { ResourceLimits } from "node:worker_threads";
import { InvalidOption } from "../../kernel/errors.js";
import { checkLimits } from "../pool/limits.js";

/** The stack that a process has is 8 MiB at most, unless somebody saw to that. */
const mostStack = 7;

/**
 * What a thread is told by `resourceLimits`, as options of Node.
 * @throws InvalidOption
 */
export function limitOptions(limits: ResourceLimits = {}): string[] {
  checkLimits(limits, ["maxOldGenerationSizeMb", "maxYoungGenerationSizeMb", "stackSizeMb"]);
  const { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young, stackSizeMb: stack } = limits;
  if (stack !== undefined && stack > mostStack) throw new InvalidOption("resourceLimits.stackSizeMb", stack, `give ${mostStack} at most`);
  return [
    ...(old === undefined ? [] : [`--max-old-space-size=${Math.ceil(old)}`]),
    // The young generation is three of these.
    ...(young === undefined ? [] : [`--max-semi-space-size=${Math.max(1, Math.floor(young / 3))}`]),
    ...(stack === undefined ? [] : [`--stack-size=${Math.round(stack * 1_024)}`]),
  ];
}
