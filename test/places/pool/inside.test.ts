import { type Pid, Task, type TaskSupervisor, run, tasksFrom } from "taskward";
import { describe, expect, it } from "vitest";
import { isolated, poolAt } from "../../faults/pool.js";
import type * as insideModule from "./fixtures/inside.mjs";

const inside = tasksFrom<typeof insideModule>(new URL("./fixtures/inside.mjs", import.meta.url));
const numbers = [1, 2, 3, 4];

describe.each(isolated)("P6 a task in a $name uses Taskward itself", ({ on, nodes }) => {
  const pool = (size = 1): TaskSupervisor => poolAt(on({ size }));

  it("P6 knows its node and who asked for it", () =>
    run(async (self) => {
      const core = pool();
      const told = await Task.await(self, core.async(self, inside.whereAmI()));
      expect(told.node).toMatch(nodes);
      expect(told).toMatchObject({ pid: expect.stringContaining(`<${told.node}.`), callers: [self.pid], parent: core.pid });
    }));

  it("K15 knows the chain of those who asked, across nodes", () =>
    run(async (self) => {
      const core = pool();
      const pid = self.spawnLink(async (me) => {
        const told = await Task.await(me, core.async(me, inside.whereAmI()));
        self.send(self.pid, told);
      });
      expect(await self.receive((message) => typeof message === "object" && "callers" in (message as object))).toMatchObject({ callers: [pid] });
    }));

  it("P6 sends to a process anywhere, and receives", () =>
    run(async (self) => {
      const core = pool();
      const task = core.async(self, inside.ask(self.pid, "how much?"));
      const { from, question } = (await self.receive()) as { from: Pid; question: string };
      expect([from, question]).toEqual([task.pid, "how much?"]);
      self.send(from, { answer: "42" });
      expect(await Task.await(self, task)).toBe("42");
    }));

  it("P6 talks to a task in another thread", () =>
    run(async (self) => {
      const cores = pool(2);
      const other = cores.asyncNolink(self, inside.watch(self.pid, self.pid));
      expect(await self.receive()).toBe("watching");
      const task = cores.async(self, inside.askFromThreadOfThread(self.pid, "from afar"));
      const { from, question } = (await self.receive()) as { from: Pid; question: string };
      expect(from).toMatch(/^<main\/[pt]\d+\/t1\.\d+>$/);
      expect(question).toBe("from afar");
      self.send(from, { answer: "heard" });
      expect(await Task.await(self, task)).toBe("heard");
      await Task.shutdown(self, other, "brutal_kill");
    }));

  it.each([
    ["a crash", new Error("boom"), expect.objectContaining({ message: "boom" })],
    ["an orderly end", "shutdown", "shutdown"],
    ["a kill", "kill", "killed"],
  ])("P6 monitors a process of another node, and is told of %s", (_name, reason, told) =>
    run(async (self) => {
      const core = pool();
      const watched = self.spawn((me) => me.receive());
      const task = core.async(self, inside.watch(watched, self.pid));
      expect(await self.receive()).toBe("watching");
      self.exit(watched, reason);
      expect(await Task.await(self, task)).toEqual({ same: true, from: watched, reason: told });
    }),
  );

  it("P6 links to a process of another node, and ends one", () =>
    run(async (self) => {
      const cores = pool(2);
      const partner = self.spawn((me) => me.receive());
      const task = cores.async(self, inside.linked(partner, self.pid));
      expect(await self.receive()).toBe("linked");
      await Task.await(self, cores.async(self, inside.end(partner, "enough")));
      expect(await Task.await(self, task)).toEqual({ from: partner, reason: "enough" });
    }));

  it("P6 a process that a task left behind is told apart from it, and ends with its thread", () =>
    run(async (self) => {
      const core = pool();
      const task = core.async(self, inside.leaveProcess(self.pid));
      const { left } = (await self.receive()) as { left: Pid };
      expect(await Task.await(self, task)).toBe(left);
      const ref = self.monitor(left);
      await core.stop();
      expect(await self.receive()).toMatchObject({ ref, from: left, reason: { code: "node_down" } });
      self.monitor(left);
      expect(await self.receive()).toMatchObject({ reason: "noconnection" });
    }));

  it.each([
    ["tasks linked to itself", () => inside.sumWithTasks(numbers)],
    ["a supervisor and a runner of its own", () => inside.sumWithRunner(numbers)],
    ["threads of its own", () => inside.sumWithThreads(numbers)],
  ])("P6 starts %s", async (_name, call) => {
    expect(await Task.await(pool().asyncNolink(call()))).toBe(30);
  });

  it("P6 streams", async () => {
    expect(await Task.await(pool().asyncNolink(inside.stream(numbers)))).toEqual([{ ok: 1 }, { ok: 4 }, { ok: 9 }, { ok: 16 }]);
  });

  it("P6 names of threads tell whose they are", async () => {
    const core = pool();
    expect(await Task.await(core.asyncNolink(inside.inThreadOfThread()))).toMatchObject({ node: expect.stringMatching(/^main\/[pt]\d+\/t1$/) });
    expect(await Task.await(core.asyncNolink(inside.inThreadOfThread()))).toMatchObject({ node: expect.stringMatching(/^main\/[pt]\d+\/t2$/) });
    expect(await Task.await(core.asyncNolink(inside.runs()))).toMatch(nodes);
  });
});
