import { Down, type Pid, Task, TaskRunner, type TaskSupervisor, run } from "taskward";
import { describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import { isolated, outcomes, poolAt, trouble } from "./pool.js";

const numbers = Array.from({ length: 200 }, (_, n) => n);

describe.each(isolated)("P1 what stops a task in a $name that does not end", ({ on }) => {
  const pool = (size = 1): TaskSupervisor => poolAt(on({ size }));

  it("K6 is killed for whoever is tied to it, though its node had to be stopped for that", async () => {
    const nodes = pool();
    await run(async (self) => {
      self.trapExit = true;
      const task = nodes.async(self, trouble.loopKnown(self.pid));
      const pid = (await self.receive()) as Pid;
      const ref = self.monitor(pid);
      const witness = self.spawnMonitor(async (one) => {
        one.link(pid);
        self.send(self.pid, "linked");
        await one.receive();
      });
      await self.receive((message) => message === "linked");
      expect(await Task.shutdown(self, task, "brutal_kill")).toBeNull();
      expect(await self.receive((message) => message instanceof Down && message.ref === ref)).toMatchObject({ reason: "killed" });
      expect(await self.receive((message) => message instanceof Down && message.ref === witness.ref)).toMatchObject({ reason: "killed" });
    });
  });

  describe.each(["loop", "microtasks", "wait", "never"] as const)("%s", (kind) => {
    it("P1 the deadline of the run", async () => {
      const nodes = pool();
      await outcomes(nodes, [trouble.value(0)]); // how long a node takes to start is not what the deadline is about
      const runner = TaskRunner.run(
        [
          [nodes, trouble.value(1)],
          [nodes, trouble[kind]()],
          [nodes, trouble.value(3)],
        ],
        { timeout: 1_000, onTimeout: "kill" },
      );
      const events = [];
      for await (const event of runner) events.push(event);
      // What waited behind it on the only thread had no chance.
      expect(events).toMatchObject([
        { type: "ok", value: 1 },
        { type: "timeout", pending: [{ index: 1 }, { index: 2 }] },
      ]);
      const timeout = events[1];
      expect(timeout?.type === "timeout" && timeout.pending.map(({ startedAt }) => typeof startedAt)).toEqual(["number", "undefined"]);
      await runner.cancel();
      expect(nodes.children()).toEqual([]);
      expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 Task.shutdown with brutal_kill", async () => {
      const nodes = pool();
      await run(async (self) => {
        const begun = notes();
        const task = nodes.async(self, trouble[kind](begun.path));
        await begun.written();
        expect(await Task.shutdown(self, task, "brutal_kill")).toBeNull();
        expect(nodes.children()).toEqual([]);
      });
      expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 Task.shutdown with a time to end in", async () => {
      const nodes = pool();
      await run(async (self) => {
        const begun = notes();
        const task = nodes.asyncNolink(self, trouble[kind](begun.path));
        await begun.written();
        expect(await Task.shutdown(self, task, 50)).toBeNull();
      });
      expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 cancel, with tasks waiting behind it", async () => {
      const nodes = pool();
      const begun = notes();
      const runner = TaskRunner.run([[nodes, trouble[kind](begun.path)], ...numbers.map((n) => [nodes, trouble.value(n)] as const)], {
        onTimeout: "kill",
      });
      await begun.written();
      await runner.cancel();
      expect(nodes.children()).toEqual([]);
      expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 the end of its supervisor", async () => {
      const nodes = pool();
      const begun = notes();
      const [bad, waiting] = [nodes.asyncNolink(trouble[kind](begun.path)), nodes.asyncNolink(trouble.value(1))];
      const ends = [Task.yield(bad), Task.yield(waiting)];
      await begun.written();
      await nodes.stop("killed");
      expect(await Promise.all(ends)).toEqual([{ exit: "killed" }, { exit: "killed" }]);
    });

    it("P1 the crash of the owner that it is linked to", async () => {
      const nodes = pool();
      const begun = notes();
      await expect(
        run(async (self) => {
          nodes.async(self, trouble[kind](begun.path));
          await begun.written();
          throw new Error("the owner crashed");
        }),
      ).rejects.toThrow("the owner crashed");
      // An exit signal does not reach code that never lets go of the thread; whoever must be sure kills.
      if (kind === "never") expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
      await nodes.stop("killed");
      expect(nodes.children()).toEqual([]);
    });

    it("P1 the tasks that waited behind it run elsewhere", async () => {
      const nodes = pool(2);
      const begun = notes();
      const bad = nodes.asyncNolink(trouble[kind](begun.path));
      await begun.written();
      expect(
        await outcomes(
          nodes,
          numbers.map((n) => trouble.value(n)),
        ),
      ).toEqual(numbers);
      expect(await Task.shutdown(bad, "brutal_kill")).toBeNull();
    });
  });
});
