import { InvalidOption } from "./errors.js";

/** The checks that every option goes through before anything starts. */

/** What a process can be started with. */
export const spawnOptions = ["label"] as const;

export function checkMilliseconds(option: string, value: unknown, { infinity = true } = {}): asserts value is number {
  if (typeof value !== "number" || Number.isNaN(value) || value < 0 || (!infinity && value === Number.POSITIVE_INFINITY)) {
    const want = infinity ? "a number of milliseconds, 0 or more, or Infinity" : "a finite number of milliseconds, 0 or more";
    throw new InvalidOption(option, value, `give ${want}`);
  }
}

export function checkCount(option: string, value: unknown, { least = 1, infinity = true } = {}): asserts value is number {
  const whole = Number.isInteger(value) || (infinity && value === Number.POSITIVE_INFINITY);
  if (!whole || (value as number) < least) {
    throw new InvalidOption(option, value, `give a whole number, ${least} or more${infinity ? ", or Infinity" : ""}`);
  }
}

export function checkFunction(option: string, value: unknown): void {
  if (typeof value !== "function") throw new InvalidOption(option, value, "give a function");
}

export function checkOneOf<T extends string>(option: string, value: unknown, choices: readonly T[]): asserts value is T {
  if (!choices.includes(value as T)) {
    throw new InvalidOption(option, value, `give one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
  }
}

/** Refuses an option whose name nobody knows: a typo must not be taken for a default. */
export function checkKnown(what: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new InvalidOption(what, options, "give an object");
  for (const key of Object.keys(options)) {
    if (!known.includes(key))
      throw new InvalidOption(`${what}.${key}`, (options as Record<string, unknown>)[key], `no such option; there are ${known.join(", ")}`);
  }
}
