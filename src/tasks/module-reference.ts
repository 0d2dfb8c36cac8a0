import { entryOf } from "../kernel/entry-of.js";
import { LoadFailed, describeReason } from "../kernel/errors.js";
import type { Self } from "../kernel/self.js";
import { checkOptions, checkText } from "../kernel/options.js";
import { gatherMarks } from "../kernel/transfer.js";
import type { FunctionRef } from "../kernel/wire.js";
import { type Resolved, wantsSelf } from "../kernel/work.js";

/** An export made by `task(...)`: it is given its process' `self` before its arguments. */
export interface TaskFunction<A extends readonly unknown[], R> {
  (self: Self, ...args: A): R;
  readonly [wantsSelf]: true;
}

/**
 * Marks an export that wants its own process: its `self`, with `self.signal`, comes before the arguments that its caller gives.
 *
 * @example
 * export const patient = task(async (self, url: string) => (await fetch(url, { signal: self.signal })).text());
 */
export function task<A extends readonly unknown[], R>(fn: (self: Self, ...args: A) => R): TaskFunction<A, R> {
  const marked = (self: Self, ...args: A): R => fn(self, ...args);
  return Object.defineProperties(marked, { [wantsSelf]: { value: true }, name: { value: fn.name } }) as TaskFunction<A, R>;
}

/** A function of a module with the arguments to call it with: work that can run at any place. */
export class Call<T = unknown> {
  declare readonly result: T;

  constructor(
    readonly args: readonly unknown[],
    /** The function; one object for all its calls. */
    readonly ref: FunctionRef,
  ) {}

  /** The module's URL. */
  get module(): string {
    return this.ref.module;
  }

  /** The name of the export. */
  get name(): string {
    return this.ref.name;
  }

  toString(): string {
    return `${this.name} of ${this.module}`;
  }
}

const isReference = Symbol("reference");

/**
 * A typed reference to a function of a module; called, it gives a `Call`. Arguments are values: they are read when the task leaves for its place, at
 * the end of the turn or later, so what is changed until then travels.
 */
export interface Reference<A extends readonly unknown[], R> {
  (...args: A): Call<Awaited<R>>;
  readonly [isReference]: true;
}

type ReferenceTo<F> =
  F extends TaskFunction<infer A, infer R>
    ? Reference<A, R>
    : F extends (...args: infer A extends readonly unknown[]) => infer R
      ? Reference<A, R>
      : never;

/** The functions that a module exports, as references. */
export type References<M> = { readonly [K in keyof M as M[K] extends (...args: never[]) => unknown ? K : never]: ReferenceTo<M[K]> };

export const isFunctionReference = (value: unknown): value is Reference<readonly unknown[], unknown> =>
  typeof value === "function" && isReference in value;

/** What references can be given. */
export interface ReferenceOptions {
  /** What nodes of a cluster have registered the module as: `as: "csv"` for `joinCluster({ functions: { csv } })`. Default: they know its functions by their own names. */
  readonly as?: string;
}

const referenceChecks = { as: checkText };

/**
 * Typed references to the functions that a module exports: what runs anywhere, unlike a closure, which stays on its event loop.
 *
 * @param url where the module is, as a URL: `new URL("./m.js", import.meta.url)`
 * @throws TypeError when `url` is no absolute URL, InvalidOption
 * @example
 * const computation = tasksFrom<typeof import("./computation.js")>(new URL("./computation.js", import.meta.url));
 * await using cores = TaskSupervisor.start({ on: threads() });
 * const runner = TaskRunner.run([[cores, computation.run(42)]]);
 */
export function tasksFrom<M>(url: URL | string, options: ReferenceOptions = {}): References<M> {
  const module = absolute(url);
  checkOptions("tasksFrom options", options, referenceChecks);
  const { as } = options;
  const known = new Map<string, unknown>();
  return new Proxy(Object.create(null) as References<M>, {
    get(_target, name) {
      // A promise that resolves with this object asks for `then`, and would take it for a function.
      if (typeof name !== "string" || name === "then") return undefined;
      return entryOf(known, name, () => {
        const ref = refOf(module, name, as);
        const call = (...args: unknown[]): Call => new Call(gatherMarks(args), ref);
        return Object.defineProperties(call, { [isReference]: { value: true }, name: { value: name } });
      });
    },
  });
}

function absolute(url: URL | string): string {
  try {
    return new URL(url).href;
  } catch (cause) {
    const got = JSON.stringify(String(url));
    throw new TypeError(`tasksFrom(${got}): give an absolute URL, such as new URL(${got}, import.meta.url)`, { cause });
  }
}

/** A reference to one function whose names are only known when the program runs. */
export function callOf(url: URL | string, name: string, args: readonly unknown[]): Call {
  const module = absolute(url);
  return new Call(args, refOf(module, name));
}

/** One reference for each function, however many calls of it are made: wires know functions by these. */
const refs = new Map<string, Map<string, FunctionRef>>();

const refOf = (module: string, name: string, as?: string): FunctionRef =>
  entryOf(
    entryOf(refs, as === undefined ? module : `${as} ${module}`, () => new Map<string, FunctionRef>()),
    name,
    () => (as === undefined ? { module, name } : { module, name, as }),
  );

/** Loads modules and finds their exports; what is loaded is known from then on. */
export function moduleResolver(load: (url: string) => Promise<unknown> = (url) => import(url)): (ref: FunctionRef) => Resolved | Promise<Resolved> {
  // By the reference itself: there is one for each function, of this node and of each wire.
  const resolved = new WeakMap<FunctionRef, Resolved>();
  return (ref) =>
    resolved.get(ref) ??
    loadModule(ref, load).then((exports) => {
      const result = resolvedFunction(functionIn(exports, ref));
      resolved.set(ref, result);
      return result;
    });
}

/** A function with what its mark says: `task` has it take its `self`. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- whatever a module exports
export function resolvedFunction(fn: Function): Resolved {
  const mark = (fn as { readonly [wantsSelf]?: unknown })[wantsSelf];
  return { fn: (typeof mark === "function" ? mark.bind(fn) : fn) as Resolved["fn"], takesSelf: mark !== undefined };
}

async function loadModule(ref: FunctionRef, load: (url: string) => Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    return (await load(ref.module)) as Record<string, unknown>;
  } catch (cause) {
    throw new LoadFailed(`${ref.module} cannot be imported: ${describeReason(cause)}`, { cause });
  }
}

function functionIn(exports: Record<string, unknown>, { module, name }: FunctionRef): (...args: never[]) => unknown {
  const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
  if (typeof found === "function") return found as (...args: never[]) => unknown;
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === "function");
  const hint = functions.length === 0 ? "it exports no function" : `its functions are ${functions.join(", ")}`;
  if (!(name in exports)) throw new LoadFailed(`${module} has no export "${name}": ${hint}`);
  throw new LoadFailed(`the export "${name}" of ${module} is ${found === null ? "null" : `of type ${typeof found}`}, not a function: ${hint}`);
}
