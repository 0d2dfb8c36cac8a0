import { Task } from "taskward";
import { describe, expect, it } from "vitest";
import { poolAt } from "../../faults/pool.js";
import { kinds, tasks } from "./pools.js";

describe.each(kinds)("P5 the size of a pool of $name", ({ on, name }) => {
  it.each([
    [{ size: 0 }, "size is 0: give a whole number, 1 or more"],
    [{ max: 1.5 }, "max is 1.5: give a whole number, 1 or more"],
    [{ max: Number.POSITIVE_INFINITY }, "max is Infinity: give a whole number, 1 or more"],
    [{ size: 2, max: 2 }, "size is 2: it is the same as max: give one of them"],
    [{ min: 3, max: 2 }, "min is 3: give 2 at most, which max is"],
    [{ min: 3, size: 2 }, "min is 3: give 2 at most, which size is"],
    [{ min: -1 }, "min is -1: give a whole number, 0 or more"],
    [{ idle: -1 }, "idle is -1: give a number of milliseconds, 0 or more, or Infinity"],
    [{ idle: 2 ** 31 }, "idle is 2147483648: give 2147483647 at most, or Infinity"],
    [{ recycleAfter: 0 }, "recycleAfter is 0: give a whole number, 1 or more, or Infinity"],
    [{ idel: 5 } as object, `${name} options.idel is 5: no such option; there are size, min, max, `],
  ])("T13 refuses %o", (options, message) => {
    expect(() => on(options)).toThrow(message);
  });

  it("P5 a node leaves when it has been idle, and the next task has a new one", async () => {
    const pool = poolAt(on({ size: 1, idle: 0 }));
    const first = await Task.await(pool.asyncNolink(tasks.node()));
    await expect.poll(() => Task.await(pool.asyncNolink(tasks.node()), 10_000)).not.toBe(first);
  });

  it("P5 is recycled between tasks, and nothing is lost", async () => {
    const pool = poolAt(on({ size: 2, recycleAfter: 3 }));
    const nodes = await Task.awaitMany(
      Array.from({ length: 8 }, () => pool.asyncNolink(tasks.nodeAfter(2))),
      20_000,
    );
    for (const node of new Set(nodes)) expect(nodes.filter((one) => one === node).length).toBeLessThanOrEqual(3);
    expect(new Set(nodes).size).toBeGreaterThanOrEqual(3);
  });
});
