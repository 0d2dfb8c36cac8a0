import { InvalidOption } from "../../kernel/errors.js";

const want = "in an array there may be strings, numbers, bigints, booleans, null, undefined, and arrays of these";

/** An array as a text that no other array has. @throws InvalidOption for what is compared by identity: no text tells of it */
function write(key: readonly unknown[]): string {
  const parts = Array.from(key, (part) => {
    if (typeof part === "string") return JSON.stringify(part);
    if (typeof part === "bigint") return `${part}n`;
    if (Array.isArray(part)) return write(part);
    if ((typeof part === "object" && part !== null) || typeof part === "function" || typeof part === "symbol")
      throw new InvalidOption("key", part, want);
    return String(part);
  });
  return `[${parts.join()}]`;
}

/** The key as it is now: an array may be changed later by whoever gave it. */
export function fixed<K>(key: K): K {
  return Array.isArray(key) ? (Object.freeze(key.map(fixed)) as K) : key;
}

/**
 * A map whose keys are compared as those of a `Map` are (by `===`, and NaN is NaN), but arrays by what is in them: `["room", 7]` is a key as a tuple is one
 * elsewhere.
 */
export class KeyMap<V> {
  readonly #plain = new Map<unknown, V>();
  readonly #arrays = new Map<string, V>();

  /** @throws InvalidOption, as all of these, for an array with something in it that is compared by identity */
  get(key: unknown): V | undefined {
    return Array.isArray(key) ? this.#arrays.get(write(key)) : this.#plain.get(key);
  }

  set(key: unknown, value: V): void {
    if (Array.isArray(key)) this.#arrays.set(write(key), value);
    else this.#plain.set(key, value);
  }

  delete(key: unknown): void {
    if (Array.isArray(key)) this.#arrays.delete(write(key));
    else this.#plain.delete(key);
  }

  *values(): IterableIterator<V> {
    yield* this.#plain.values();
    yield* this.#arrays.values();
  }

  get size(): number {
    return this.#plain.size + this.#arrays.size;
  }
}
