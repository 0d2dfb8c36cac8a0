import { TaskwardError } from "../../kernel/errors.js";

/** Names that are no methods of a server's protocol: what the class itself has, and what no method of ours could be called by. */
const reserved = [
  "self",
  "cast",
  "caller",
  "init",
  "handleInfo",
  "handleContinue",
  "terminate",
  "stop",
  "ignore",
  "continueWith",
  "timeoutAfter",
  "defer",
  "constructor",
  // The first two belong to every function, and `server.call` is one; what has a `then` is taken for a promise.
  "name",
  "length",
  "then",
] as const;

/** A name that no method of a server's protocol can have. */
export type Reserved = (typeof reserved)[number];

const isReserved = new Set<string>(reserved);
const found = new WeakMap<object, ReadonlySet<string>>();

/** Marks what all servers inherit from. */
export const root = Symbol("GenServer");

/** The methods of a class of servers: its own and those that it inherits from other classes of servers. */
export function methodsOf(Class: { readonly prototype: object }): ReadonlySet<string> {
  const known = found.get(Class);
  if (known !== undefined) return known;
  const names = new Set<string>();
  for (let one: unknown = Class.prototype; one !== null && !Object.hasOwn(one as object, root); one = Object.getPrototypeOf(one)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(one as object)))
      if (typeof value === "function" && !isReserved.has(name)) names.add(name);
  }
  found.set(Class, names);
  return names;
}

/** Why a method cannot be called, and which can. */
export function noMethod(what: string, method: string, server: object, methods: ReadonlySet<string>): TaskwardError {
  const there = methods.size === 0 ? "it has none" : `it has ${[...methods].join(", ")}`;
  const hint = isReserved.has(method) ? ", and this name is reserved" : Object.hasOwn(server, method) ? `, and ${method} is a property` : "";
  return new TaskwardError("not_found", `${what} has no method ${JSON.stringify(method)} that can be called${hint}; ${there}`);
}
