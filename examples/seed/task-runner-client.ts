import { type Self, TaskRunner, type TaskSupervisor } from "taskward";
import { Aggregator, type Answer } from "./aggregator.js";
import { compute, mixedNumbers } from "./computation.js";

/**
 * What supervised-task.ts does, without the mechanics: a result, a crash and the deadline are events, and how they come about is the runner's
 * business. A message that is not the runner's is answered with null, and would be handled here.
 */
export async function taskRunnerClient(self: Self, supervisor: TaskSupervisor, numbers = mixedNumbers()): Promise<Answer> {
  const specs = numbers.map((x) => [supervisor, (task: Self) => compute(task, x)] as const);
  const runner = TaskRunner.run(specs, { timeout: 400, onTimeout: "keep", owner: self });
  const aggregator = new Aggregator();
  while (!runner.done) {
    const event = runner.handleMessage(await self.receive());
    if (event?.type === "ok") await aggregator.add(self, event.value);
    if (event?.type === "timeout") return { status: "timeout", value: aggregator.value };
  }
  return { status: "ok", value: aggregator.value };
}
