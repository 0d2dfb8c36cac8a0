import type { Exit } from "taskward";
import { Task, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { nothingLeft } from "./places.js";

/** What random programs, played in OTP and here, found to be different. */
describe("tasks, as in OTP", () => {
  const quiet = (): VirtualTime => new VirtualTime({ reporter: () => undefined });

  it("K6 T1 a linked task is told its owner's own reason, kill too, and not that it was killed", async () => {
    const time = quiet();
    await time.run(async (self) => {
      const supervisor = TaskSupervisor.start({ node: time.node });
      const owner = self.spawnMonitor(async (me) => {
        const task = supervisor.async(me, (one) => one.receive());
        self.send(self.pid, self.monitor(task.pid!));
        me.exit("kill");
      });
      const ref = await self.receive((message) => typeof message === "string");
      for (const one of [owner.ref, ref])
        expect(await self.receive((message) => (message as { ref?: unknown }).ref === one)).toMatchObject({ reason: "kill" });
      await supervisor.stop();
    });
  });

  it.each(["shutdown", "ignore"] as const)("T7 T8 %s unlinks, whoever has made the link", async (how) => {
    const time = quiet();
    await time.run(async (self) => {
      const supervisor = TaskSupervisor.start({ node: time.node });
      const task = supervisor.asyncNolink(self, (one) => one.receive());
      await self.sleep(1);
      self.link(task.pid!);
      if (how === "shutdown") expect(await Task.shutdown(self, task, 10)).toBeNull();
      else {
        expect(Task.ignore(self, task)).toBeNull();
        self.exit(task.pid!, "boom");
      }
      await self.sleep(10);
      await nothingLeft(self);
      await supervisor.stop();
    });
  });

  it.each([
    ["brutal_kill", "kill", null],
    [10, "shutdown", null],
    ["brutal_kill", "boom", { exit: "boom" }],
    [10, "kill", { exit: "killed" }],
  ] as const)("T7 shutdown, %o, of a task that somebody else has ended with %s", async (how, reason, answer) => {
    const time = quiet();
    await time.run(async (self) => {
      const supervisor = TaskSupervisor.start({ node: time.node });
      const task = supervisor.asyncNolink(self, (one) => one.receive());
      await self.sleep(1);
      self.exit(task.pid!, reason);
      await self.sleep(1);
      expect(await Task.shutdown(self, task, how)).toEqual(answer);
      await nothingLeft(self);
      await supervisor.stop();
    });
  });

  it.each(["shutdown", { shutdown: "x" }, "boom"])(
    "T11 K4 a stream's task that ends with %o takes its owner along, unless it traps exits",
    async (reason) => {
      const time = quiet();
      await time.run(async (self) => {
        const read = (trap: boolean) =>
          self.spawnMonitor(async (me) => {
            me.trapExit = trap;
            const items: unknown[] = [];
            for await (const item of Task.asyncStream(me, [1], (_one, task) => task.exit(reason))) items.push(item);
            me.exit({ shutdown: items });
          });
        const ends: unknown[] = [];
        for (const trap of [false, true]) {
          const { ref } = read(trap);
          ends.push(((await self.receive((message) => (message as { ref?: unknown }).ref === ref)) as Exit).reason);
        }
        expect(ends).toEqual([reason, { shutdown: [{ exit: reason }] }]);
      });
    },
  );
});
