import { defaultNode } from "./default-node.js";
import { InvalidOption } from "./errors.js";
import type { Node } from "./node.js";
import { checkKnown } from "./options.js";
import type { ProcessFunction, SpawnProcessOptions } from "./self.js";

/** Where and as what `run` runs a function. */
export interface RunOptions extends SpawnProcessOptions {
  /** Where it runs. Default: the node of this event loop. */
  readonly node?: Node;
}

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
  checkKnown("run options", options, ["label", "node"]);
  const { node = defaultNode(), ...rest } = options;
  if (typeof node?.run !== "function") throw new InvalidOption("node", node, "give a Node, or leave it out for the one of this event loop");
  return node.run(fn, rest);
}
