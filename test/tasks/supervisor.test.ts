import { Down, type Pid, Task, TaskRunner, TaskSupervisor, collect } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { arrival, finish, nothingLeft, places, until, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play }) => {
  describe("S1 startChild", () => {
    it("S1 a temporary child runs once, however it ends", () =>
      play(async (self, { pool }) => {
        for (const order of ["value", "crash", "exit"] as const) {
          pool.startChild(work.gated(self.pid, order));
          (await arrival(self, order)).go(order, "end");
        }
        await until(self, () => pool.children().length === 0);
        await nothingLeft(self);
      }));

    it("S1 a transient child is started again when it crashes, and not when it ends in good order", () =>
      play(async (self, { pool }) => {
        for (const [order, what] of [
          ["value", 1],
          ["exit", "shutdown"],
          ["exit", { shutdown: "x" }],
        ] as const) {
          pool.startChild(work.gated(self.pid, "child"), { restart: "transient" });
          const first = await arrival(self, "child");
          first.go("crash", "boom");
          const second = await arrival(self, "child");
          expect(second.pid).not.toBe(first.pid);
          second.go(order, what);
          await until(self, () => pool.children().length === 0);
        }
        await nothingLeft(self);
      }));

    it("S1 a permanent child is started again whenever it ends", () =>
      play(async (self, { pool }) => {
        pool.startChild(work.gated(self.pid, "child"), { restart: "permanent" });
        for (const order of ["value", "crash", "exit"] as const) (await arrival(self, "child")).go(order, "shutdown");
        await arrival(self, "child");
        expect(pool.children()).toMatchObject([{ state: "running", runs: "gated" }]);
      }));

    it("S1 more restarts than allowed end the supervisor, and with it everything under it", () =>
      play(
        async (self, { pool }) => {
          const bystander = pool.asyncNolink(self, work.gated(self.pid, "bystander"));
          await arrival(self, "bystander");
          const ref = self.monitor(pool.pid);
          pool.startChild(work.crash("boom"), { restart: "permanent" });
          expect(await self.receive((message) => message instanceof Down && message.ref === ref)).toMatchObject({
            from: pool.pid,
            reason: "shutdown",
          });
          expect(await Task.yield(self, bystander)).toEqual({ exit: "shutdown" });
          expect(pool.isRunning).toBe(false);
          expect(pool.children()).toEqual([]);
          await nothingLeft(self);
        },
        { maxRestarts: 2, maxSeconds: 60 },
      ));

    it("S1 a child knows who asked for it", () =>
      play(async (self, { pool }) => {
        pool.startChild(work.gated(self.pid, "mine"), { owner: self });
        expect((await arrival(self, "mine")).callers).toEqual([self.pid]);
        pool.startChild(work.gated(self.pid, "nobody's"));
        expect((await arrival(self, "nobody's")).callers).toEqual([]);
      }));
  });

  it("S1 children and countChildren tell what waits and what runs, oldest first", () =>
    play(
      async (self, { pool }) => {
        expect([pool.children(), pool.countChildren()]).toEqual([[], { active: 0, waiting: 0 }]);
        pool.asyncNolink(work.gated(self.pid, "a"), { label: "first" });
        pool.startChild(work.never(), { label: "second" });
        const runner = TaskRunner.run([[pool, work.value(3), { label: "third" }]]);
        const a = await arrival(self, "a");
        expect(pool.children()).toMatchObject([
          { label: "first", runs: "gated", state: "running" },
          { label: "second", runs: "never", state: "waiting", pid: undefined },
          { label: "third", runs: "value", state: "waiting", pid: undefined },
        ]);
        expect(pool.countChildren()).toEqual({ active: 1, waiting: 2 });
        await runner.cancel();
        expect(pool.countChildren()).toEqual({ active: 1, waiting: 1 });
        a.go("value", 1);
        await until(self, () => pool.countChildren().waiting === 0);
      },
      { concurrency: 1 },
    ));

  it("K16 the parent of a task is its supervisor, whoever asked for it", () =>
    play(async (self, { pool, supervisor, node }) => {
      const other = supervisor();
      for (const one of [pool, other]) {
        expect(await Task.await(self, one.async(self, work.parent()))).toBe(one.pid);
        expect(await Task.await(one.asyncNolink(work.parent()))).toBe(one.pid);
        expect(await collect(TaskRunner.run([[one, work.parent(), { label: "x" }]], { node, owner: self }))).toMatchObject({ values: [one.pid] });
      }
    }));

  describe("S1 terminateChild", () => {
    it("S1 stops a child, and does not start it again", () =>
      play(async (self, { pool }) => {
        const child = pool.startChild(work.gated(self.pid, "a"), { restart: "permanent" });
        const ref = self.monitor((await arrival(self, "a")).pid);
        expect(await pool.terminateChild(child)).toBe(true);
        expect(await self.receive()).toMatchObject({ ref, reason: "shutdown" });
        expect(pool.children()).toEqual([]);
        expect(await pool.terminateChild(child)).toBe(false);
        await nothingLeft(self);
      }));

    it("S1 stops a task, and its owner is told", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        await arrival(self, "a");
        expect(await pool.terminateChild(task)).toBe(true);
        expect(await Task.yield(self, task)).toEqual({ exit: "shutdown" });
        await nothingLeft(self);
      }));

    it("S1 knows a child by its pid, and answers false for what is none of its children", () =>
      play(async (self, { pool, supervisor }) => {
        const task = pool.async(self, work.gated(self.pid, "a"));
        const { pid } = await arrival(self, "a");
        self.trapExit = true;
        expect(await supervisor().terminateChild(task)).toBe(false);
        expect(await pool.terminateChild("<main.999999>" as Pid)).toBe(false);
        expect(await pool.terminateChild(pid)).toBe(true);
      }));

    it("S1 stops one that waits, and lets the others be", () =>
      play(
        async (self, { pool }) => {
          const [first, second, third] = ["first", "second", "third"].map((name) => pool.asyncNolink(self, work.gated(self.pid, name)));
          await pool.terminateChild(second as Task<unknown>);
          expect(await Task.yield(self, second as Task<unknown>)).toEqual({ exit: "shutdown" });
          await finish(self, "first", 1);
          await finish(self, "third", 3);
          expect(await Task.awaitMany(self, [first, third] as Task<unknown>[])).toEqual([1, 3]);
        },
        { concurrency: 1 },
      ));

    it("S1 kills a child that does not end when asked", () =>
      play(
        async (self, { pool }) => {
          const child = pool.startChild(work.stubborn(self.pid, "a"));
          const ref = self.monitor((await arrival(self, "a")).pid);
          expect(await pool.terminateChild(child)).toBe(true);
          expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
        },
        { shutdown: 30 },
      ));
  });

  it("S2 maxChildren refuses with max_children, and disturbs nothing that runs or waits", () =>
    play(
      async (self, { pool }) => {
        const tasks = ["a", "b"].map((name) => pool.asyncNolink(self, work.gated(self.pid, name)));
        const refusal = expect.objectContaining({ code: "max_children", message: expect.stringContaining("maxChildren") });
        for (const start of [
          () => pool.asyncNolink(self, work.value(1)),
          () => pool.async(self, work.value(1)),
          () => pool.startChild(work.value(1)),
          () => pool.startChild(work.value(1), { restart: "permanent" }),
        ]) {
          expect(start).toThrow(refusal);
        }
        await finish(self, "a", 1);
        await finish(self, "b", 2);
        expect(await Task.awaitMany(self, tasks)).toEqual([1, 2]);
        expect(await Task.await(self, pool.asyncNolink(self, work.value(3)))).toBe(3);
        await nothingLeft(self);
      },
      { maxChildren: 2, concurrency: 1 },
    ));

  it("S3 a crash under asyncNolink or startChild harms neither supervisor, nor siblings, nor the caller", () =>
    play(async (self, { pool }) => {
      const sibling = pool.asyncNolink(self, work.gated(self.pid, "sibling"));
      const { go } = await arrival(self, "sibling");
      pool.startChild(work.crash("child"));
      const task = pool.asyncNolink(self, work.crash("task"));
      expect(await Task.yield(self, task)).toEqual({ exit: withMessage("task") });
      expect(pool.isRunning).toBe(true);
      go("value", "alive");
      expect(await Task.await(self, sibling)).toBe("alive");
      await nothingLeft(self);
    }));

  it("S4 the caller's death ends async tasks, and leaves startChild and asyncNolink tasks running", () =>
    play(async (self, { supervisor }) => {
      const pid = self.spawn(async (me) => {
        supervisor().async(me, work.gated(self.pid, "linked"));
        supervisor().asyncNolink(me, work.gated(self.pid, "free"));
        supervisor().startChild(work.gated(self.pid, "child"), { owner: me });
        await me.receive();
      });
      const [linked, free, child] = [await arrival(self, "linked"), await arrival(self, "free"), await arrival(self, "child")];
      const refs = [linked, free, child].map((one) => self.monitor(one.pid));
      self.exit(pid, "kill");
      expect(await self.receive()).toMatchObject({ ref: refs[0], reason: "killed" });
      free.go("value");
      expect(await self.receive()).toMatchObject({ ref: refs[1], reason: "normal" });
      child.go("value");
      expect(await self.receive()).toMatchObject({ ref: refs[2], reason: "normal" });
      await nothingLeft(self);
    }));

  describe("S5 stop", () => {
    it("S5 stops what runs and what waits, within its shutdown time, then kills; nothing survives it", () =>
      play(
        async (self, { pool, timers }) => {
          const tidy = pool.asyncNolink(self, work.tidy(self.pid, "tidy"));
          const stubborn = pool.asyncNolink(self, work.stubborn(self.pid, "stubborn"));
          const waiting = pool.asyncNolink(self, work.gated(self.pid, "waiting"));
          await arrival(self, "tidy");
          const ref = self.monitor((await arrival(self, "stubborn")).pid);
          const before = timers();
          await pool.stop();
          expect(await Task.yieldMany(self, [tidy, stubborn, waiting])).toMatchObject([
            [tidy, { ok: "tidied" }],
            [stubborn, { exit: "killed" }],
            [waiting, { exit: "shutdown" }],
          ]);
          expect(await self.receive((message) => message instanceof Down)).toMatchObject({ ref, reason: "killed" });
          expect(await self.receive()).toEqual({ tidied: "tidy" });
          expect([pool.isRunning, pool.children(), pool.countChildren()]).toEqual([false, [], { active: 0, waiting: 0 }]);
          expect(timers()).toBe(before);
          await nothingLeft(self); // what waited never began
        },
        { concurrency: 2, shutdown: 50 },
      ));

    it("S5 may be asked for again, and by several at once", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        await arrival(self, "a");
        await Promise.all([pool.stop(), pool.stop("other"), pool[Symbol.asyncDispose]()]);
        await pool.stop();
        expect(await Task.yield(self, task)).toEqual({ exit: "shutdown" });
      }));

    it("S5 starts nothing after it, and says why", () =>
      play(async (self, { pool }) => {
        await pool.stop({ shutdown: "closing time" });
        const refusal = expect.objectContaining({ code: "supervisor_down", message: expect.stringContaining("closing time") });
        expect(() => pool.asyncNolink(self, work.value(1))).toThrow(refusal);
        expect(() => pool.async(self, work.value(1))).toThrow(refusal);
        expect(() => pool.startChild(work.value(1))).toThrow(refusal);
        await nothingLeft(self);
      }));

    it.each(["kill", "shutdown", "for no reason"])("S5 an exit signal to its pid ends it and its tasks: %s", (reason) =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        await arrival(self, "a");
        const ref = self.monitor(pool.pid);
        self.exit(pool.pid, reason);
        const told = reason === "kill" ? "killed" : reason;
        expect(await self.receive((message) => message instanceof Down && message.ref === ref)).toMatchObject({ reason: told });
        expect(await Task.yield(self, task)).toEqual({ exit: reason === "kill" ? "killed" : "shutdown" });
        await pool.stop();
        expect(pool.children()).toEqual([]);
        await nothingLeft(self);
      }),
    );

    it("S5 permanent children stay down", () =>
      play(async (self, { pool }) => {
        pool.startChild(work.gated(self.pid, "a"), { restart: "permanent" });
        await arrival(self, "a");
        await pool.stop();
        await nothingLeft(self);
      }));

    it("S5 what is stopped makes no room for what is to be stopped next", () =>
      play(
        async (self, { pool, node }) => {
          const [ours, theirs] = [
            ["a1", "a2", "a3", "a4"],
            ["b1", "b2"],
          ].map((names) =>
            TaskRunner.run(
              names.map((name) => [pool, work.gated(self.pid, name)] as const),
              { node },
            ),
          );
          for (const name of ["a1", "a2"]) await finish(self, name, name);
          await arrival(self, "b1"); // while older ones wait
          await pool.stop();
          const started: string[] = [];
          for (const runner of [ours, theirs] as TaskRunner<unknown>[]) {
            for await (const event of runner) if (event.type !== "timeout") started.push(event.task.startedAt === undefined ? "never" : event.type);
          }
          expect(started.sort()).toEqual(["never", "never", "never", "ok", "ok", "task_error"]);
          await nothingLeft(self);
        },
        { concurrency: 1 },
      ));

    it("S5 while a thread starts, or a module loads", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.value(1));
        await pool.stop();
        expect(await Task.yield(self, task)).toMatchObject({ exit: "shutdown" });
        await nothingLeft(self);
      }));
  });

  it("S6 a named supervisor is found by its name, until it ends", () =>
    play(async (self, { supervisor }) => {
      const named = supervisor({ name: "the pool" });
      expect(self.whereis("the pool")).toBe(named.pid);
      expect(named.name).toBe("the pool");
      expect(String(named)).toContain("the pool");
      expect(() => supervisor({ name: "the pool" })).toThrow(expect.objectContaining({ code: "name_taken" }));
      await named.stop();
      expect(self.whereis("the pool")).toBeUndefined();
      const again = supervisor({ name: "the pool" });
      self.exit(again.pid, "kill");
      await until(self, () => self.whereis("the pool") === undefined);
      const ref = self.monitor("the pool");
      expect(await self.receive()).toMatchObject({ ref, reason: "noproc" });
    }));

  it("S6 a supervisor's pid can be linked: whoever is, goes down with it", () =>
    play(async (self, { supervisor }) => {
      const one = supervisor();
      const { ref } = self.spawnMonitor(async (me) => {
        me.link(one.pid);
        self.send(self.pid, "linked");
        await me.receive();
      });
      await self.receive((message) => message === "linked");
      await one.stop("a reason");
      expect(await self.receive()).toMatchObject({ ref, reason: "a reason" });
    }));
});

describe("on the event loop", () => {
  it("S1 restarts count within their seconds only", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const pool = TaskSupervisor.start({ node: time.node, maxRestarts: 1, maxSeconds: 1 });
    let starts = 0;
    pool.startChild(
      async (self) => {
        starts++;
        await self.sleep(600);
        throw new Error("again");
      },
      { restart: "permanent" },
    );
    await time.advance(6_000);
    expect(pool.isRunning).toBe(false);
    expect(starts).toBe(2);
    const patient = TaskSupervisor.start({ node: time.node, maxRestarts: 1, maxSeconds: 0.5 });
    starts = 0;
    patient.startChild(
      async (self) => {
        starts++;
        await self.sleep(600);
        throw new Error("again");
      },
      { restart: "permanent" },
    );
    await time.advance(6_300);
    expect(patient.isRunning).toBe(true);
    expect(starts).toBe(11);
  });

  it("S5 a task that stops its own supervisor", async () => {
    const time = new VirtualTime();
    const pool = TaskSupervisor.start({ node: time.node });
    const task = pool.asyncNolink(async () => pool.stop());
    expect(await time.until(Task.yield(task))).toEqual({ exit: "shutdown" });
    await time.until(pool.stop());
    expect([pool.children(), time.clock.pending]).toEqual([[], 0]);
  });
});
