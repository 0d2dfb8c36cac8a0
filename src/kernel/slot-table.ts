/** How many things a table holds at a time. */
export const slots = 1_024;

/**
 * Things known by a number: the low ten bits are a place in an array, the rest tells the uses of that place apart. So finding one is an
 * array access, a number is never used twice, and an old one finds nothing.
 */
export class SlotTable<T> {
  readonly #values: (T | undefined)[] = [];
  readonly #ids: number[] = [];
  readonly #free: number[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** @throws RangeError when the table is full */
  add(value: T): number {
    let slot = this.#free.pop();
    let id: number;
    if (slot === undefined) {
      slot = this.#values.length;
      if (slot === slots) throw new RangeError(`more than ${slots} at a time`);
      id = slot;
    } else id = (this.#ids[slot] as number) + slots;
    this.#values[slot] = value;
    this.#ids[slot] = id;
    this.#size++;
    return id;
  }

  get(id: number): T | undefined {
    const slot = id % slots;
    return this.#ids[slot] === id ? this.#values[slot] : undefined;
  }

  /** Takes it out; undefined when it is not there. */
  remove(id: number): T | undefined {
    const slot = id % slots;
    if (this.#ids[slot] !== id) return undefined;
    const value = this.#values[slot];
    if (value === undefined) return undefined;
    this.#values[slot] = undefined;
    this.#free.push(slot);
    this.#size--;
    return value;
  }

  /** Takes everything out. */
  clear(): T[] {
    const all = [...this.values()];
    this.#values.forEach((value, slot) => {
      if (value !== undefined) this.remove(this.#ids[slot] as number);
    });
    return all;
  }

  *values(): Generator<T, void, undefined> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }
}
