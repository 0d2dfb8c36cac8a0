import { type Pid, type Ref, type Self, TaskRunner, type TaskSupervisor } from "taskward";
import { Aggregator, type Answer } from "./aggregator.js";
import { compute, mixedNumbers } from "./computation.js";

/** Asks the server how far it is; it answers with Progress. */
class AskProgress {
  constructor(readonly replyTo: Ref) {}
}

/** Asks the server to come to its end. */
export class Stop {
  readonly stop = true;
}

/** What the server can be sent. */
export type Request = AskProgress | Stop;

/** How far the server is: what it has summed up, how many computations failed, and whether there is more to come. */
export class Progress {
  constructor(
    readonly value: number,
    readonly failed: number,
    readonly status: "running" | Answer["status"],
  ) {}
}

/**
 * A process that has a message loop already, with messages of its own, and a run besides. Each message goes to the runner first; what is not the
 * runner's the process handles itself. So it answers while the run is going on.
 */
export async function taskRunnerServer(self: Self<Request>, supervisor: TaskSupervisor, numbers = mixedNumbers()): Promise<Answer> {
  const specs = numbers.map((x) => [supervisor, (task: Self) => compute(task, x)] as const);
  const runner = TaskRunner.run(specs, { timeout: 400, onTimeout: "keep", owner: self });
  const aggregator = new Aggregator();
  let failed = 0;
  let status: Answer["status"] = "ok";
  for (;;) {
    const message = await self.receive();
    const event = runner.handleMessage(message);
    if (event?.type === "ok") await aggregator.add(self, event.value);
    else if (event?.type === "task_error") failed++;
    else if (event?.type === "timeout") status = "timeout";
    else if (message instanceof AskProgress) self.send(message.replyTo, new Progress(aggregator.value, failed, runner.done ? status : "running"));
    else if (message instanceof Stop) return { status, value: aggregator.value };
  }
}

/** Asks a server how far it is. The answer comes to an address that takes one message and is then gone. */
export async function askProgress(self: Self, server: Pid<Request>): Promise<Progress> {
  self.send(server, new AskProgress(self.alias({ once: true })));
  return self.receive((message) => message instanceof Progress);
}
