import { Task } from "taskward";
import { describe, expect, it } from "vitest";
import { arrival, finish, nothingLeft, places, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play }) => {
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
});
