import { attempt, isObject } from "../kernel/attempt.js";
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
  if (Array.isArray(input)) return fromArray<T>(input);
  if (isObject(input)) {
    if (Symbol.asyncIterator in input) return fromAsync(input[Symbol.asyncIterator]() as AsyncIterator<T>);
    if (Symbol.iterator in input) return fromIterator(input[Symbol.iterator]() as Iterator<T | Promise<T>>);
  }
  throw new InvalidOption(what, input, "give an array, an iterable or an async iterable");
}

function fromArray<T>(items: readonly (T | Promise<T>)[]): Source<T> {
  let at = 0;
  return {
    isFinite: true,
    next: () => (at < items.length ? (items[at++] as T | Promise<T>) : end),
    close() {
      at = items.length;
      return undefined;
    },
  };
}

// An iterator of either kind that has ended or thrown is asked nothing more, not even to clean up.

function fromIterator<T>(iterator: Iterator<T | Promise<T>> | undefined): Source<T> {
  return {
    isFinite: false,
    next() {
      try {
        if (iterator === undefined) return end;
        const result = iterator.next();
        if (result.done !== true) return result.value;
        iterator = undefined;
        return end;
      } catch (error) {
        iterator = undefined;
        throw error;
      }
    },
    close() {
      const left = iterator;
      iterator = undefined;
      // Whoever stops a run has no use for what cleaning up its source throws, nor for hearing that the source itself is what stops it.
      attempt(() => left?.return?.());
      return undefined;
    },
  };
}

function fromAsync<T>(iterator: AsyncIterator<T> | undefined): Source<T> {
  return {
    isFinite: false,
    async next() {
      try {
        if (iterator === undefined) return end;
        const result = await iterator.next();
        if (result.done !== true) return result.value;
        iterator = undefined;
        return end;
      } catch (error) {
        iterator = undefined;
        throw error;
      }
    },
    async close() {
      const left = iterator;
      iterator = undefined;
      await left?.return?.();
    },
  };
}
