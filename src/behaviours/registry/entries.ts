import { KeyMap, fixed } from "./key-map.js";

/** A key that somebody has registered. */
export interface Entry<K, V, P> {
  readonly holder: P;
  readonly key: K;
  value: V;
}

/** What is registered, by key and by who holds it. In sets: of a key that a hundred thousand hold, one goes as quickly as of a key that one holds. */
export class Entries<K, V, P> {
  readonly #byKey = new KeyMap<Set<Entry<K, V, P>>>();
  readonly #byHolder = new Map<P, Set<Entry<K, V, P>>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get holders(): IterableIterator<P> {
    return this.#byHolder.keys();
  }

  isHolder(holder: P): boolean {
    return this.#byHolder.has(holder);
  }

  add(holder: P, given: K, value: V): Entry<K, V, P> {
    const ofKey = this.#byKey.get(given);
    const entry = { holder, key: fixed(given), value };
    if (ofKey === undefined) this.#byKey.set(entry.key, new Set([entry]));
    else ofKey.add(entry);
    const held = this.#byHolder.get(holder);
    if (held === undefined) this.#byHolder.set(holder, new Set([entry]));
    else held.add(entry);
    this.#count++;
    return entry;
  }

  /** In the order in which they were added. */
  under(key: K): Iterable<Entry<K, V, P>> {
    return this.#byKey.get(key) ?? [];
  }

  heldBy(holder: P): Iterable<Entry<K, V, P>> {
    return this.#byHolder.get(holder) ?? [];
  }

  *all(): IterableIterator<Entry<K, V, P>> {
    for (const ofKey of this.#byKey.values()) yield* ofKey;
  }

  /** Answers false when it is gone already. */
  remove(entry: Entry<K, V, P>): boolean {
    const ofKey = this.#byKey.get(entry.key);
    if (ofKey?.delete(entry) !== true) return false;
    if (ofKey.size === 0) this.#byKey.delete(entry.key);
    const held = this.#byHolder.get(entry.holder);
    held?.delete(entry);
    if (held?.size === 0) this.#byHolder.delete(entry.holder);
    this.#count--;
    return true;
  }
}
