import { Task, TaskRunner, collect } from "taskward";
import { describe, expect, it } from "vitest";
import { poolAt, trouble } from "../../faults/pool.js";
import { kinds, tasks } from "./pools.js";

const patience = 20_000;
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.each(kinds)("P5 what waits for a pool of $name", ({ on }) => {
  it("P5 is refused beyond maxQueue, and a run that waits loses nothing", async () => {
    const refusing = poolAt(on({ size: 1, maxQueue: 1 }));
    const two = [1, 2].map(() => refusing.asyncNolink(tasks.nodeAfter(5)));
    expect(() => refusing.asyncNolink(tasks.node())).toThrow(expect.objectContaining({ code: "queue_full" }));
    await Task.awaitMany(two, patience);
    const waiting = poolAt(on({ size: 2, maxQueue: 1, whenFull: "wait" }));
    const { values, errors } = await collect(TaskRunner.run(numbers(50).map((n) => [waiting, trouble.value(n)] as const)));
    expect([[...values].sort((a, b) => Number(a) - Number(b)), errors]).toEqual([numbers(50), []]);
  });

  it("P5 starts by priority, behind a task that takes long", async () => {
    const pool = poolAt(on({ size: 1 }));
    await Task.await(pool.asyncNolink(tasks.node()), patience);
    const endless = pool.asyncNolink(trouble.loop());
    const ended: number[] = [];
    const runner = TaskRunner.run([0, 1, 5, 0, 5, -1].map((priority) => [pool, trouble.value(priority), { priority }] as const));
    const read = (async () => {
      for await (const event of runner) if (event.type === "ok") ended.push(event.index);
    })();
    await expect.poll(() => pool.countChildren().waiting).toBe(6); // the node has handed back what it had at hand
    await Task.shutdown(endless, "brutal_kill");
    await read;
    expect(ended).toEqual([2, 4, 1, 0, 3, 5]);
  });

  it("P5 has its own node by affinity, and a new one when that is gone", async () => {
    const pool = poolAt(on({ size: 2 }));
    const keyed = numbers(6).map(() => pool.asyncNolink(tasks.nodeAfter(3), { affinity: "a" }));
    const free = numbers(6).map(() => pool.asyncNolink(tasks.nodeAfter(3)));
    const [home] = new Set(await Task.awaitMany(keyed, patience));
    expect(new Set(await Task.awaitMany(keyed, patience))).toEqual(new Set([home]));
    await Task.awaitMany(free, patience);
    await Task.yield(pool.asyncNolink(trouble.leave(1), { affinity: "a" }), patience);
    const next = await Task.awaitMany(
      numbers(4).map(() => pool.asyncNolink(tasks.node(), { affinity: "a" })),
      patience,
    );
    expect(new Set(next).size).toBe(1);
    expect(next[0]).not.toBe(home);
  });

  it("S5 is drained before the supervisor stops", async () => {
    const pool = poolAt(on({ size: 2 }));
    const all = numbers(10).map(() => pool.asyncNolink(tasks.nodeAfter(5)));
    await pool.stop("shutdown", { drain: true });
    expect(await Task.awaitMany(all, 0)).toHaveLength(10);
  });

  it("P5 is told of by metrics", async () => {
    const pool = poolAt(on({ size: 2 }));
    const all = numbers(20).map(() => pool.asyncNolink(tasks.nodeAfter(10)));
    await Task.awaitMany(all, patience);
    await Task.yield(pool.asyncNolink(trouble.crash("boom")), patience);
    const { queued, running, done, failed, wait, run, utilisation, members } = pool.metrics() ?? expect.fail("there are none");
    expect({ queued, running, done, failed }).toEqual({ queued: 0, running: 0, done: 20, failed: 1 });
    expect([wait.count, run.count]).toEqual([21, 21]);
    expect(run.p50).toBeGreaterThan(8);
    expect(wait.max).toBeGreaterThan(wait.p50 * 0.8);
    expect(wait.max).toBeGreaterThan(50); // nine others went before the last one
    expect(utilisation).toBeGreaterThan(0);
    expect(members.reduce((sum, { ended }) => sum + ended, 0)).toBe(21);
  });
});
