import { Down, Exit, NotOwner, type Self, Task, type TaskFailed } from "taskward";
import { describe, expect, it } from "vitest";
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

    it.runIf(kind !== "event loop")("T3 a task that was sent to another node cannot be awaited there", () =>
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
