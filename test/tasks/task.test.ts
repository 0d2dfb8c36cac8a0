import { Down, Exit, NodeDown, NotOwner, type Self, Task, TaskFailed, TaskTimeout } from "taskward";
import { describe, expect, it } from "vitest";
import { trouble } from "../faults/pool.js";
import { arrival, finish, nothingLeft, places, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

/** A process that owns a task and waits; told "crash", it crashes. */
async function owner(me: Self): Promise<void> {
  const order = await me.receive();
  if (order === "crash") throw new Error("the owner crashed");
}

describe.each(places)("$name", ({ play, kind }) => {
  describe("T1 a linked task and its owner", () => {
    it("T1 the owner's abnormal exit ends the task", () =>
      play(async (self, { pool }) => {
        const pid = self.spawn(async (me) => {
          pool.async(me, work.gated(self.pid, "a"));
          await owner(me);
        });
        const task = await arrival(self, "a");
        const ref = self.monitor(task.pid);
        self.send(pid, "crash");
        expect(await self.receive()).toEqual(new Down(ref, task.pid, withMessage("the owner crashed")));
      }));

    it("T1 the task's crash ends the owner", () =>
      play(async (self, { pool }) => {
        const { pid, ref } = self.spawnMonitor(async (me) => {
          pool.async(me, work.gated(self.pid, "a"));
          await me.receive();
        });
        (await arrival(self, "a")).go("crash", "the task crashed");
        expect(await self.receive()).toEqual(new Down(ref, pid, withMessage("the task crashed")));
      }));

    it("T1 a normal end of either leaves the other alone", () =>
      play(async (self, { pool }) => {
        const { pid, ref } = self.spawnMonitor(async (me) => {
          pool.async(me, work.gated(self.pid, "a"));
          const second = pool.async(me, work.gated(self.pid, "b"));
          await Task.await(me, second);
        });
        await finish(self, "b", undefined);
        expect(await self.receive((message) => message instanceof Down)).toEqual(new Down(ref, pid, "normal"));
        const orphan = await arrival(self, "a");
        const down = self.monitor(orphan.pid);
        orphan.go("value");
        expect(await self.receive()).toEqual(new Down(down, orphan.pid, "normal"));
      }));

    it("T1 the owner's crash ends a task whose process is not known yet", () =>
      play(async (self, { pool }) => {
        const { ref } = self.spawnMonitor((me) => {
          pool.async(me, work.gated(self.pid, "early"));
          throw new Error("at once");
        });
        expect(await self.receive()).toMatchObject({ ref });
        await pool.stop("normal");
        // Whether it had begun or not: it is gone.
        const early = await self.receive(undefined, { after: 0 });
        if (early !== undefined) expect(self.info((early as { pid: never }).pid)).toBeUndefined();
        expect(pool.children()).toEqual([]);
      }));

    it("T1 an owner that traps exits gets the reply first, then the exit", () =>
      play(async (self, { pool }) => {
        self.trapExit = true;
        const task = pool.async(self, work.gated(self.pid, "a"));
        const { pid, go } = await arrival(self, "a");
        go("value", 7);
        expect(Task.find([task], await self.receive())).toEqual({ type: "ok", task, value: 7 });
        expect(await self.receive()).toEqual(new Exit(pid, "normal"));
      }));

    it("T1 an owner that traps exits lives on when the task crashes", () =>
      play(async (self, { pool }) => {
        self.trapExit = true;
        const task = pool.async(self, work.gated(self.pid, "a"));
        const { pid, go } = await arrival(self, "a");
        go("crash", "boom");
        await expect(Task.await(self, task)).rejects.toThrow("boom");
        expect(await self.receive()).toEqual(new Exit(pid, withMessage("boom")));
        await nothingLeft(self);
      }));

    it("T1 a dead owner starts nothing", () =>
      play(async (self, { pool }) => {
        const { ref } = self.spawnMonitor(async (me) => {
          self.send(self.pid, { me });
          await me.receive();
        });
        const { me } = (await self.receive()) as { me: Self };
        self.exit(me.pid, "kill");
        expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
        expect(() => pool.async(me, work.value(1))).toThrow(/has exited/);
        expect(() => pool.asyncNolink(me, work.value(1))).toThrow(/has exited/);
        expect(pool.children()).toEqual([]);
      }));
  });

  describe("T2 await", () => {
    it("T2 returns the value, and leaves neither link nor message", () =>
      play(async (self, { pool }) => {
        const task = pool.async(self, work.gated(self.pid, "a"));
        await finish(self, "a", { answer: 42 });
        expect(await Task.await(self, task)).toEqual({ answer: 42 });
        await nothingLeft(self);
      }));

    it("T2 takes a reply out of the middle of the mailbox", () =>
      play(async (self, { pool }) => {
        const task = pool.async(self, work.value(42));
        const last = pool.async(self, work.value(43));
        self.send(self.pid, "before");
        expect(await Task.await(self, last)).toBe(43);
        self.send(self.pid, "after");
        expect(await Task.await(self, task)).toBe(42);
        expect(await self.receive()).toBe("before");
        expect(await self.receive()).toBe("after");
        await nothingLeft(self);
      }));

    it("T2 rejects with what the task threw, and with who it was", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.crash("boom"), { label: "the bad one" });
        const error = await Task.await(self, task).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TaskFailed);
        expect(error).toMatchObject({ who: expect.stringContaining("the bad one"), reason: withMessage("boom"), cause: withMessage("boom") });
        expect((error as Error).message).toContain("boom");
        await nothingLeft(self);
      }));

    it.each([
      ["a string", "reason"],
      ["undefined", undefined],
      ["null", null],
      ["an object", { code: 7 }],
      ["NaN", Number.NaN],
    ])("T2 rejects when the task threw %s", (_name, reason) =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.fail(reason));
        const error = await Task.await(self, task).catch((failure: unknown) => failure);
        expect(error).toBeInstanceOf(TaskFailed);
        expect((error as TaskFailed).reason).toEqual(reason);
      }),
    );

    it("T2 rejects with the reason that the task exited with", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        (await arrival(self, "a")).go("exit", { shutdown: "enough" });
        await expect(Task.await(self, task)).rejects.toMatchObject({ code: "task_failed", reason: { shutdown: "enough" } });
      }));

    it("T2 rejects when the task is killed from outside", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        self.exit((await arrival(self, "a")).pid, "kill");
        await expect(Task.await(self, task)).rejects.toMatchObject({ code: "task_failed", reason: "killed" });
        await nothingLeft(self);
      }));

    it("T2 on timeout rejects with who did not end, stops a linked task and drops its reply", () =>
      play(async (self, { pool, timers }) => {
        const before = timers();
        const task = pool.async(self, work.gated(self.pid, "slow"), { label: "slow one" });
        const { pid } = await arrival(self, "slow");
        const ref = self.monitor(pid);
        const error = await Task.await(self, task, 20).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TaskTimeout);
        expect(error).toMatchObject({ timeout: 20, who: expect.stringContaining("slow one") });
        expect(await self.receive()).toMatchObject({ ref, reason: "shutdown" });
        await pool.stop();
        await nothingLeft(self);
        expect(timers()).toBe(before);
      }));

    it("T2 on timeout lets a task without link run on, and drops its late reply", () =>
      play(async (self, { pool, timers }) => {
        const before = timers();
        const task = pool.asyncNolink(self, work.gated(self.pid, "slow"));
        const { pid, go } = await arrival(self, "slow");
        await expect(Task.await(self, task, 20)).rejects.toBeInstanceOf(TaskTimeout);
        const ref = self.monitor(pid);
        go("value", "late");
        expect(await self.receive()).toMatchObject({ ref, reason: "normal" });
        await pool.stop();
        await nothingLeft(self);
        expect(timers()).toBe(before);
      }));

    it("T2 a timeout of 0 only looks", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.never());
        await expect(Task.await(self, task, 0)).rejects.toBeInstanceOf(TaskTimeout);
      }));

    it("T2 rejects when the owner dies while it waits", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        let waited: Promise<unknown> = Promise.resolve();
        const { pid } = self.spawnMonitor(async (me) => {
          const mine = pool.asyncNolink(me, work.gated(self.pid, "b"));
          waited = Task.await(me, mine).catch((reason: unknown) => reason);
          self.send(self.pid, "waits");
          await waited;
        });
        await self.receive((message) => message === "waits");
        self.exit(pid, "kill");
        expect(await waited).toMatchObject({ code: "exited", who: pid, reason: "killed" });
        await finish(self, "b", 1);
        await finish(self, "a", 2);
        expect(await Task.await(self, task)).toBe(2);
      }));

    it("T2 a second reader is refused while the first one waits, who is not disturbed", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        const first = Task.await(self, task);
        await expect(Task.await(self, task)).rejects.toMatchObject({ code: "invalid_option" });
        await finish(self, "a", 1);
        expect(await first).toBe(1);
      }));

    it.runIf(kind === "threads")("T2 rejects when the node under the task is lost, and says how", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, trouble.leave(3));
        const error = (await Task.await(self, task).catch((reason: unknown) => reason)) as TaskFailed;
        expect(error.reason).toBeInstanceOf(NodeDown);
        expect(error.reason).toMatchObject({ exitCode: 3, code: "node_down" });
        await nothingLeft(self);
      }),
    );
  });

  describe("T3 only the owner", () => {
    it.each([
      ["await", (self: Self, task: Task<unknown>) => Task.await(self, task)],
      ["yield", (self: Self, task: Task<unknown>) => Task.yield(self, task)],
      ["shutdown", (self: Self, task: Task<unknown>) => Task.shutdown(self, task)],
      ["awaitMany", (self: Self, task: Task<unknown>) => Task.awaitMany(self, [task])],
      ["yieldMany", (self: Self, task: Task<unknown>) => Task.yieldMany(self, [task])],
      ["ignore", async (self: Self, task: Task<unknown>) => Task.ignore(self, task)],
    ])("T3 `%s` by another process throws, names both, and disturbs nothing", (name, attempt) =>
      play(async (self, { pool }) => {
        const task = pool.async(self, work.gated(self.pid, "a"));
        const { pid } = self.spawnMonitor(async (me) => {
          const error = await attempt(me, task).catch((reason: unknown) => reason);
          me.send(self.pid, { error });
        });
        const { error } = (await self.receive((message) => typeof message === "object" && "error" in (message as object))) as { error: unknown };
        expect(error).toBeInstanceOf(NotOwner);
        expect((error as Error).message).toContain(self.pid);
        expect((error as Error).message).toContain(pid);
        expect((error as Error).message).toContain(name);
        await finish(self, "a", 5);
        expect(await Task.await(self, task)).toBe(5);
      }),
    );

    it.runIf(kind === "threads")("T3 a task that was sent to another node cannot be awaited there", () =>
      play(async (self, { pool }) => {
        const task = pool.async(self, work.gated(self.pid, "a"));
        const attempt = pool.asyncNolink(self, work.awaits(task));
        const error = (await Task.await(self, attempt).catch((reason: unknown) => reason)) as TaskFailed;
        expect(error.reason).toMatchObject({ code: "not_owner", message: expect.stringContaining(self.pid) });
        await finish(self, "a", 5);
        expect(await Task.await(self, task)).toBe(5);
      }),
    );
  });

  describe("T5 yield", () => {
    it("T5 answers null on timeout, and the value when called again", () =>
      play(async (self, { pool, timers }) => {
        const before = timers();
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        const { go } = await arrival(self, "a");
        expect(await Task.yield(self, task, 10)).toBeNull();
        expect(await Task.yield(self, task, 0)).toBeNull();
        go("value", 3);
        expect(await Task.yield(self, task)).toEqual({ ok: 3 });
        expect(timers()).toBe(before);
        await nothingLeft(self);
      }));

    it("T5 answers the reason of a crash", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.crash("boom"));
        expect(await Task.yield(self, task)).toEqual({ exit: withMessage("boom") });
        await nothingLeft(self);
      }));
  });

  describe("T7 shutdown", () => {
    it("T7 answers the value of a task that had replied", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.value(1));
        await self.receive((message) => Task.find([task], message) !== null);
        self.send(self.pid, "mine");
        expect(await Task.shutdown(self, task)).toEqual({ ok: 1 });
        expect(await self.receive()).toBe("mine");
        await nothingLeft(self);
      }));

    it("T7 answers the reason of a task that had crashed", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.crash("boom"));
        await self.receive((message) => Task.find([task], message) !== null);
        expect(await Task.shutdown(self, task)).toEqual({ exit: withMessage("boom") });
        await nothingLeft(self);
      }));

    it.each([[5_000], ["brutal_kill"], [0], [Number.POSITIVE_INFINITY]] as const)(
      "T7 with %s answers null when it was stopped, and the linked owner lives",
      (how) =>
        play(async (self, { pool, timers }) => {
          const before = timers();
          const task = pool.async(self, work.gated(self.pid, "a"));
          const ref = self.monitor((await arrival(self, "a")).pid);
          expect(await Task.shutdown(self, task, how)).toBeNull();
          const brutal = how === "brutal_kill" || how === 0;
          expect(await self.receive()).toMatchObject({ ref, reason: brutal ? "killed" : "shutdown" });
          await nothingLeft(self);
          expect(timers()).toBe(before);
          expect(pool.children()).toEqual([]);
        }),
    );

    it("T7 takes the value of a task that ends tidily when asked", () =>
      play(async (self, { pool }) => {
        const task = pool.async(self, work.tidy(self.pid, "a"));
        await arrival(self, "a");
        expect(await Task.shutdown(self, task)).toEqual({ ok: "tidied" });
        expect(await self.receive()).toEqual({ tidied: "a" });
        await nothingLeft(self);
      }));

    it("T7 kills a task that does not end when asked, when its time is up", () =>
      play(async (self, { pool, timers }) => {
        const before = timers();
        const task = pool.async(self, work.stubborn(self.pid, "a"));
        const ref = self.monitor((await arrival(self, "a")).pid);
        expect(await Task.shutdown(self, task, 20)).toBeNull();
        expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
        await nothingLeft(self);
        expect(timers()).toBe(before);
      }));

    it("T7 shuts a task down that waits in the queue", () =>
      play(
        async (self, { pool }) => {
          const first = pool.asyncNolink(self, work.gated(self.pid, "first"));
          const second = pool.asyncNolink(self, work.gated(self.pid, "second"));
          expect(await Task.shutdown(self, second)).toBeNull();
          expect(pool.countChildren()).toEqual({ active: 1, waiting: 0 });
          await finish(self, "first", 1);
          expect(await Task.await(self, first)).toBe(1);
          await nothingLeft(self);
        },
        { concurrency: 1 },
      ));
  });

  describe("T8 ignore", () => {
    it("T8 keeps it running, unlinked, and drops its reply", () =>
      play(async (self, { pool }) => {
        const task = pool.async(self, work.gated(self.pid, "a"));
        const { pid, go } = await arrival(self, "a");
        expect(Task.ignore(self, task)).toBeNull();
        const ref = self.monitor(pid);
        go("crash", "nobody minds");
        expect(await self.receive()).toMatchObject({ ref, reason: withMessage("nobody minds") });
        await pool.stop();
        await nothingLeft(self);
      }));

    it("T8 hands back what has come already", () =>
      play(async (self, { pool }) => {
        const [ok, bad] = [pool.asyncNolink(self, work.value(1)), pool.asyncNolink(self, work.crash("boom"))];
        await self.receive((message) => Task.find([ok], message) !== null);
        await self.receive((message) => Task.find([bad], message) !== null);
        expect(Task.ignore(self, ok)).toEqual({ ok: 1 });
        expect(Task.ignore(self, bad)).toEqual({ exit: withMessage("boom") });
      }));
  });

  it("T9 a completed task has its value, whatever takes it", () =>
    play(async (self) => {
      const completed = (): Task<number> => Task.completed(self, 9);
      expect(await Task.await(self, completed())).toBe(9);
      expect(await Task.awaitMany(self, [completed(), completed()])).toEqual([9, 9]);
      expect(await Task.yield(self, completed())).toEqual({ ok: 9 });
      const task = completed();
      expect(await Task.yieldMany(self, [task])).toEqual([[task, { ok: 9 }]]);
      expect(await Task.shutdown(self, completed())).toEqual({ ok: 9 });
      expect(Task.ignore(self, completed())).toEqual({ ok: 9 });
      await nothingLeft(self);
    }));

  describe("T12 find", () => {
    it("T12 says which task a message belongs to, and null for any other", () =>
      play(async (self, { pool }) => {
        const tasks = [pool.asyncNolink(self, work.gated(self.pid, "a")), pool.asyncNolink(self, work.gated(self.pid, "b"))] as const;
        const [a, b] = [await arrival(self, "a"), await arrival(self, "b")];
        const monitor = self.monitor(b.pid);
        b.go("value", "b's");
        self.send(self.pid, "mine");
        const messages = [await self.receive(), await self.receive(), await self.receive()];
        const found = messages.map((message) => Task.find(tasks, message));
        expect(found.filter((one) => one !== null)).toEqual([{ type: "ok", task: tasks[1], value: "b's" }]);
        expect(messages).toContainEqual("mine");
        expect(messages).toContainEqual(new Down(monitor, b.pid, "normal"));
        a.go("crash", "boom");
        expect(Task.find(tasks, await self.receive())).toEqual({ type: "exit", task: tasks[0], reason: withMessage("boom") });
        for (const other of [null, undefined, 1, "x", {}, { ref: tasks[0].ref }]) expect(Task.find(tasks, other)).toBeNull();
        await nothingLeft(self);
      }));

    it("T12 does not know the messages of a task that is not asked for", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.value(1));
        const message = await self.receive();
        expect(Task.find([], message)).toBeNull();
        expect(Task.find([task], message)).toMatchObject({ value: 1 });
      }));
  });
});
