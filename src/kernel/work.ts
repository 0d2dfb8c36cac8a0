import type { Pid } from "./ids.js";
import type { Node } from "./node.js";
import type { Process } from "./process.js";
import { type Ender, type ProcessOptions, isThenable } from "./process-body.js";
import type { ExitReason } from "./reasons.js";
import type { FunctionRef, Tidings } from "./wire.js";

/**
 * Marks an export that wants its own `self` before its arguments; on one that is no function of its own, such as a class, it is the function to call. Known to
 * every copy of this package in the program: a task file may have found another one than the program did.
 */
export const wantsSelf: unique symbol = Symbol.for("taskward.task") as never;

/** A function as a reference resolves to it: it takes the arguments only, or its `self` before them. */
export interface Resolved {
  readonly fn: (...args: never[]) => unknown;
  readonly takesSelf: boolean;
}

/** Finds the function that a reference means: at once where it is known already. */
export type Resolver = (ref: FunctionRef) => Resolved | Promise<Resolved>;

/** What is done around a function: given its process and the function with its arguments, it computes what the process does. */
export type Around = (self: Process, run: () => unknown) => unknown;

/**
 * One piece of work on this node, from the moment it may start to its end: what a task on this event loop and a function that another node
 * had spawned here have in common. It is its own process' options and ender, so that a task costs one object less.
 */
export abstract class Work implements ProcessOptions, Ender {
  process: Process | undefined = undefined;
  /** It has ended, or has been given up before its process began. */
  over = false;

  abstract readonly label: string | undefined;
  abstract readonly callers: readonly Pid[] | undefined;
  abstract readonly parent: Pid | undefined;
  /** The arguments of a referenced function; undefined for a closure, which is called with its `self`. */
  abstract readonly args: readonly unknown[] | undefined;
  abstract readonly runs: string | undefined;

  /** What is done around its function: for most, nothing. */
  get around(): Around | undefined {
    return undefined;
  }

  get ender(): Ender {
    return this;
  }

  /** Runs a referenced function, once its module is there. */
  startReference(node: Node, ref: FunctionRef, resolve: Resolver): void {
    let resolved: Resolved | Promise<Resolved>;
    try {
      resolved = resolve(ref);
    } catch (error) {
      this.finish(error, undefined, false);
      return;
    }
    if (!isThenable(resolved)) this.#startResolved(node, resolved);
    else {
      resolved.then(
        (found) => {
          if (!this.over) this.#startResolved(node, found);
        },
        (error: unknown) => {
          if (!this.over) this.finish(error, undefined, false);
        },
      );
    }
  }

  #startResolved(node: Node, { fn, takesSelf }: Resolved): void {
    if (!takesSelf && this.around === undefined) {
      this.startPlain(node, fn);
      return;
    }
    const args = this.args as never[];
    const { label, callers, parent, runs } = this;
    const call = (self: never): unknown => (takesSelf ? fn(self, ...args) : fn(...args));
    const options = { label, callers, parent, runs, ender: this };
    this.#startAround(node, call, options);
  }

  #startAround(node: Node, fn: (self: never) => unknown, options: ProcessOptions): void {
    const { around } = this;
    this.process = node.start(around === undefined ? fn : (self: never) => around(self, () => fn(self)), options);
    this.begun(this.process);
  }

  /** Starts a function that does not want to know its process. */
  protected startPlain(node: Node, fn: (...args: never[]) => unknown): void {
    this.startFunction(node, fn);
  }

  startFunction(node: Node, fn: (...args: never[]) => unknown): void {
    this.#startAround(node, fn, this);
  }

  ended(process: Process, reason: ExitReason, value: unknown): void {
    this.finish(reason, value, process.busy);
  }

  /** It tells something of itself while it runs. */
  abstract told(what: Tidings, value: unknown): void;
  /** Its process exists, and has not run yet. */
  protected abstract begun(process: Process): void;
  /** Called once: it has come to its end. */
  abstract finish(reason: ExitReason, value: unknown, straggles: boolean): void;
}
