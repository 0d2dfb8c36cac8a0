import type { Self } from "../../src/kernel/self.js";
import { type Call, callOf, task } from "../../src/tasks/module-reference.js";
import { type SimulatedPool, simulatedPool } from "../../src/testing/simulated-pool.js";
import type { Simulation } from "../../src/testing/simulation.js";

export type Doing = "take" | "fail" | "never" | "crash";

/** What the tasks of the pool do: they take so many milliseconds, and then answer them, fail, never come to an end, or end their node. */
export const call = (name: Doing, ...args: unknown[]): Call<number> => callOf("simulated:", name, args) as Call<number>;

/** A pool of two nodes, which take some time to start. */
export function makePool<N extends string>(sim: Simulation<N>, failure: () => Error): SimulatedPool {
  const take = async (self: Self, ms: number): Promise<number> => {
    await self.sleep(ms);
    return ms;
  };
  const pool: SimulatedPool = simulatedPool(sim, {
    starts: [0, 20],
    functions: {
      take: task(take),
      never: task((self) => self.receive()),
      fail: task(async (self, ms: number) => {
        await self.sleep(ms);
        throw failure();
      }),
      crash: task(async (self, ms: number) => {
        await self.sleep(ms);
        pool.nodes.find(({ name }) => name === self.node.name)?.crash();
        return ms;
      }),
    },
  });
  return pool;
}
