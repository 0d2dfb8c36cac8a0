import { type CrashReport, Down, type Pid, type ProcessFunction, type Self, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";

/** A node in virtual time, a supervisor on it, and the crashes that were reported. */
export function world(): { time: VirtualTime; supervisor: TaskSupervisor; reports: CrashReport[] } {
  const reports: CrashReport[] = [];
  const time = new VirtualTime({ reporter: (report) => reports.push(report) });
  return { time, supervisor: TaskSupervisor.start({ node: time.node }), reports };
}

/** The processes of a node that are no supervisors. */
export const working = ({ node }: VirtualTime): Pid[] =>
  [...node.processes()].filter(({ label }) => label !== "TaskSupervisor").map(({ pid }) => pid);

/** How many messages wait in one's own mailbox. */
export const mailboxLength = (self: Self): number | undefined => self.info(self.pid)?.mailboxLength;

/** Runs a program, and then looks into the mailbox it ran with: at once, and when whatever was late has happened. */
export async function runAndLook<R>(time: VirtualTime, program: (self: Self) => Promise<R>): Promise<{ answer: R; at: number; left: unknown[] }> {
  return time.run(async (self) => {
    const answer = await program(self);
    const at = time.now;
    const left = [mailboxLength(self)];
    await self.sleep(5_000);
    left.push(mailboxLength(self));
    return { answer, at, left };
  });
}

/** Starts a program as a process, crashes it after `ms` milliseconds, and answers how the tasks of the supervisor ended. */
export async function crashOwner<M>(
  time: VirtualTime,
  supervisor: TaskSupervisor,
  program: ProcessFunction<M, unknown>,
  ms: number,
): Promise<unknown[]> {
  return time.run(async (self) => {
    const owner = self.spawn(program);
    await self.sleep(ms);
    const tasks = supervisor.children().map(({ pid }) => pid as Pid);
    for (const pid of tasks) self.monitor(pid);
    self.exit(owner, "crashed while adding up");
    const ends: unknown[] = [];
    while (ends.length < tasks.length) ends.push((await self.receive((message) => message instanceof Down)).reason);
    return ends;
  });
}
