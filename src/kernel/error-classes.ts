import { InvalidOption, NameTaken } from "./errors.js";
import { type ErrorClass, shared } from "./shared.js";

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
  if (!((Class as ErrorClass | undefined)?.prototype instanceof Error)) throw new InvalidOption("Class", Class, "give a class of errors");
  if ((shared.errors.get(name) ?? Class) !== Class) throw new NameTaken(name, "another class");
  shared.errors.set(name, Class);
}
