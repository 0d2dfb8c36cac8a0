/**
 * An async iterator that can be closed from outside at any time. A generator cannot: asked to return while it waits for a slow input, it
 * answers when the input does, if ever. Here whoever waits gets the end at once.
 */
export class Closable<T> implements AsyncIterableIterator<T> {
  readonly #inner: AsyncIterator<T, unknown, undefined>;
  readonly #onClose: () => void;
  #closed = false;
  #end: (() => void) | undefined;

  constructor(inner: AsyncIterable<T, unknown, undefined>, onClose: () => void) {
    this.#inner = inner[Symbol.asyncIterator]();
    this.#onClose = onClose;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#closed) return Promise.resolve(end);
    return new Promise((resolve, reject) => {
      this.#end = () => resolve(end);
      this.#inner.next().then((result) => resolve(result.done ? end : result), reject);
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.close();
    return Promise.resolve(end);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end?.();
    this.#onClose();
  }
}

const end = { done: true, value: undefined } as const;
