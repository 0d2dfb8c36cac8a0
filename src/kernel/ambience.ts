import type { Around } from "./work.js";

/** Something that is so for whatever runs in it, without being handed on as an argument: who asked, which trace it belongs to. */
export interface Context<T = unknown> {
  /** What it is called at every place. */
  readonly name: string;
  /** Its value for what runs now; undefined when it has none. */
  get(): T | undefined;
  /** Runs a function, and whatever comes of it, with this value. */
  run<R>(value: T, fn: () => R): R;
}

/** The values of contexts, by name. */
export type ContextValues = Readonly<Record<string, unknown>>;

/** What knows the contexts of this event loop, for the kernel itself does not. */
export interface Ambience {
  /** Keeps the values of now for `key`, or those that are kept for `from`; what is kept already stays. */
  keep(key: object, from: object): void;
  /** Runs a function with what is kept for `key`. */
  around(key: object): Around;
  /** The function, to be run with the values of now. */
  bind(fn: (...args: never[]) => unknown): (...args: never[]) => unknown;
  /** What is kept for `key` of these contexts. */
  valuesFor(key: object, contexts: readonly Context[]): ContextValues;
  areContexts(value: unknown): boolean;
}

/** There is none before the first context is defined: nobody pays for what nobody uses. */
export const ambience: {
  active?: Ambience;
  /** Where tasks of other nodes run: runs a function with the values that came with it. */
  enter?: (values: ContextValues, run: () => unknown) => unknown;
} = {};
