import { describe, expect, it } from "vitest";
import { TaskRunner } from "../../../src/tasks/runner.js";
import { collect } from "../../../src/tasks/policies.js";
import type { Spec } from "../../../src/tasks/spec.js";
import { Task } from "../../../src/tasks/task.js";
import { type Simulated, simulated, take } from "./simulated.js";

const stop = (pool: Simulated): Promise<void> => pool.time.until(pool.supervisor.stop());
const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("P5 a pool whose queue has a limit", () => {
  it("P5 refuses what is too much, with the numbers, and disturbs nothing", async () => {
    const pool = simulated({ max: 2, maxQueue: 3 });
    const accepted = numbers(5).map(() => pool.supervisor.asyncNolink(take(10)));
    expect(() => pool.supervisor.asyncNolink(take(10))).toThrow(
      'the pool has 3 tasks that wait beyond the 2 that it runs, and maxQueue is 3: raise it, or have runs and streams wait with whenFull: "wait"',
    );
    expect(await pool.time.until(Task.awaitMany(accepted))).toHaveLength(5);
    expect(await pool.time.until(Task.await(pool.supervisor.asyncNolink(take(10))))).toBe(1);
    await stop(pool);
  });

  it("P5 0 means that nothing waits", async () => {
    const pool = simulated({ max: 1, maxQueue: 0 });
    const one = pool.supervisor.asyncNolink(take(10));
    expect(() => pool.supervisor.asyncNolink(take(10))).toThrow("the pool has 0 tasks that wait beyond the 1 that it runs");
    await pool.time.until(Task.await(one));
    await stop(pool);
  });

  it("R11 in a run, what is refused is an event", async () => {
    const pool = simulated({ max: 1, maxQueue: 1 });
    const runner = TaskRunner.run(
      numbers(4).map(() => [pool.supervisor, take(10)] as const),
      { node: pool.time.node },
    );
    const { values, errors } = await pool.time.until(collect(runner));
    expect(values).toHaveLength(2);
    expect(errors.map(({ index, reason }) => [index, (reason as { code: string }).code])).toEqual([
      [2, "queue_full"],
      [3, "queue_full"],
    ]);
    await stop(pool);
  });

  it.each(["array", "iterator"])("P5 runs wait when they are told to, and take turns: %s", async (kind) => {
    const pool = simulated({ max: 2, maxQueue: 2, whenFull: "wait" });
    let most = 0;
    function* specs(): Generator<Spec<number>> {
      for (const _ of numbers(20)) {
        const { active, waiting } = pool.supervisor.countChildren();
        most = Math.max(most, active + waiting);
        yield [pool.supervisor, take(10)];
      }
    }
    const runs = [1, 2].map(() => TaskRunner.run(kind === "array" ? [...specs()] : specs(), { node: pool.time.node }));
    const all = await pool.time.until(Promise.all(runs.map((runner) => collect(runner))));
    expect(all.map(({ values, errors }) => [values.length, errors])).toEqual([
      [20, []],
      [20, []],
    ]);
    expect(most).toBeLessThanOrEqual(4);
    expect(pool.time.now).toBe(200);
    await stop(pool);
  });

  it("P5 a run that waits pulls nothing more than the task that waits", async () => {
    const pool = simulated({ max: 1, maxQueue: 0, whenFull: "wait" });
    let pulled = 0;
    function* specs(): Generator<Spec<number>> {
      for (; pulled < 10; pulled++) yield [pool.supervisor, take(10)];
    }
    const all = collect(TaskRunner.run(specs(), { node: pool.time.node }));
    await pool.time.advance(5);
    expect(pulled).toBeLessThanOrEqual(1); // the second has been handed out
    expect((await pool.time.until(all)).values).toHaveLength(10);
    await stop(pool);
  });

  it("P5 a run that waits can be cancelled, reaches its deadline, and does not hold others up", async () => {
    const pool = simulated({ max: 1, maxQueue: 0, whenFull: "wait" });
    const start = (timeout: number): TaskRunner<number> =>
      TaskRunner.run(
        numbers(3).map(() => [pool.supervisor, take(10)] as const),
        { node: pool.time.node, timeout },
      );
    const [first, cancelled, late] = [start(1_000), start(1_000), start(5)] as const;
    const lateEvents = collect(late);
    await pool.time.until(cancelled.cancel());
    expect((await pool.time.until(collect(first))).values).toHaveLength(3);
    expect(await lateEvents).toMatchObject({ values: [], timedOut: true });
    expect(pool.supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
    await stop(pool);
  });

  it("P5 a run that waits is told when the supervisor stops", async () => {
    const pool = simulated({ max: 1, maxQueue: 0, whenFull: "wait" });
    const runner = TaskRunner.run(
      numbers(3).map(() => [pool.supervisor, take(10)] as const),
      { node: pool.time.node },
    );
    const all = collect(runner);
    await pool.time.until(pool.supervisor.stop("killed"));
    const codes = (await pool.time.until(all)).errors.map(({ reason }) => (reason as { code?: string }).code ?? reason);
    expect(codes).toHaveLength(3);
    expect(codes).toContain("supervisor_down");
  });

  it("P5 a stream waits too", async () => {
    const pool = simulated({ max: 1, maxQueue: 0, whenFull: "wait" });
    const busy = pool.supervisor.asyncNolink(take(30));
    const seen: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const item of pool.supervisor.asyncStreamNolink([1, 2, 3], take)) seen.push(item);
    };
    await pool.time.until(read());
    expect(seen).toEqual([{ ok: 1 }, { ok: 1 }, { ok: 1 }]);
    await pool.time.until(Task.await(busy));
    await stop(pool);
  });

  it.each([
    [{ maxQueue: -1 }, "maxQueue is -1: give a whole number, 0 or more, or Infinity"],
    [{ maxQueue: 1, whenFull: "drop" as never }, 'whenFull is "drop": give one of "refuse", "wait"'],
    [{ whenFull: "wait" as const }, 'whenFull is "wait": it says what happens when maxQueue tasks wait: give maxQueue too'],
  ])("T13 refuses %o", (options, message) => {
    expect(() => simulated(options)).toThrow(message);
  });
});

describe("P5 priority", () => {
  /** Runs tasks with these priorities behind one that takes long; the order in which they ended. */
  async function order(priorities: readonly (number | undefined)[]): Promise<number[]> {
    const pool = simulated({ max: 1 });
    const first = pool.supervisor.asyncNolink(take(10));
    const second = pool.supervisor.asyncNolink(take(10)); // at hand on the node
    const ended: number[] = [];
    const runner = TaskRunner.run(
      priorities.map((priority) => [pool.supervisor, take(10), priority === undefined ? {} : { priority }] as const),
      { node: pool.time.node },
    );
    const read = async (): Promise<void> => {
      for await (const event of runner) if (event.type === "ok") ended.push(event.index);
    };
    await pool.time.until(Promise.all([read(), Task.await(first), Task.await(second)]));
    await stop(pool);
    return ended;
  }

  it("S7 without it, first come first served", async () => expect(await order([undefined, undefined, 0, undefined])).toEqual([0, 1, 2, 3]));
  it("P5 higher ones first, and of the same one in their order", async () =>
    expect(await order([undefined, 1, -1, 2.5, 1, 0, 2.5, -1])).toEqual([3, 6, 1, 4, 0, 5, 2, 7]));

  it("P5 one that waits can be stopped", async () => {
    const pool = simulated({ max: 1 });
    const busy = numbers(2).map(() => pool.supervisor.asyncNolink(take(10)));
    const high = numbers(3).map((n) => pool.supervisor.asyncNolink(take(10), { priority: n }));
    const low = pool.supervisor.asyncNolink(take(10), { priority: -1 });
    expect(await pool.time.until(Task.shutdown(high[1] as Task<number>, "brutal_kill"))).toBeNull();
    expect(pool.supervisor.countChildren().active + pool.supervisor.countChildren().waiting).toBe(5);
    expect(await pool.time.until(Task.awaitMany([...busy, high[0] as Task<number>, high[2] as Task<number>, low]))).toHaveLength(5);
    expect(pool.supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
    await stop(pool);
  });

  it("T13 refuses one that cannot be", async () => {
    const pool = simulated();
    expect(() => pool.supervisor.asyncNolink(take(1), { priority: Number.NaN })).toThrow("task options.priority is NaN: give a finite number");
    expect(() => TaskRunner.run([[pool.supervisor, take(1), { priority: "high" as never }]])).toThrow('specs[0] options.priority is "high"');
    await stop(pool);
  });
});

describe("P5 affinity", () => {
  it("P5 tasks of a key run on one node, and those of other keys on others", async () => {
    const pool = simulated({ max: 3 });
    const keys = ["a", "b", 3] as const;
    const tasks = numbers(30).map((n) => pool.supervisor.asyncNolink(take(1 + (n % 4)), { affinity: keys[n % 3] as string | number }));
    const nodes = await pool.time.until(Task.awaitMany(tasks));
    const homes = [0, 1, 2].map((key) => new Set(nodes.filter((_, n) => n % 3 === key)));
    expect(homes.map((home) => home.size)).toEqual([1, 1, 1]);
    expect(new Set(nodes).size).toBe(3);
    // Later ones find it again.
    expect(await pool.time.until(Task.await(pool.supervisor.asyncNolink(take(1), { affinity: "b" })))).toBe([...(homes[1] as Set<number>)][0]);
    await stop(pool);
  });

  it("P5 those without a key do not wait for those that have one", async () => {
    const pool = simulated({ max: 2 });
    const kept = numbers(5).map(() => pool.supervisor.asyncNolink(take(100), { affinity: "a" }));
    const free = numbers(5).map(() => pool.supervisor.asyncNolink(take(10)));
    const begun = pool.time.now;
    await pool.time.until(Task.awaitMany(free));
    expect(pool.time.now - begun).toBeLessThanOrEqual(200);
    expect(new Set(await pool.time.until(Task.awaitMany(kept))).size).toBe(1);
    await stop(pool);
  });

  it("P5 when the node dies, the key has a new one", async () => {
    const pool = simulated({ max: 2 });
    const tasks = numbers(4).map(() => pool.supervisor.asyncNolink(take(10), { affinity: "a" }));
    await pool.time.advance(5);
    await pool.crash(1);
    const [first, ...rest] = await pool.time.until(Promise.all(tasks.map((task) => Task.yield(task))));
    expect(first).toMatchObject({ exit: { code: "node_down" } });
    const nodes = rest.map((one) => (one as { ok: number }).ok);
    expect(new Set(nodes).size).toBe(1);
    expect(nodes[0]).not.toBe(1);
    await stop(pool);
  });

  it("P5 one that waits for its node can be stopped", async () => {
    const pool = simulated({ max: 2 });
    const tasks = numbers(5).map(() => pool.supervisor.asyncNolink(take(10), { affinity: "a" }));
    await pool.time.advance(5);
    expect(await pool.time.until(Task.shutdown(tasks[4] as Task<number>, 50))).toBeNull();
    expect(await pool.time.until(Task.awaitMany(tasks.slice(0, 4)))).toEqual([1, 1, 1, 1]);
    expect(pool.supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
    await stop(pool);
  });

  it("T13 refuses a key that cannot be", async () => {
    const pool = simulated();
    expect(() => pool.supervisor.asyncNolink(take(1), { affinity: {} as never })).toThrow("task options.affinity is {}: give a string or a number");
    await stop(pool);
  });
});

describe("S5 stopping when the tasks have ended", () => {
  it("S5 drains: what was submitted still runs, and more is refused", async () => {
    const pool = simulated({ max: 2 });
    const tasks = numbers(6).map(() => pool.supervisor.asyncNolink(take(10)));
    const stopped = pool.supervisor.stop("shutdown", { drain: true });
    expect(() => pool.supervisor.asyncNolink(take(1))).toThrow("is not running");
    await pool.time.until(stopped);
    expect(pool.time.now).toBe(30);
    expect(await Task.awaitMany(tasks)).toHaveLength(6);
    expect(pool.supervisor.isRunning).toBe(false);
    expect(pool.nodes()).toEqual([]);
    expect(pool.time.clock.pending).toBe(0);
  });

  it("S5 for so long at most", async () => {
    const pool = simulated({ max: 1 });
    const tasks = [10, 1_000, 10].map((ms) => pool.supervisor.asyncNolink(take(ms)));
    await pool.time.until(pool.supervisor.stop("shutdown", { drain: 100 }));
    const ends = await Promise.all(tasks.map((task) => Task.yield(task, 0)));
    expect(ends[0]).toEqual({ ok: 1 });
    expect(ends[2]).toEqual({ exit: "shutdown" });
    expect(pool.time.now).toBeLessThan(1_000);
  });

  it("S5 a second stop does not wait", async () => {
    const pool = simulated({ max: 1 });
    const task = pool.supervisor.asyncNolink(take(10_000));
    const drained = pool.supervisor.stop("shutdown", { drain: true });
    await pool.time.until(pool.supervisor.stop("killed"));
    await pool.time.until(drained);
    expect(await Task.yield(task, 0)).toMatchObject({ exit: expect.anything() });
    expect(pool.time.now).toBeLessThan(10_000);
  });

  it("S5 a permanent child is not started again", async () => {
    const pool = simulated({ max: 1 });
    pool.supervisor.startChild(take(10), { restart: "permanent" });
    await pool.time.until(pool.supervisor.stop("shutdown", { drain: true }));
    expect(pool.time.now).toBe(10);
  });

  it("T13 refuses what cannot be", async () => {
    const pool = simulated();
    expect(() => pool.supervisor.stop("shutdown", { drain: -1 })).toThrow("drain is -1: give a number of milliseconds");
    expect(() => pool.supervisor.stop("shutdown", { grace: 1 } as object)).toThrow("stop options.grace is 1: no such option; there are drain");
    await stop(pool);
  });
});

describe("P5 metrics", () => {
  it("P5 tell what waits and runs, what has ended, and how long it took", async () => {
    const pool = simulated({ max: 2 });
    const tasks = numbers(6).map(() => pool.supervisor.asyncNolink(take(1_000)));
    await pool.time.advance(500);
    expect(pool.supervisor.metrics()).toMatchObject({
      queued: 4,
      running: 2,
      done: 0,
      failed: 0,
      members: [{ state: "running" }, { state: "running" }],
    });
    await pool.time.until(Task.awaitMany(tasks, 10_000));
    const { queued, running, done, failed, members } = pool.supervisor.metrics() as NonNullable<ReturnType<typeof pool.supervisor.metrics>>;
    expect({ queued, running, done, failed }).toEqual({ queued: 0, running: 0, done: 6, failed: 0 });
    expect(members.map(({ name, state, running, ended }) => ({ name, state, running, ended }))).toEqual([
      { name: expect.stringMatching(/s1$/), state: "idle", running: 0, ended: 3 },
      { name: expect.stringMatching(/s2$/), state: "idle", running: 0, ended: 3 },
    ]);
    await pool.crash(1);
    expect(pool.supervisor.metrics()?.members).toHaveLength(1);
    await stop(pool);
  });

  it("P5 there are none on an event loop", async () => {
    const { TaskSupervisor } = await import("../../../src/tasks/supervisor.js");
    const here = TaskSupervisor.start();
    expect(here.metrics()).toBeUndefined();
    await here.stop();
  });
});
