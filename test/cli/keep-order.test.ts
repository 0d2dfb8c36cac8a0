import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeepOrder } from "../../src/cli/keep-order.js";

describe("keeping order", () => {
  it("hands out every result once and in order, whatever order they come in", () => {
    const shuffled = fc.nat({ max: 30 }).chain((length) => fc.shuffledSubarray([...Array(length).keys()], { minLength: length }));
    fc.assert(
      fc.property(shuffled, (arrivals) => {
        const order = new KeepOrder<{ n: number }>();
        for (const _ of arrivals) order.ticket();
        const out = arrivals.flatMap((ticket) => [...order.add(ticket, { n: ticket })]);
        expect(out.map(({ n }) => n)).toEqual([...Array(arrivals.length).keys()]);
      }),
    );
  });

  it("hands out the rest in order when a task before it never ended", () => {
    const order = new KeepOrder<string>();
    for (let i = 0; i < 4; i++) order.ticket();
    expect([...order.add(3, "three"), ...order.add(1, "one")]).toEqual([]);
    expect([...order.rest()]).toEqual(["one", "three"]);
  });

  it("makes the input wait when the oldest task is slow", async () => {
    const order = new KeepOrder<string>(2);
    order.ticket();
    await order.room();
    order.ticket();
    let hasRoom = false;
    const waiting = order.room().then(() => {
      hasRoom = true;
    });
    expect([...order.add(1, "one")]).toEqual([]);
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    expect([...order.add(0, "zero")]).toEqual(["zero", "one"]);
    await waiting;
  });
});
