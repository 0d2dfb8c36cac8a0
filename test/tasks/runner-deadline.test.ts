import { TaskRunner } from "taskward";
import { describe, expect, it } from "vitest";
import { readAll } from "./events.js";
import { arrival, nothingLeft, places, until, warmUp, work } from "./places.js";

describe.each(places)("$name", ({ play }) => {
  describe("R2 one deadline", () => {
    it.each(["plain code", "an owner"])("R2 for %s: what was collected stands, the rest is told once, and nothing comes after it", (reader) =>
      play(async (self, { pool, node, timers }) => {
        const before = timers();
        const owner = reader === "an owner" ? self : undefined;
        await warmUp(self, pool);
        const runner = TaskRunner.run(
          [
            [pool, work.value("quick")],
            [pool, work.gated(self.pid, "a")],
          ],
          {
            node,
            timeout: 500,
            onTimeout: "keep",
            ...(owner === undefined ? {} : { owner }),
          },
        );
        const task = await arrival(self, "a");
        expect(await readAll(runner)).toEqual([
          ["ok", 0, "quick"],
          ["timeout", [1]],
        ]);
        expect(runner.done).toBe(true);
        task.go("value", "late");
        const ref = self.monitor(task.pid);
        expect(await self.receive()).toMatchObject({ ref });
        await pool.stop();
        await nothingLeft(self);
        expect(await runner.next()).toEqual({ done: true, value: undefined });
        expect(timers()).toBe(before);
      }),
    );

    it("R2 the deadline counts the time in the queue; what has not started is missing too", () =>
      play(
        async (self, { pool, node }) => {
          const calls = ["running", "waiting", "waiting too"].map((name) => [pool, work.gated(self.pid, name)] as const);
          await warmUp(self, pool);
          const runner = TaskRunner.run(calls, { node, timeout: 300 });
          await arrival(self, "running");
          const { value } = await runner.next();
          expect(value).toMatchObject({ type: "timeout", pending: [{ index: 0, attempts: 1 }, { index: 1 }, { index: 2 }] });
          if (value?.type !== "timeout") throw new Error("no timeout");
          expect(value.pending[0]?.startedAt).toBeTypeOf("number");
          expect(value.pending[1]?.startedAt).toBeUndefined();
          await runner.cancel();
          expect(pool.children()).toEqual([]);
        },
        { concurrency: 1 },
      ));

    it("R2 of an array also those are missing that had not even been submitted", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          Array.from({ length: 5 }, () => [pool, work.never()] as const),
          { node, timeout: 200, maxConcurrency: 2 },
        );
        expect(await readAll(runner)).toEqual([["timeout", [0, 1, 2, 3, 4]]]);
        await nothingLeft(self);
      }));

    it.each([
      ["shutdown", "shutdown"],
      ["kill", "killed"],
    ] as const)("R2 with onTimeout %s the rest ends with %s", (onTimeout, reason) =>
      play(async (self, { pool, node }) => {
        await warmUp(self, pool);
        const runner = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node, timeout: 300, onTimeout });
        const ref = self.monitor((await arrival(self, "a")).pid);
        expect(await readAll(runner)).toEqual([["timeout", [0]]]);
        expect(await self.receive()).toMatchObject({ ref, reason });
        await runner.cancel();
        expect(pool.children()).toEqual([]);
      }),
    );

    it("R2 with onTimeout shutdown a task may end tidily within its grace time, and is killed after it", () =>
      play(
        async (self, { pool, node }) => {
          await warmUp(self, pool);
          const runner = TaskRunner.run(
            [
              [pool, work.tidy(self.pid, "tidy")],
              [pool, work.stubborn(self.pid, "stubborn")],
            ],
            { node, timeout: 500 },
          );
          await arrival(self, "tidy");
          const ref = self.monitor((await arrival(self, "stubborn")).pid);
          expect(await readAll(runner)).toEqual([["timeout", [0, 1]]]);
          expect(await self.receive()).toEqual({ tidied: "tidy" });
          expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
          await runner.cancel();
          expect(pool.children()).toEqual([]);
        },
        { shutdown: 50 },
      ));

    it.each(["plain code", "an owner"])("R2 for %s: the deadline is over once all tasks have ended, however late that is read", (reader) =>
      play(async (self, { pool, node, timers }) => {
        await warmUp(self, pool);
        const before = timers();
        const runner = TaskRunner.run([[pool, work.value(1)]], { node, timeout: 300, ...(reader === "an owner" ? { owner: self } : {}) });
        await until(self, () => pool.children().length === 0);
        expect(timers()).toBe(before);
        await self.sleep(400);
        expect(await readAll(runner)).toEqual([["ok", 0, 1]]);
        await nothingLeft(self);
      }),
    );

    it("R2 a deadline of 0 strikes before anything that takes time", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.never()]], { node, timeout: 0 });
        expect(await readAll(runner)).toEqual([["timeout", [0]]]);
        await nothingLeft(self);
      }));
  });
});
