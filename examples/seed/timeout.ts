import { type Ref, type Self, Task } from "taskward";
import { Aggregator, type Answer } from "./aggregator.js";
import { compute, randomNumbers } from "./computation.js";

/** The message that says that the time is up. Its ref tells this run's deadline from any other. */
class Deadline {
  constructor(readonly ref: Ref) {}
}

/**
 * One deadline for all, 900 milliseconds from now: whatever has come by then is the answer. It is a message like the results, so it must be told
 * from them, and cleaned up after, by hand. A TaskRunner needs none of this: it has one deadline, and once it is done nothing of it arrives.
 */
export async function timeout(self: Self, numbers = randomNumbers()): Promise<Answer> {
  const pending = new Set(numbers.map((x) => Task.async(self, (task) => compute(task, x))));
  const ref = self.node.ref();
  const timer = self.sendAfter(self.pid, new Deadline(ref), 900);
  const isDeadline = (message: unknown): boolean => message instanceof Deadline && message.ref === ref;
  const aggregator = new Aggregator();
  try {
    while (pending.size > 0) {
      const message = await self.receive();
      if (isDeadline(message)) return { status: "timeout", value: aggregator.value };
      const found = Task.find(pending, message);
      if (found?.type !== "ok") continue; // a message that is none of ours
      pending.delete(found.task);
      await aggregator.add(self, found.value);
    }
    return { status: "ok", value: aggregator.value };
  } finally {
    timer.cancel();
    // The deadline may have struck after the last result had come: then its message is there already.
    await self.receive(isDeadline, { after: 0 });
    // The tasks that are late run on, but what they return must not turn up here one day.
    for (const task of pending) Task.ignore(self, task);
  }
}
