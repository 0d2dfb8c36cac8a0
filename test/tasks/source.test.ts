import { describe, expect, it } from "vitest";
import { end, sourceOf } from "../../src/tasks/source.js";

/** An iterator of either kind that counts what is asked of it. */
function counting(items: readonly number[], { fails = false, closes = true } = {}) {
  const asked = { next: 0, closed: 0 };
  let at = 0;
  const next = (): IteratorResult<number, undefined> => {
    asked.next++;
    if (at < items.length) return { done: false, value: items[at++] as number };
    if (fails) throw new RangeError("no more");
    return { done: true, value: undefined };
  };
  const close = (): IteratorResult<number, undefined> => {
    asked.closed++;
    return { done: true, value: undefined };
  };
  return {
    asked,
    iterable: { [Symbol.iterator]: () => ({ next, ...(closes && { return: close }) }) } as Iterable<number>,
    asyncIterable: {
      [Symbol.asyncIterator]: () => ({ next: async () => Promise.resolve(next()), ...(closes && { return: async () => Promise.resolve(close()) }) }),
    } as AsyncIterable<number>,
  };
}

describe("R8 where specs and inputs come from", () => {
  it("R8 an array, whose rest is known, until it is closed", () => {
    const source = sourceOf("specs", [1, 2, 3]);
    expect([source.isFinite, source.next(), source.next()]).toEqual([true, 1, 2]);
    expect(source.close()).toBeUndefined();
    expect([source.next(), source.next()]).toEqual([end, end]);
    expect([sourceOf("specs", []).next(), sourceOf("specs", [1]).next()]).toEqual([end, 1]);
  });

  it.each(["iterable", "asyncIterable"] as const)("R8 an iterator that has ended is asked nothing more: %s", async (kind) => {
    const { asked, ...iterables } = counting([1]);
    const source = sourceOf<number>("specs", iterables[kind]);
    expect([source.isFinite, await source.next(), await source.next(), await source.next()]).toEqual([false, 1, end, end]);
    await source.close();
    expect(asked).toEqual({ next: 2, closed: 0 });
  });

  it.each(["iterable", "asyncIterable"] as const)("R8 an iterator that has thrown is asked nothing more: %s", async (kind) => {
    const { asked, ...iterables } = counting([], { fails: true });
    const source = sourceOf<number>("specs", iterables[kind]);
    await expect((async () => source.next())()).rejects.toThrow(new RangeError("no more"));
    expect(await source.next()).toBe(end);
    await source.close();
    expect(asked).toEqual({ next: 1, closed: 0 });
  });

  it.each(["iterable", "asyncIterable"] as const)("R10 an iterator that is left is closed, once: %s", async (kind) => {
    const { asked, ...iterables } = counting([1, 2]);
    const source = sourceOf<number>("specs", iterables[kind]);
    expect(await source.next()).toBe(1);
    await source.close();
    await source.close();
    expect(await source.next()).toBe(end);
    expect(asked).toEqual({ next: 1, closed: 1 });
  });

  it.each(["iterable", "asyncIterable"] as const)("R10 one that knows no closing is left as it is: %s", async (kind) => {
    const source = sourceOf<number>("specs", counting([1, 2], { closes: false })[kind]);
    expect(await source.next()).toBe(1);
    await source.close();
    expect(await source.next()).toBe(end);
  });

  it("T13 what cannot be iterated is refused", () => {
    for (const wrong of [5, "abc", {}, null, undefined])
      expect(() => sourceOf("specs", wrong as never)).toThrow(/^specs is .*: give an array, an iterable or an async iterable$/);
  });
});
