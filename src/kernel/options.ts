import { isObject } from "./attempt.js";
import { InvalidOption } from "./errors.js";

/** The checks that every option goes through before anything starts. */

/** Refuses a value of an option, which it calls by this name. @throws InvalidOption */
export type Check = (option: string, value: unknown) => void;

export const anything: Check = () => undefined;

/** What a process can be started with. */
export const spawnOptions = { label: anything };

export function checkMilliseconds(option: string, value: unknown, { infinity = true } = {}): asserts value is number {
  if (typeof value !== "number" || !(value >= 0) || (!infinity && value === Infinity)) {
    const want = infinity ? "a number of milliseconds, 0 or more, or Infinity" : "a finite number of milliseconds, 0 or more";
    throw new InvalidOption(option, value, `give ${want}`);
  }
}

export const checkFinite: Check = (option, value) => checkMilliseconds(option, value, { infinity: false });

export function checkCount(option: string, value: unknown, { least = 1, infinity = true } = {}): asserts value is number {
  const whole = Number.isInteger(value) || (infinity && value === Infinity);
  if (!whole || (value as number) < least) {
    throw new InvalidOption(option, value, `give a whole number, ${least} or more${infinity ? ", or Infinity" : ""}`);
  }
}

export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function") throw new InvalidOption(option, value, "give a function");
}

export const checkText: Check = (option, value) => {
  if (typeof value !== "string" || value === "") throw new InvalidOption(option, value, "give a string, and not an empty one");
};

export const checkFlag: Check = (option, value) => {
  if (typeof value !== "boolean") throw new InvalidOption(option, value, "give true or false");
};

export function checkOneOf<T extends string>(option: string, value: unknown, choices: readonly T[]): asserts value is T {
  if (!choices.includes(value as T)) {
    throw new InvalidOption(option, value, `give one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
  }
}

export const oneOf =
  (choices: readonly string[]): Check =>
  (option, value) =>
    checkOneOf(option, value, choices);

/** For an object that is used by its methods: it has this one. */
export const having =
  (method: string, want: string): Check =>
  (option, value) => {
    if (typeof (value as Record<string, unknown> | null)?.[method] !== "function") throw new InvalidOption(option, value, want);
  };

export const checkNode = having("run", "give a Node, or leave it out for the one of this event loop");

/** Refuses an option whose name nobody knows: a typo must not be taken for a default. */
export function checkKnown(what: string, options: object, known: readonly string[]): void {
  if (!isObject(options)) throw new InvalidOption(what, options, "give an object");
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      throw new InvalidOption(`${what}.${key}`, (options as Record<string, unknown>)[key], `no such option; there are ${known.join(", ")}`);
  }
}

/** Refuses options that nobody knows, and values that those which are given cannot have. `prefix` is what their names begin with in errors. */
export function checkOptions(what: string, options: object, checks: Readonly<Record<string, Check>>, prefix = ""): void {
  checkKnown(what, options, Object.keys(checks));
  for (const key in checks) {
    const value = (options as Record<string, unknown>)[key];
    if (value !== undefined) checks[key]?.(prefix + key, value);
  }
}
