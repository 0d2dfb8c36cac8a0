import { type Self, Task } from "taskward";
import { Aggregator } from "./aggregator.js";
import { compute, randomNumbers } from "./computation.js";

/**
 * All at once, and then the results in the order in which their tasks were started. It takes as long as the slowest task, and then as long as
 * adding up takes. Links make it all or nothing: when a task crashes, the process that waits goes down with it, and so do the other tasks.
 */
export async function asyncAwait(self: Self, numbers = randomNumbers()): Promise<number> {
  const tasks = numbers.map((x) => Task.async(self, (task) => compute(task, x)));
  const results: number[] = [];
  for (const task of tasks) results.push(await Task.await(self, task));
  const aggregator = new Aggregator();
  for (const result of results) await aggregator.add(self, result);
  return aggregator.value;
}
