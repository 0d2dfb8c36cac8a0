/** A class of errors, whatever its constructor takes. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** What all copies of this package in a program have in common: a task file may have found another one than the program did. */
interface Shared {
  /** Whether anything has ever been marked for transfer: who transfers nothing pays for a look at this, and for nothing else. */
  used: boolean;
  /** What is to be moved along with a value, or with the arguments of a call. */
  readonly lists: WeakMap<object, readonly object[]>;
  /** Arguments that have been sent: what they had is elsewhere. */
  readonly gone: WeakSet<object>;
  /** Refuses what cannot be transferred. Comes with the wires: without one, nothing is. */
  check?: (value: object, list: readonly object[]) => void;
  /** The classes of errors that were registered, by name. */
  readonly errors: Map<string, ErrorClass>;
}

const key = Symbol.for("taskward");
export const shared: Shared = ((globalThis as { [key]?: Shared })[key] ??= {
  used: false,
  lists: new WeakMap(),
  gone: new WeakSet(),
  errors: new Map(),
});
