import { InvalidOption, NameTaken } from "./errors.js";

/** A class of errors, whatever its constructor takes. */
export type ErrorClass = abstract new (...args: never[]) => Error;

const key = Symbol.for("taskward.errors");

/** What was registered, by name, for every copy of this package in the program. */
export const errorClasses: Map<string, ErrorClass> = ((globalThis as { [key]?: Map<string, ErrorClass> })[key] ??= new Map<string, ErrorClass>());

/**
 * Makes errors of a class arrive from other nodes as what they are: `instanceof` holds, and their methods and getters are there. Both sides have to
 * register it: do so beside the class, in the module that both import. The constructor is not called, and private fields (`#x`) are not there.
 *
 * The language's own errors, `DOMException` and Taskward's need no registering.
 *
 * @param Class the class
 * @param name what both sides know it by. Default: its own name; give one where names are minified
 * @throws InvalidOption when it is no class of errors, NameTaken when another class has the name
 * @example
 * class QuotaExceeded extends Error {}
 * registerErrorClass(QuotaExceeded);
 */
export function registerErrorClass(Class: ErrorClass, name: string = Class.name): void {
  if (!((Class as ErrorClass | undefined)?.prototype instanceof Error)) throw new InvalidOption("Class", Class, "give a class that extends Error");
  if ((errorClasses.get(name) ?? Class) !== Class) throw new NameTaken(name, "another class of errors");
  errorClasses.set(name, Class);
}
