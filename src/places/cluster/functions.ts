import { InvalidOption, LoadFailed } from "../../kernel/errors.js";
import type { FunctionRef } from "../../kernel/wire.js";
import type { Resolved, Resolver } from "../../kernel/work.js";
import { resolvedFunction } from "../../tasks/module-reference.js";

/** What a node lets others run: functions by their names, or the exports of a module by its name. */
export type Functions = Readonly<Record<string, unknown>>;

/** What stands for a module in references that travel between nodes: there is none. */
const registered = "";

const refs = new WeakMap<FunctionRef, FunctionRef>();

/** A reference as it travels to another node, which knows functions by names alone (N5). One for each function: wires know functions by these. */
export function registeredRef(ref: FunctionRef): FunctionRef {
  let found = refs.get(ref);
  if (found === undefined) refs.set(ref, (found = { module: registered, name: ref.as === undefined ? ref.name : `${ref.as}.${ref.name}` }));
  return found;
}

/** Finds what has been registered, and nothing else. @throws InvalidOption for what is neither a function nor has functions in it */
export function functionResolver(functions: Functions): Resolver {
  const found = new Map<string, Resolved>();
  for (const [name, value] of Object.entries(functions)) {
    if (typeof value === "function") found.set(name, resolvedFunction(value));
    else if (isNamespace(value))
      for (const [inner, fn] of Object.entries(value)) {
        if (typeof fn === "function") found.set(`${name}.${inner}`, resolvedFunction(fn));
      }
  }
  if (found.size === 0 && Object.keys(functions).length > 0)
    throw new InvalidOption(
      "functions",
      functions,
      "give functions by their names, or modules that export them: { computation } or { parse: computation.parse }",
    );
  const names = [...found.keys()].sort().join(", ");
  return ({ module, name }) => {
    const resolved = module === registered ? found.get(name) : undefined;
    if (resolved !== undefined) return resolved;
    const what = module === registered ? JSON.stringify(name) : `${name} of ${module}`;
    throw new LoadFailed(
      `${what} is not registered on this node: ${names === "" ? "it has no functions" : `its functions are ${names}`}. Give it to joinCluster({ functions }) there; a node runs nothing else for the network`,
    );
  };
}

const isNamespace = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
