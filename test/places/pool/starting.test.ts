import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Task } from "../../../src/tasks/task.js";
import { type Simulated, simulated, take } from "./simulated.js";

// Nodes that have work are looked at in real time.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const looks = async ({ time }: Simulated, count: number): Promise<void> => {
  for (let look = 0; look < count; look++) {
    vi.advanceTimersByTime(10);
    await time.advance(0);
  }
};

describe("P1 a node that takes long to start", () => {
  it("P1 is not silent: it keeps its tasks when it is up and has not begun with them, and lives", async () => {
    const pool = simulated({ max: 2, startsWhenTold: true });
    const tasks = [1, 2].map(() => pool.supervisor.asyncNolink(take(1)));
    await pool.time.advance(0);
    await looks(pool, 50);
    pool.up(1);
    pool.up(2);
    await looks(pool, 2);
    pool.reads(1);
    pool.reads(2);
    await pool.time.advance(1);
    await looks(pool, 200);
    expect(await Promise.all(tasks.map((task) => pool.time.until(Task.await(task, Infinity))))).toEqual([1, 2]);
    expect(pool.nodes()).toEqual([1, 2]);
    await pool.time.until(pool.supervisor.stop());
  });

  it("P1 gives its tasks up after a while, to a node that has started, and takes others when it is up after all", async () => {
    const pool = simulated({ max: 2, startsWhenTold: true });
    const [first, second] = [1, 2].map(() => pool.supervisor.asyncNolink(take(1)));
    await pool.time.advance(0);
    pool.up(2);
    pool.reads(2);
    await pool.time.advance(1);
    await looks(pool, 600);
    await pool.time.advance(1);
    expect(await Promise.all([first, second].map((task) => pool.time.until(Task.await(task as Task<number>, Infinity))))).toEqual([2, 2]);
    expect(pool.nodes()).toEqual([1, 2]);
    pool.up(1);
    pool.reads(1);
    await looks(pool, 2);
    const more = [1, 2].map(() => pool.supervisor.asyncNolink(take(1)));
    await pool.time.advance(1);
    expect(new Set(await Promise.all(more.map((task) => pool.time.until(Task.await(task, Infinity)))))).toEqual(new Set([1, 2]));
    await pool.time.until(pool.supervisor.stop());
  });
});
