import type { Pid } from "../kernel/ids.js";
import { CyclicTree } from "./errors.js";

/** The supervisors above one, on its own node: what they were given as children, and their pids. */
export interface Ancestry {
  readonly pids: readonly Pid[];
  readonly lists: readonly object[];
}

/** By the `self` of each supervisor's process. */
const known = new WeakMap<object, Ancestry>();

/** Notes who stands above a supervisor. `list` is what it was given as its children. @throws CyclicTree when one above it was given the same */
export function descend(parent: object | undefined, self: { readonly pid: Pid }, list: object, name: string): Ancestry {
  const above = parent === undefined ? undefined : known.get(parent);
  if (above?.lists.includes(list) === true) throw new CyclicTree(`${name} was given the very list of children that it stands in`);
  const ancestry = { pids: [...(above?.pids ?? []), self.pid], lists: [...(above?.lists ?? []), list] };
  known.set(self, ancestry);
  return ancestry;
}
