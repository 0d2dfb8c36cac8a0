import type { NodeDown, TaskFailed } from "taskward";
import { Deadlock, Task, TaskSupervisor, task, tasksFrom } from "taskward";
import { type Simulation, type SimulatedPool, type SimulatedPoolOptions, simulate, simulatedPool } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** The nodes on which a task has slept to its end. */
const awoken: string[] = [];
const functions = {
  plain: (n: number) => 2 * n,
  take: task(async (self, ms: number) => {
    await self.sleep(ms);
    awoken.push(self.node.name);
    return self.node.name;
  }),
  never: task((self) => self.receive()),
};
const { plain, take, never } = tasksFrom<typeof functions>("file:///functions.js");
const { other } = tasksFrom<{ other: () => void }>("file:///functions.js");

type Sim = Simulation<"a" | "b">;

/** A pool on node a, and a supervisor of it. */
const started = (sim: Sim, options: Partial<SimulatedPoolOptions> = {}): { readonly pool: SimulatedPool; readonly cores: TaskSupervisor } => {
  const pool = simulatedPool(sim, { functions, ...options });
  return { pool, cores: TaskSupervisor.start({ node: sim.nodes.a, on: pool.on }) };
};
const nodes = ["a", "b"] as const;

describe("a simulated pool", () => {
  it(
    "runs functions by their names, each on one of its nodes",
    simulate({ nodes, seeds: 10 }, async (sim) => {
      const { pool, cores } = started(sim, { starts: [1, 20] });
      await sim.run("a", async (self) => {
        const tasks = [cores.async(self, take(50)), cores.async(self, take(50))] as const;
        expect(await Task.awaitMany(self, tasks)).toEqual(["a/s1", "a/s2"]);
        expect(await Task.await(self, cores.async(self, plain(21)))).toBe(42);
        expect(pool.nodes.map(({ name }) => name)).toEqual(["a/s1", "a/s2"]);
        await expect(Task.await(self, cores.asyncNolink(self, other()))).rejects.toThrow(/no function "other": its functions are plain, take, never/);
      });
      await cores.stop();
      expect(pool.nodes).toEqual([]);
    }),
  );

  it("plays the same again from the same seed, crashes and stalls included", async () => {
    const traceOf = async (seed: number): Promise<string[]> => {
      await using sim: Sim = simulate({ nodes, seed });
      const { pool, cores } = started(sim, { starts: [0, 30], concurrentTasksPerNode: 2 });
      sim.time.clock.set(() => pool.nodes[0]?.crash(), 20);
      sim.time.clock.set(() => pool.nodes[1]?.stall(), 30);
      const all = [10, 20, 30, 40].map((ms) => cores.asyncNolink(take(ms)));
      await sim.until(Task.yieldMany(all, { timeout: 300, onTimeout: "kill_task" }));
      await sim.until(cores.stop());
      sim.expectCrash(/NodeDown/, { times: Infinity });
      return sim.trace;
    };
    const traces = new Set<string>();
    for (let seed = 1; seed <= 10; seed++) {
      const trace = await traceOf(seed);
      expect(await traceOf(seed)).toEqual(trace);
      traces.add(trace.join("\n"));
    }
    expect(traces.size).toBe(10);
  });

  it(
    "has a task end with NodeDown whose node crashes, and runs elsewhere what waited there",
    simulate({ nodes, seeds: 10 }, async (sim) => {
      const { pool, cores } = started(sim, { size: 1 });
      await sim.run("a", async (self) => {
        const [first, second] = [cores.asyncNolink(self, never()), cores.asyncNolink(self, take(1))];
        await self.sleep(20);
        pool.nodes[0]?.crash(9);
        const failed = await Task.await(self, first).catch((error: unknown) => error);
        expect((failed as TaskFailed).reason).toMatchObject({ code: "node_down", exitCode: 9 } satisfies Partial<NodeDown>);
        expect(await Task.await(self, second)).toBe("a/s2");
      });
      await cores.stop();
    }),
  );

  it(
    "gets nothing of a node that stalls until it goes on",
    simulate({ nodes, seeds: 10 }, async (sim) => {
      const { pool, cores } = started(sim, { size: 1 });
      await sim.run("a", async (self) => {
        const one = cores.asyncNolink(self, take(100));
        await self.sleep(20);
        const [node] = pool.nodes;
        node?.stall();
        expect(node?.isStalled).toBe(true);
        awoken.length = 0;
        expect(await Task.yield(self, one, 5_000)).toBeNull();
        expect(awoken).toEqual([]);
        node?.resume();
        expect(await Task.await(self, one, 10)).toBe("a/s1");
      });
      await cores.stop();
    }),
  );

  it(
    "stops a stalled node to kill its task",
    simulate({ nodes, seeds: 10 }, async (sim) => {
      const { pool, cores } = started(sim, { size: 1 });
      await sim.run("a", async (self) => {
        const one = cores.asyncNolink(self, take(100));
        await self.sleep(20);
        const [node] = pool.nodes;
        node?.stall();
        const { now } = sim.time;
        expect(await Task.shutdown(self, one, "brutal_kill")).toBeNull();
        expect([node?.isAlive, sim.time.now - now]).toEqual([false, 5]);
      });
      await cores.stop();
    }),
  );

  it("does not keep time going when nothing can happen any more", async () => {
    const sim: Sim = simulate({ nodes });
    const { cores } = started(sim);
    await expect(sim.run("a", (self) => Task.await(self, cores.async(self, never()), Infinity))).rejects.toThrow(Deadlock);
    expect(sim.time.now).toBeLessThan(10_000);
    await sim.until(cores.stop());
  });

  it(
    "dies with its node",
    simulate({ nodes, seeds: 10 }, async (sim) => {
      const { pool, cores } = started(sim);
      const ended: unknown[] = [];
      for (const one of [never(), never()]) void Task.yield(cores.asyncNolink(one), Infinity).then((result) => ended.push(result));
      await sim.advance(20);
      expect(pool.nodes.length).toBe(2);
      sim.crash("a");
      expect(pool.nodes).toEqual([]);
      await sim.advance(20);
      expect(cores.isRunning).toBe(false);
    }),
  );

  it.each<[string, object]>([
    ["functions", {}],
    ["size", { functions, size: 0 }],
    ["concurrentTasksPerNode", { functions, concurrentTasksPerNode: -1 }],
    ["delay", { functions, delay: [5, 1] }],
    ["starts", { functions, starts: 5 }],
    ["env", { functions, env: {} }],
  ])("is refused where its %s cannot be", async (option, options) => {
    await using sim = simulate({ nodes });
    expect(() => simulatedPool(sim, options as SimulatedPoolOptions)).toThrow(option);
  });
});

describe("a simulated node that has crashed", () => {
  it(
    "N3 returns as another incarnation: its name leads to the new one, and pids of before stay dead",
    simulate({ nodes, seeds: 20 }, async (sim) => {
      const before = sim.nodes.b.spawn((self) => self.receive());
      await sim.run("a", async (self) => {
        self.monitor(before);
        await self.sleep(20);
        sim.crash("b");
        expect(await self.receive()).toMatchObject({ reason: "noconnection" });
        const again = sim.restart("b");
        expect([again, again.name]).toEqual([sim.nodes.b, "b~2"]);
        again.spawn(async (one) => {
          one.register("greeter");
          self.send(self.pid, "ready");
          one.send((await one.receive()) as typeof self.pid, "hello");
        });
        expect(await self.receive()).toBe("ready");
        self.send({ name: "greeter", node: "b" }, self.pid);
        expect(await self.receive()).toBe("hello");
        self.monitor(before);
        expect(await self.receive()).toMatchObject({ reason: "noproc" });
      });
    }),
  );

  it("does so once for each crash", async () => {
    await using sim = simulate({ nodes });
    expect(() => sim.restart("b")).toThrow(/it lives: crash it first/);
    for (const name of ["b~2", "b~3"]) {
      sim.crash("b");
      expect(sim.restart("b").name).toBe(name);
      await sim.advance(1);
    }
    expect(sim.trace.filter((line) => line.includes("starts")).map((line) => line.trim().slice(-10))).toEqual(["b~2 starts", "b~3 starts"]);
  });
});
