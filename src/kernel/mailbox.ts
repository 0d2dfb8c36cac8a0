/** One message in a mailbox. Whoever keeps the entry can take the message out of the middle without a search. */
export interface Entry {
  readonly message: unknown;
  previous: Entry | null;
  next: Entry | null;
  inside: boolean;
}

/**
 * Messages in order of arrival, as a linked list: taking one out of the middle (selective receive, flushing) costs nothing,
 * and an empty mailbox costs two fields.
 */
export class Mailbox {
  #first: Entry | null = null;
  #last: Entry | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(message: unknown): Entry {
    const entry: Entry = { message, previous: this.#last, next: null, inside: true };
    if (this.#last === null) this.#first = entry;
    else this.#last.next = entry;
    this.#last = entry;
    this.#length++;
    return entry;
  }

  /** The first entry that matches, left where it is. */
  find(match: ((message: unknown) => boolean) | undefined): Entry | null {
    let entry = this.#first;
    if (match === undefined) return entry;
    while (entry !== null && !match(entry.message)) entry = entry.next;
    return entry;
  }

  remove(entry: Entry): boolean {
    if (!entry.inside) return false;
    entry.inside = false;
    if (entry.previous === null) this.#first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.#last = entry.previous;
    else entry.next.previous = entry.previous;
    this.#length--;
    return true;
  }

  removeAll(match: (message: unknown) => boolean): number {
    let removed = 0;
    for (let entry = this.#first; entry !== null;) {
      const next = entry.next;
      if (match(entry.message) && this.remove(entry)) removed++;
      entry = next;
    }
    return removed;
  }

  clear(): void {
    for (let entry = this.#first; entry !== null; entry = entry.next) entry.inside = false;
    this.#first = this.#last = null;
    this.#length = 0;
  }
}
