import { InvalidOption } from "../kernel/errors.js";

/** Items pulled one by one, whatever they come from. */
export interface Source<T> {
  /** The next item; `end` when there is none; a promise of either. Throws what the iterator throws. */
  next(): T | typeof end | Promise<T | typeof end>;
  /** Nobody will ask for more: the iterator may clean up. */
  close(): Promise<void> | undefined;
  /** It is an array: what it still holds can be told without doing anything. */
  readonly isFinite: boolean;
}

export const end = Symbol("end");

/** @throws InvalidOption when `input` is nothing that can be iterated */
export function sourceOf<T>(what: string, input: Iterable<T | Promise<T>> | AsyncIterable<T>): Source<T> {
  if (Array.isArray(input)) return new ArraySource<T>(input);
  if (typeof input === "object" && input !== null) {
    if (Symbol.asyncIterator in input) return new AsyncSource(input[Symbol.asyncIterator]());
    if (Symbol.iterator in input) return new IteratorSource<T>(input[Symbol.iterator]());
  }
  throw new InvalidOption(what, input, "give an array, an iterable or an async iterable");
}

class ArraySource<T> implements Source<T> {
  readonly isFinite = true;
  #next = 0;

  constructor(readonly items: readonly (T | Promise<T>)[]) {}

  next(): T | Promise<T> | typeof end {
    return this.#next < this.items.length ? (this.items[this.#next++] as T | Promise<T>) : end;
  }

  close(): undefined {
    this.#next = this.items.length;
  }
}

/** An iterator of either kind: one that has ended or thrown is asked nothing more, not even to clean up. */
abstract class Iterating<T, I> {
  readonly isFinite = false;

  constructor(protected iterator: I | undefined) {}

  protected given(result: IteratorResult<T, unknown>): T | typeof end {
    if (result.done !== true) return result.value;
    this.iterator = undefined;
    return end;
  }

  protected letGo(): I | undefined {
    const { iterator } = this;
    this.iterator = undefined;
    return iterator;
  }
}

class IteratorSource<T> extends Iterating<T | Promise<T>, Iterator<T | Promise<T>>> implements Source<T> {
  next(): T | Promise<T> | typeof end {
    const { iterator } = this;
    try {
      return iterator === undefined ? end : this.given(iterator.next());
    } catch (error) {
      this.iterator = undefined;
      throw error;
    }
  }

  close(): undefined {
    try {
      this.letGo()?.return?.();
    } catch {
      // whoever stops a run has no use for what cleaning up its source throws, nor for hearing that the source itself is what stops it
    }
  }
}

class AsyncSource<T> extends Iterating<T, AsyncIterator<T>> implements Source<T> {
  async next(): Promise<T | typeof end> {
    const { iterator } = this;
    try {
      return iterator === undefined ? end : this.given(await iterator.next());
    } catch (error) {
      this.iterator = undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.letGo()?.return?.();
  }
}
