import { type Self, Task } from "taskward";
import { Aggregator } from "./aggregator.js";
import { compute, randomNumbers } from "./computation.js";

/** The results as they arrive: what the fast tasks gave is added up while the slow ones still run. Still all or nothing, for the tasks are linked. */
export async function asyncFind(self: Self, numbers = randomNumbers()): Promise<number> {
  const pending = new Set(numbers.map((x) => Task.async(self, (task) => compute(task, x))));
  const aggregator = new Aggregator();
  while (pending.size > 0) {
    const found = Task.find(pending, await self.receive());
    if (found?.type !== "ok") continue; // a message that is none of ours
    pending.delete(found.task);
    await aggregator.add(self, found.value);
  }
  return aggregator.value;
}
