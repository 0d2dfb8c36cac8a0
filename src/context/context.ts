import { AsyncLocalStorage } from "node:async_hooks";
import { type Ambience, type Context, type ContextValues, ambience } from "../kernel/ambience.js";
import { InvalidOption } from "../kernel/errors.js";
import type { Around } from "../kernel/work.js";

class StoredContext<T> implements Context<T> {
  readonly #storage = new AsyncLocalStorage<T | undefined>();

  constructor(readonly name: string) {}

  get(): T | undefined {
    return this.#storage.getStore();
  }

  run<R>(value: T | undefined, fn: () => R): R {
    return this.#storage.run(value, fn);
  }
}

/** Known to every copy of this package in the program: a task file may have found another one than the program did. */
const registry = Symbol.for("taskward.contexts");
const shared = globalThis as { [registry]?: Map<string, StoredContext<unknown>> };
const contexts = (shared[registry] ??= new Map<string, StoredContext<unknown>>());

/**
 * A value that goes along with whatever is done for its sake, tasks included, without being handed on as an argument. On one event loop it holds for
 * everything that is started within `run`: tasks, processes, promises. With the tasks of a supervisor that names it in its option `context`, it goes
 * to where they run: there, the context of the same name has the value.
 *
 * Define it in a module that both sides import; whoever defines a name again gets the same context. Values that go to another place are cloned.
 *
 * @param name what it is called at every place
 * @throws InvalidOption when the name is no text
 * @example
 * export const requestId = defineContext<string>("requestId");
 * await using cores = TaskSupervisor.start({ on: threads(), context: [requestId] });
 * requestId.run("r-17", () => cores.asyncNolink(tasks.thumbnail(image))); // in the thread: requestId.get() === "r-17"
 */
export function defineContext<T>(name: string): Context<T> {
  if (typeof name !== "string" || name === "") throw new InvalidOption("defineContext(name): name", name, "give the context a name");
  return contextOf(name) as Context<T>;
}

function contextOf(name: string): StoredContext<unknown> {
  let context = contexts.get(name);
  if (context === undefined) contexts.set(name, (context = new StoredContext(name)));
  ambience.active = keeper;
  return context;
}

function valuesNow(): ContextValues {
  const values: Record<string, unknown> = {};
  for (const [name, context] of contexts) {
    const value = context.get();
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Runs a function with these values, and without any that it does not have: what ran before may have left its own. */
function within(values: ContextValues, run: () => unknown): unknown {
  let inner = run;
  for (const [name, context] of contexts) {
    const next = inner;
    const value = values[name];
    if (value !== context.get()) inner = () => context.run(value, next);
  }
  return inner();
}

const kept = new WeakMap<object, ContextValues>();

const keeper: Ambience = {
  keep(key, from) {
    if (!kept.has(key)) kept.set(key, kept.get(from) ?? valuesNow());
  },
  around(key): Around {
    return (_self, run) => within(kept.get(key) ?? {}, run);
  },
  bind(fn) {
    const values = valuesNow();
    const bound = (...args: never[]): unknown => within(values, () => fn(...args));
    return Object.defineProperty(bound, "name", { value: fn.name });
  },
  valuesFor(key, wanted) {
    const values = kept.get(key) ?? {};
    return Object.fromEntries(wanted.flatMap(({ name }) => (name in values ? [[name, values[name]]] : [])));
  },
  areContexts: (value) => Array.isArray(value) && value.every((one: unknown) => one instanceof Object && contexts.has((one as Context).name)),
};

/** At a place where tasks of other nodes run: what comes with a task is there for it, even when its module defines the context only later. */
export function receiveContexts(): void {
  ambience.enter = (values, run) => {
    for (const name of Object.keys(values)) contextOf(name);
    return within(values, run);
  };
}
