import type { Self } from "../../src/kernel/self.js";
import { type Call, callOf, task } from "../../src/tasks/module-reference.js";
import type { System } from "./system.js";

export type Doing = "take" | "fail" | "never" | "crash";

/** A call of what a task of the system does, known by a key of its own. */
export const call = (doing: Doing, ms: number, key: string): Call<number> => callOf("simulated:", doing, [ms, key]) as Call<number>;

/** What the tasks of a system do: they take so many milliseconds, and then answer them, fail, never come to an end, or end their node. */
export function functionsOf(system: System): Readonly<Record<Doing, unknown>> {
  const doing = (end: (self: Self, ms: number, key: string) => unknown): unknown =>
    task(async (self, ms: number, key: string) => {
      const isOver = system.begins(key, self.node);
      try {
        if (ms !== Infinity) await self.sleep(ms);
        return await end(self, ms, key);
      } finally {
        isOver();
      }
    });
  return {
    take: doing((_self, ms) => ms),
    never: doing((self) => self.receive()),
    fail: doing((_self, _ms, key) => {
      throw system.planned(key);
    }),
    crash: doing((self, ms) => {
      system.plansEndOf(self.node.name);
      system.pool.nodes.find(({ name }) => name === self.node.name)?.crash();
      return ms;
    }),
  };
}
