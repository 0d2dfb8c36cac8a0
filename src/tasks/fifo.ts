/** Items in the order in which they came. Taking the first does not move the others: what is past is cut off now and then. */
export class Fifo<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  /** Only where there is one. */
  shift(): T {
    const items = this.#items;
    const item = items[this.#head++] as T;
    if (this.#head === items.length) this.clear();
    else if (this.#head > 256 && this.#head * 2 > items.length) {
      items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
