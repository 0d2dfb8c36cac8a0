import { NodeDown, Task, TaskFailed, TaskTimeout } from "taskward";
import { describe, expect, it } from "vitest";
import { trouble } from "../faults/pool.js";
import { arrival, finish, nothingLeft, places, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play, kind }) => {
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

    it.runIf(kind === "other nodes")("T2 rejects when the node under the task is lost, and says how", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, trouble.leave(3));
        const error = (await Task.await(self, task).catch((reason: unknown) => reason)) as TaskFailed;
        expect(error.reason).toBeInstanceOf(NodeDown);
        expect(error.reason).toMatchObject({ exitCode: 3, code: "node_down" });
        await nothingLeft(self);
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
});
