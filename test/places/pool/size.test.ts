import { describe, expect, it } from "vitest";
import { Task } from "../../../src/tasks/task.js";
import { type Simulated, simulated, take } from "./simulated.js";

/** Runs so many tasks of 10 ms at once; answers on which nodes. */
async function burst({ time, supervisor }: Simulated, count: number): Promise<number[]> {
  const tasks = Array.from({ length: count }, () => supervisor.asyncNolink(take(10)));
  const all = Task.awaitMany(tasks, 1_000);
  return time.until(all);
}
const stop = (pool: Simulated): Promise<void> => pool.time.until(pool.supervisor.stop());

describe("P5 how many nodes a pool has", () => {
  it("P5 none before there is work, and no more than max under load", async () => {
    const pool = simulated({ max: 3 });
    expect(pool.nodes()).toEqual([]);
    expect(new Set(await burst(pool, 12))).toEqual(new Set([1, 2, 3]));
    expect(pool.nodes()).toEqual([1, 2, 3]);
    await stop(pool);
    expect(pool.nodes()).toEqual([]);
  });

  it("P5 min start with the supervisor, before there is work", async () => {
    const pool = simulated({ min: 2, max: 3 });
    await pool.time.advance(0);
    expect(pool.nodes()).toEqual([1, 2]);
    await stop(pool);
  });

  it("P5 shrinks to min when its nodes have been idle, and grows again", async () => {
    const pool = simulated({ min: 1, max: 3, idle: 1_000 });
    await burst(pool, 12);
    await pool.time.advance(900);
    expect(pool.nodes()).toEqual([1, 2, 3]);
    await pool.time.advance(110);
    expect(pool.nodes()).toEqual([1]);
    expect(new Set(await burst(pool, 12))).toEqual(new Set([1, 4, 5]));
    await stop(pool);
  });

  it("P5 a node that has work now and then does not leave", async () => {
    const pool = simulated({ max: 2, idle: 100 });
    await burst(pool, 4);
    for (let times = 0; times < 5; times++) {
      await pool.time.advance(60);
      expect(await burst(pool, 1)).toEqual([1]);
    }
    expect(pool.nodes()).toEqual([1]);
    await pool.time.advance(120);
    expect(pool.nodes()).toEqual([]);
    await stop(pool);
  });

  it("P5 nodes stay however idle they are, unless told otherwise", async () => {
    const pool = simulated({ max: 2 });
    await burst(pool, 4);
    await pool.time.advance(10_000_000);
    expect(pool.nodes()).toEqual([1, 2]);
    expect(pool.time.clock.pending).toBe(0);
    await stop(pool);
  });

  it("P5 one of min that dies is replaced at once", async () => {
    const pool = simulated({ min: 2, max: 2 });
    await burst(pool, 2);
    await pool.crash(1);
    expect(pool.nodes()).toEqual([2, 3]);
    expect(await burst(pool, 4)).not.toContain(1);
    await stop(pool);
  });

  it("P5 one that cannot start is not replaced before there is work for it", async () => {
    const pool = simulated({ min: 2, max: 2, startsBroken: true });
    await pool.time.advance(1_000);
    const first = pool.supervisor.asyncNolink(take(1));
    expect(await pool.time.until(Task.yield(first))).toMatchObject({ exit: { message: expect.stringContaining("could not start") } });
    await pool.time.advance(1_000);
    expect(pool.supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
    await stop(pool);
  });

  it("P5 leaves no timer behind", async () => {
    const pool = simulated({ max: 2, idle: 1_000 });
    await burst(pool, 2);
    await stop(pool);
    expect(pool.time.clock.pending).toBe(0);
  });
});

describe("P5 a node is recycled after so many tasks", () => {
  it.each([1, 2, 5])("P5 after %i", async (recycleAfter) => {
    const pool = simulated({ max: 2, recycleAfter });
    const ran = await burst(pool, 24);
    expect(ran).toHaveLength(24);
    for (const node of new Set(ran)) expect(ran.filter((one) => one === node).length).toBeLessThanOrEqual(recycleAfter);
    await stop(pool);
  });

  it("P5 never more at work than max, and the next ones wait for nobody", async () => {
    const pool = simulated({ max: 1, recycleAfter: 1 });
    const begun = pool.time.now;
    expect(new Set(await burst(pool, 10)).size).toBe(10);
    expect(pool.time.now - begun).toBe(100);
    await stop(pool);
  });

  it("P5 with several tasks at once, after the last of them", async () => {
    const pool = simulated({ max: 1, concurrency: 3, recycleAfter: 4 });
    const ran = await burst(pool, 12);
    for (const node of new Set(ran)) expect(ran.filter((one) => one === node)).toHaveLength(4);
    await stop(pool);
  });

  it("P5 a task that was taken back in the queue does not count", async () => {
    const pool = simulated({ max: 1, recycleAfter: 2 });
    const first = pool.supervisor.asyncNolink(take(10));
    const second = pool.supervisor.asyncNolink(take(10));
    await pool.time.until(Task.shutdown(second, "brutal_kill"));
    expect(await pool.time.until(Task.await(first))).toBe(1);
    expect(await burst(pool, 2)).toEqual([1, 2]);
    await stop(pool);
  });
});
