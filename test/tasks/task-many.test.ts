import { Down, Task, TaskFailed, TaskTimeout } from "taskward";
import { describe, expect, it } from "vitest";
import { arrival, finish, nothingLeft, places, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play }) => {
  describe("T4 awaitMany", () => {
    it("T4 keeps the order of the tasks, whatever the order of arrival", () =>
      play(async (self, { pool }) => {
        const tasks = ["a", "b"].map((name) => pool.async(self, work.gated(self.pid, name)));
        const values = Task.awaitMany(self, tasks);
        const [a, b] = [await arrival(self, "a"), await arrival(self, "b")];
        b.go("value", 2);
        a.go("value", 1);
        expect(await values).toEqual([1, 2]);
        await nothingLeft(self);
      }));

    it("T4 of no tasks is an empty array", () =>
      play(async (self) => {
        expect(await Task.awaitMany(self, [])).toEqual([]);
      }));

    it("T4 fails at once when any task fails, stops those that are linked, and leaves nothing behind", () =>
      play(async (self, { pool, supervisor, timers }) => {
        const before = timers();
        const bad = pool.asyncNolink(self, work.gated(self.pid, "bad"), { label: "bad one" });
        const linked = pool.async(self, work.gated(self.pid, "linked"));
        const free = supervisor().asyncNolink(self, work.gated(self.pid, "free"));
        const values = Task.awaitMany(self, [linked, free, bad], 60_000);
        const [one, other] = [await arrival(self, "linked"), await arrival(self, "free")];
        const ref = self.monitor(one.pid);
        (await arrival(self, "bad")).go("crash", "boom");
        const error = await values.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TaskFailed);
        expect(error).toMatchObject({ who: expect.stringContaining("bad one"), reason: withMessage("boom") });
        expect(await self.receive()).toMatchObject({ ref, reason: "shutdown" });
        // The one without a link runs on, what it returns is dropped, and no timer waits for it.
        expect(timers()).toBe(before);
        const down = self.monitor(other.pid);
        other.go("value", "late");
        expect(await self.receive()).toMatchObject({ ref: down });
        await pool.stop();
        await nothingLeft(self);
      }));

    it("T4 has one deadline for all", () =>
      play(async (self, { pool, node, timers }) => {
        const before = timers();
        const tasks = ["a", "b"].map((name) => pool.async(self, work.gated(self.pid, name)));
        await Promise.all([arrival(self, "a"), arrival(self, "b")]);
        const start = node.clock.now();
        const error = await Task.awaitMany(self, tasks, 50).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TaskTimeout);
        if (before > 0) expect(node.clock.now() - start).toBe(50);
        await pool.stop();
        await nothingLeft(self);
        expect(timers()).toBe(before);
      }));

    it("T4 with a task that has been read already fails without harming the others", () =>
      play(async (self, { pool }) => {
        const task = pool.asyncNolink(self, work.gated(self.pid, "a"));
        await expect(Task.awaitMany(self, [task, task])).rejects.toMatchObject({ code: "invalid_option" });
        await finish(self, "a", 1);
        await nothingLeft(self);
      }));
  });

  describe("T6 yieldMany", () => {
    it("T6 returns pairs in the order of the tasks: values, reasons, and null for what has not come", () =>
      play(async (self, { pool, timers }) => {
        const before = timers();
        const [ok, bad, slow] = [
          pool.asyncNolink(self, work.value(1)),
          pool.asyncNolink(self, work.crash("boom")),
          pool.asyncNolink(self, work.gated(self.pid, "slow")),
        ];
        const { go } = await arrival(self, "slow");
        await Task.yieldMany(self, [ok, bad]);
        expect(await Task.yieldMany(self, [slow, ok, bad], 20)).toEqual([
          [slow, null],
          [ok, { ok: 1 }],
          [bad, { exit: withMessage("boom") }],
        ]);
        go("value", 3);
        expect(await Task.yieldMany(self, [slow])).toEqual([[slow, { ok: 3 }]]);
        expect(timers()).toBe(before);
        await nothingLeft(self);
      }));

    it("T6 of no tasks is an empty array, at once", () =>
      play(async (self, { timers }) => {
        const before = timers();
        expect(await Task.yieldMany(self, [], { timeout: Number.POSITIVE_INFINITY })).toEqual([]);
        expect(timers()).toBe(before);
      }));

    it("T6 `limit` ends the wait when so many have ended", () =>
      play(async (self, { pool, supervisor, timers }) => {
        const before = timers();
        const tasks = [
          pool.asyncNolink(self, work.gated(self.pid, "a")),
          supervisor().asyncNolink(self, work.gated(self.pid, "b")),
          pool.asyncNolink(self, work.gated(self.pid, "c")),
        ];
        const yielded = Task.yieldMany(self, tasks, { limit: 2, timeout: Number.POSITIVE_INFINITY });
        await finish(self, "c", 3);
        await finish(self, "a", 1);
        expect((await yielded).map(([, result]) => result)).toEqual([{ ok: 1 }, null, { ok: 3 }]);
        expect(timers()).toBe(before);
        await finish(self, "b", 2);
        expect((await Task.yieldMany(self, tasks)).map(([, result]) => result)).toEqual([{ ok: 1 }, { ok: 2 }, { ok: 3 }]);
        await nothingLeft(self);
      }));

    it("T6 `limit` counts those that had ended already", () =>
      play(async (self, { pool }) => {
        const [first, second] = [pool.asyncNolink(self, work.value(1)), pool.asyncNolink(self, work.gated(self.pid, "b"))];
        await Task.yield(self, first);
        expect(await Task.yieldMany(self, [second, first], { limit: 1, timeout: Number.POSITIVE_INFINITY })).toEqual([
          [second, null],
          [first, { ok: 1 }],
        ]);
      }));

    it("T6 onTimeout kill_task kills what has not ended, and answers null for it", () =>
      play(async (self, { pool, timers }) => {
        const before = timers();
        const [ok, slow] = [pool.async(self, work.value(1)), pool.async(self, work.stubborn(self.pid, "slow"))];
        await Task.yield(self, ok);
        const ref = self.monitor((await arrival(self, "slow")).pid);
        expect(await Task.yieldMany(self, [slow, ok], { timeout: 50, onTimeout: "kill_task" })).toEqual([
          [slow, null],
          [ok, { ok: 1 }],
        ]);
        expect(await self.receive()).toEqual(new Down(ref, expect.any(String) as never, "killed"));
        expect(timers()).toBe(before);
        await nothingLeft(self);
      }));

    it("T6 onTimeout ignore drops what comes later", () =>
      play(async (self, { pool }) => {
        const slow = pool.async(self, work.gated(self.pid, "slow"));
        const { pid, go } = await arrival(self, "slow");
        expect(await Task.yieldMany(self, [slow], { timeout: 10, onTimeout: "ignore" })).toEqual([[slow, null]]);
        const ref = self.monitor(pid);
        go("crash", "nobody minds");
        expect(await self.receive()).toMatchObject({ ref });
        await pool.stop();
        await nothingLeft(self);
      }));

    it("T6 the owner's death ends the wait", () =>
      play(async (self, { pool }) => {
        let waited: Promise<unknown> = Promise.resolve();
        const { pid } = self.spawnMonitor(async (me) => {
          const task = pool.asyncNolink(me, work.gated(self.pid, "a"));
          waited = Task.yieldMany(me, [task]).catch((reason: unknown) => reason);
          await waited;
        });
        const { go } = await arrival(self, "a");
        self.exit(pid, "kill");
        expect(await waited).toMatchObject({ code: "exited", reason: "killed" });
        go("value", 1);
      }));
  });
});
