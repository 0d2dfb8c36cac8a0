import { describe, expect, it } from "vitest";
import type { Self } from "../../../src/kernel/self.js";
import { type Call, callOf, task } from "../../../src/tasks/module-reference.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { Task } from "../../../src/tasks/task.js";
import { simulate } from "../../../src/testing/simulate.js";
import { type SimulatedPool, simulatedPool } from "../../../src/testing/simulated-pool.js";
import type { Simulation } from "../../../src/testing/simulation.js";

const take = task(async (self: Self, ms: number) => {
  await self.sleep(ms);
  return ms;
});
const call = (ms: number): Call<number> => callOf("simulated:", "take", [ms]) as Call<number>;

/** One node, from which an answer takes longer than a pool waits for that of a kill. */
function slowPool(sim: Simulation<"a">): { readonly pool: SimulatedPool; readonly cores: TaskSupervisor } {
  const pool = simulatedPool(sim, { functions: { take }, size: 1, delay: [4, 4] });
  return { pool, cores: TaskSupervisor.start({ node: sim.nodes.a, on: pool.on }) };
}

describe("a task that is killed in a pool", () => {
  it(
    "S3 takes none along that began after it, however late its node answers",
    simulate({ nodes: ["a"], seeds: 20 }, async (sim) => {
      const { cores } = slowPool(sim);
      await sim.run("a", async (self) => {
        const [first, second] = [cores.asyncNolink(self, call(1_000)), cores.asyncNolink(self, call(30))];
        await self.sleep(20);
        expect(await Task.shutdown(self, first, "brutal_kill")).toBeNull();
        expect(await Task.await(self, second)).toBe(30);
      });
      await cores.stop();
    }),
  );

  it(
    "S3 has its node stopped where that does not answer, and those that wait there run elsewhere",
    simulate({ nodes: ["a"], seeds: 20 }, async (sim) => {
      const { pool, cores } = slowPool(sim);
      await sim.run("a", async (self) => {
        const [first, second] = [cores.asyncNolink(self, call(1_000)), cores.asyncNolink(self, call(30))];
        await self.sleep(20);
        const [node] = pool.nodes;
        node?.stall();
        expect(await Task.shutdown(self, first, "brutal_kill")).toBeNull();
        expect(node?.isAlive).toBe(false);
        expect(await Task.await(self, second)).toBe(30);
      });
      await cores.stop();
    }),
  );
});

describe("a node of a pool that dies", () => {
  it(
    "T1 has linked tasks end that waited there when its death ends their owner",
    simulate({ nodes: ["a"], seeds: 20 }, async (sim) => {
      const { pool, cores } = slowPool(sim);
      const owner = sim.nodes.a.run(async (self) => {
        cores.async(self, call(1_000));
        cores.async(self, call(2_000));
        await self.receive();
      });
      await sim.advance(20);
      pool.nodes[0]?.crash();
      await expect(sim.until(owner)).rejects.toThrow(/a\/s1 went down/);
      await sim.advance(20);
      expect(cores.children()).toEqual([]);
      await sim.until(cores.stop());
    }),
  );
});
