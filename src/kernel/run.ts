import { defaultNode } from "./default-node.js";
import type { Node } from "./node.js";
import { checkNode, checkOptions, spawnOptions } from "./options.js";
import type { ProcessFunction, SpawnProcessOptions } from "./self.js";

/** Where and as what `run` runs a function. */
export interface RunOptions extends SpawnProcessOptions {
  /** Where it runs. Default: the node of this event loop. */
  readonly node?: Node;
}

const checks = { ...spawnOptions, node: checkNode };

/**
 * Runs a function as a process and resolves with what it returns: the way from plain code into the world of processes.
 *
 * @throws what the function threw, or `Exited` with the exit reason when somebody else ended the process.
 * @example
 * const answer = await run(async (self) => {
 *   const child = self.spawnLink(async (me) => self.send(self.pid, 42));
 *   return self.receive();
 * });
 */
export function run<R, M = unknown>(fn: ProcessFunction<M, R>, options: RunOptions = {}): Promise<Awaited<R>> {
  checkOptions("run options", options, checks);
  const { node = defaultNode(), ...rest } = options;
  return node.run(fn, rest);
}
