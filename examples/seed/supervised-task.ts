import { Down, type Pid, type Ref, type Self, type TaskSupervisor } from "taskward";
import { Aggregator, type Answer } from "./aggregator.js";
import { compute, mixedNumbers } from "./computation.js";

/** The message that says that the time is up. */
class Deadline {
  constructor(readonly ref: Ref) {}
}

/** The message that brings a result. The work ref tells this run's results from any other's. */
class Result {
  constructor(
    readonly work: Ref,
    readonly from: Pid,
    readonly value: number,
  ) {}
}

/**
 * Nobody is linked: a task that crashes harms nobody, this process hears of it and goes on, and should this process crash, the tasks go on. The
 * price is paid by hand: tasks send their results themselves, a monitor tells of each crash, a ref tells each kind of message from any other, and
 * what may still come is taken back.
 */
export async function supervisedTask(self: Self, supervisor: TaskSupervisor, numbers = mixedNumbers()): Promise<Answer> {
  // An address of this process that can be taken back: what is sent to it afterwards arrives nowhere.
  const work = self.alias();
  const pending = new Map(numbers.map((x) => startComputation(self, supervisor, work, x)));
  const deadline = self.node.ref();
  const timer = self.sendAfter(self.pid, new Deadline(deadline), 400);
  const isResult = (message: unknown): message is Result => message instanceof Result && message.work === work;
  const isDeadline = (message: unknown): message is Deadline => message instanceof Deadline && message.ref === deadline;
  const aggregator = new Aggregator();
  try {
    while (pending.size > 0) {
      const message = await self.receive();
      if (isDeadline(message)) return { status: "timeout", value: aggregator.value };
      if (isResult(message)) {
        const monitor = pending.get(message.from);
        if (monitor !== undefined) self.demonitor(monitor, { flush: true });
        pending.delete(message.from);
        await aggregator.add(self, message.value);
      } else if (message instanceof Down) pending.delete(message.from as Pid); // it crashed: nobody waits for it any longer
    }
    return { status: "ok", value: aggregator.value };
  } finally {
    timer.cancel();
    self.unalias(work);
    for (const monitor of pending.values()) self.demonitor(monitor, { flush: true });
    while ((await self.receive((message) => isResult(message) || isDeadline(message), { after: 0 })) !== undefined);
  }
}

function startComputation(self: Self, supervisor: TaskSupervisor, work: Ref, x: number): [pid: Pid, monitor: Ref] {
  const { pid } = supervisor.startChild(async (task) => {
    const value = await compute(task, x);
    task.send(work, new Result(work, task.pid, value));
  });
  if (pid === undefined) throw new Error("give a supervisor that starts its tasks at once, on this event loop");
  return [pid, self.monitor(pid)];
}
