import { isObject } from "../../kernel/attempt.js";
import { InvalidOption, LoadFailed } from "../../kernel/errors.js";
import type { Self } from "../../kernel/self.js";
import type { FunctionRef } from "../../kernel/wire.js";
import type { Resolved, Resolver } from "../../kernel/work.js";
import { type Call, type Reference, isFunctionReference, moduleResolver, resolvedFunction } from "../../tasks/module-reference.js";
import { importModule } from "../import-module.js";

/** What a node lets others run: functions by their names, references to functions, or the exports of a module by its name. */
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

/** What a node has registered: functions that it runs itself, or references to functions that its supervisors run wherever they do. */
export class Registered {
  readonly #found = new Map<string, Resolved | Reference<readonly unknown[], unknown>>();
  readonly #load = moduleResolver(importModule);

  /** @throws InvalidOption for what is neither a function nor has functions in it */
  constructor(functions: Functions) {
    for (const [name, value] of Object.entries(functions)) {
      if (typeof value === "function") this.#add(name, value);
      else if (isObject(value))
        for (const [inner, fn] of Object.entries(value as Record<string, unknown>)) if (typeof fn === "function") this.#add(`${name}.${inner}`, fn);
    }
    if (this.#found.size === 0 && Object.keys(functions).length > 0)
      throw new InvalidOption(
        "functions",
        functions,
        "give functions by their names, or modules that export them: { computation } or { parse: computation.parse }",
      );
  }

  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- whatever was given
  #add(name: string, fn: Function): void {
    this.#found.set(name, isFunctionReference(fn) ? fn : resolvedFunction(fn));
  }

  #find({ module, name }: FunctionRef): Resolved | Reference<readonly unknown[], unknown> {
    const found = module === registered ? this.#found.get(name) : undefined;
    if (found !== undefined) return found;
    const what = module === registered ? JSON.stringify(name) : `${name} of ${module}`;
    const names = [...this.#found.keys()].sort().join(", ");
    throw new LoadFailed(
      `${what} is not registered on this node: ${names === "" ? "it has no functions" : `its functions are ${names}`}. Give it to joinCluster({ functions }) there; a node runs nothing else for the network`,
    );
  }

  /** The function, to be run on this node's event loop. @throws LoadFailed */
  readonly resolve: Resolver = (ref) => {
    const found = this.#find(ref);
    return typeof found === "function" ? this.#load(found().ref) : found;
  };

  /** The function with its arguments, as work for a supervisor of this node. @throws LoadFailed */
  work(ref: FunctionRef, args: readonly unknown[]): Call | ((self: Self) => unknown) {
    const found = this.#find(ref);
    if (typeof found === "function") return found(...args);
    const { fn, takesSelf } = found;
    return Object.defineProperty((self: Self) => fn(...((takesSelf ? [self, ...args] : args) as never[])), "name", { value: ref.name });
  }
}
