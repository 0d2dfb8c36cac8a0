import { type CrashReport, Down, type Self, Task, TaskRunner, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it, vi } from "vitest";
import { arrival, places, until, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

function world(): { time: VirtualTime; supervisor: TaskSupervisor; reports: CrashReport[] } {
  const reports: CrashReport[] = [];
  const time = new VirtualTime({ reporter: (report) => reports.push(report) });
  return { time, supervisor: TaskSupervisor.start({ node: time.node }), reports };
}

const crash = async (self: Self): Promise<never> => {
  await self.sleep(10);
  throw new Error("crashed");
};

describe("T14 a task's crash is reported once", () => {
  it("as its owner's business, who is told of it", async () => {
    const { time, supervisor, reports } = world();
    await time.run(async (self) => {
      await Task.yield(self, supervisor.asyncNolink(self, crash, { label: "nolink" }));
      for await (const event of TaskRunner.run([[supervisor, crash, { label: "run" }]], { node: time.node })) expect(event.type).toBe("task_error");
    });
    expect(reports).toMatchObject([
      { label: "nolink", handled: true, runs: "crash", callers: [expect.stringMatching(/^<main\.\d+>$/)] },
      { label: "run", handled: true, runs: "crash", callers: [] },
    ]);
  });

  it("as nobody's when nobody waits for it", async () => {
    const { time, supervisor, reports } = world();
    supervisor.startChild(crash, { label: "child" });
    await time.advance(20);
    expect(reports).toMatchObject([{ label: "child", handled: false }]);
  });

  it("as nobody's when it ran on after the deadline of its run, or its owner's crash", async () => {
    const { time, supervisor, reports } = world();
    await time.run(async (self) => {
      for await (const event of TaskRunner.run([[supervisor, crash, { label: "kept" }]], { timeout: 5, onTimeout: "keep", node: time.node })) {
        expect(event.type).toBe("timeout");
      }
      self.spawn((owner) => void TaskRunner.run([[supervisor, crash, { label: "orphan" }]], { owner }));
      await self.sleep(20);
    });
    expect(reports).toMatchObject([
      { label: "kept", handled: false },
      { label: "orphan", handled: false },
    ]);
  });

  it("as nobody's when its owner had ended, or had dropped its result", async () => {
    const { time, supervisor, reports } = world();
    await time.run(async (self) => {
      self.spawn((owner) => void supervisor.asyncNolink(owner, crash, { label: "ownerless" }));
      Task.ignore(self, supervisor.asyncNolink(self, crash, { label: "ignored" }));
      await self.sleep(20);
    });
    expect(reports).toMatchObject([
      { label: "ignored", handled: false },
      { label: "ownerless", handled: false },
    ]);
  });

  it("as its linked owner's business when it only went down with that owner", async () => {
    const { time, reports } = world();
    await time.run(async (self) => {
      self.spawn((owner) => {
        Task.async(owner, (task) => task.sleep(1_000), { label: "linked" });
        throw new Error("owner crashed");
      });
      await self.sleep(20);
    });
    expect(reports.filter(({ handled }) => !handled)).toEqual([]);
  });

  it("not when its own timeout was told already", async () => {
    const { time, supervisor, reports } = world();
    const late = async (self: Self): Promise<never> => {
      self.trapExit = true;
      await self.sleep(100);
      throw new Error("late as well");
    };
    await time.run(async () => {
      for await (const event of TaskRunner.run([[supervisor, late, { timeout: 10 }]], { node: time.node })) expect(event.type).toBe("task_error");
    });
    await time.advance(200);
    expect(reports).toMatchObject([{ reason: { code: "task_timeout" }, handled: true }]);
  });

  it("not when it was stopped, or killed", async () => {
    const { time, supervisor, reports } = world();
    const child = supervisor.startChild(crash);
    const task = supervisor.asyncNolink((self) => self.sleep(1_000));
    await time.until(supervisor.terminateChild(child));
    await time.until(Task.shutdown(task, "brutal_kill"));
    expect(reports).toEqual([]);
  });
});

describe.each(places)("$name", ({ play, kind }) => {
  it("T14 a crash is reported once: who, from where, what, with what, why", () =>
    play(async (self, { pool, node, reports }) => {
      const task = pool.asyncNolink(self, work.crash("boom"), { label: "the bad one" });
      await Task.yield(self, task);
      expect(reports).toMatchObject([
        { label: "the bad one", runs: "crash", args: ["boom"], parent: pool.pid, callers: [self.pid], handled: true, reason: withMessage("boom") },
      ]);
      expect((reports[0]?.reason as Error).stack).toContain("work.mjs");
      reports.length = 0;
      for await (const event of TaskRunner.run([[pool, work.crash("boom")]], { node })) expect(event.type).toBe("task_error");
      expect(reports).toMatchObject([{ runs: "crash", args: ["boom"], callers: [], handled: true }]);
    }));

  it("T14 a report names the process that crashed, as its Down does, whoever watched it", () =>
    play(async (self, { pool, node, reports }) => {
      const pids: unknown[] = [];
      for (const label of ["nolink", "linked", "child", "run"]) {
        const call = work.gated(self.pid, label);
        self.trapExit = true;
        const task = label === "nolink" ? pool.asyncNolink(self, call) : label === "linked" ? pool.async(self, call) : undefined;
        if (label === "child") pool.startChild(call);
        const runner = label === "run" ? TaskRunner.run([[pool, call]], { node }) : undefined;
        const { pid, go } = await arrival(self, label);
        pids.push(pid);
        go("crash", "boom");
        if (runner !== undefined) for await (const event of runner) expect(event).toMatchObject({ type: "task_error", task: { pid } });
        else if (task !== undefined) expect(await self.receive((message) => message instanceof Down)).toMatchObject({ from: pid });
        await until(self, () => reports.length === pids.length);
      }
      expect(reports.map(({ pid }) => pid)).toEqual(pids);
      for (const { pid } of reports) expect(pid).toMatch(kind === "other nodes" ? /^<main\/[a-z]\d+\.\d+>$/ : /^<main\.\d+>$/);
    }));

  it("T14 not for `normal`, `shutdown` and `{ shutdown }`, nor for what was killed", () =>
    play(async (self, { pool, node, reports }) => {
      for (const reason of ["normal", "shutdown", { shutdown: "x" }]) await Task.yield(self, pool.asyncNolink(self, work.exits(reason)));
      const runner = TaskRunner.run([[pool, work.never()]], { node, onTimeout: "kill" });
      await runner.cancel();
      pool.asyncNolink(work.never());
      await pool.stop("killed");
      expect(reports).toEqual([]);
    }));

  it("T14 a child's crash is nobody's business, and is reported as such at each restart", () =>
    play(
      async (self, { pool, reports }) => {
        const ref = self.monitor(pool.pid);
        pool.startChild(work.crash("boom"), { restart: "permanent", label: "child" });
        expect(await self.receive()).toEqual(new Down(ref, pool.pid, "shutdown"));
        expect(reports).toMatchObject([1, 2, 3].map(() => ({ label: "child", handled: false })));
      },
      { maxRestarts: 2 },
    ));

  it("T14 a reporter that throws loses no task's end", () =>
    play(async (self, { pool, node }) => {
      const { reporter } = node;
      const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
      node.reporter = () => {
        throw new Error("from the reporter");
      };
      try {
        const task = pool.asyncNolink(self, work.crash("boom"));
        expect(await Task.yield(self, task)).toEqual({ exit: withMessage("boom") });
        const types: string[] = [];
        for await (const event of TaskRunner.run(
          [
            [pool, work.crash("boom")],
            [pool, work.value(1)],
          ],
          { node },
        ))
          types.push(event.type);
        expect(types.sort()).toEqual(["ok", "task_error"]);
      } finally {
        node.reporter = reporter;
        expect(printed).toHaveBeenCalledTimes(2);
        printed.mockRestore();
      }
    }));
});
