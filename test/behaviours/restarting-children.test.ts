import type { Pid } from "taskward";
import { ChildNotFound, DynamicSupervisor } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";

describe("V5 a child of a dynamic supervisor that is to be started again", () => {
  const run = { id: "session", run: (self: { receive(): Promise<unknown> }) => self.receive(), backoff: { delay: 1_000 } };

  it("V5 can be terminated by the pid that it had", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const sessions = await time.until(DynamicSupervisor.start({ node: time.node }));
    const pid = (await time.until(sessions.startChild(run))) as Pid;
    await time.until(time.node.run((self) => self.exit(pid, "kill")));
    await time.advance(10);
    expect(await time.until(sessions.whichChildren())).toMatchObject([{ pid: undefined, state: "restarting" }]);
    await time.until(sessions.terminateChild(pid));
    await time.advance(5_000);
    expect(await time.until(sessions.countChildren())).toEqual({ specs: 0, active: 0, supervisors: 0, workers: 0 });
    await time.until(sessions.stop());
  });

  it("V5 is no longer known by the pid that it had when it has been started again", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const sessions = await time.until(DynamicSupervisor.start({ node: time.node }));
    const pid = (await time.until(sessions.startChild(run))) as Pid;
    await time.until(time.node.run((self) => self.exit(pid, "kill")));
    await time.advance(1_000);
    await expect(time.until(sessions.terminateChild(pid))).rejects.toThrow(ChildNotFound);
    expect(await time.until(sessions.countChildren())).toMatchObject({ active: 1 });
    await time.until(sessions.stop());
  });
});
