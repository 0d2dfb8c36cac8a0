import { type RunnerEvent, TaskRunner } from "taskward";
import { describe, expect, it } from "vitest";
import { brief, readAll } from "./events.js";
import { arrival, nothingLeft, places, work } from "./places.js";

describe.each(places)("$name", ({ play }) => {
  describe("R10 stopping", () => {
    it.each(["break", "return", "throw"])("R10 leaving the loop by %s stops what still runs, and awaits it", (how) =>
      play(
        async (self, { pool, node }) => {
          const runner = TaskRunner.run(
            [
              [pool, work.value(1)],
              [pool, work.tidy(self.pid, "tidy")],
              [pool, work.never()],
            ],
            { node },
          );
          await arrival(self, "tidy");
          const leave = async (): Promise<string> => {
            for await (const event of runner) {
              if (event.type !== "ok") continue;
              if (how === "break") break;
              if (how === "return") return "returned";
              throw new Error("thrown");
            }
            return "broken off";
          };
          expect(await leave().catch((error: unknown) => (error as Error).message)).toBe(
            { break: "broken off", return: "returned", throw: "thrown" }[how],
          );
          expect(await self.receive(undefined, { after: 0 })).toEqual({ tidied: "tidy" });
          expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
          expect(runner.done).toBe(true);
          await nothingLeft(self);
        },
        { concurrency: 2 },
      ),
    );

    it("R10 `await using` stops what still runs", () =>
      play(async (self, { pool, node }) => {
        {
          await using runner = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node });
          await arrival(self, "a");
          expect(runner.done).toBe(false);
        }
        expect(pool.children()).toEqual([]);
        await nothingLeft(self);
      }));

    it("R10 cancel by the rule: kill kills, keep lets run", () =>
      play(async (self, { pool, node }) => {
        for (const onTimeout of ["kill", "keep", "shutdown"] as const) {
          const runner = TaskRunner.run([[pool, work.gated(self.pid, onTimeout)]], { node, onTimeout });
          const { pid, go } = await arrival(self, onTimeout);
          const ref = self.monitor(pid);
          await runner.cancel();
          expect(runner.done).toBe(true);
          if (onTimeout === "keep") go("value", 1);
          expect(await self.receive()).toMatchObject({ ref, reason: { kill: "killed", keep: "normal", shutdown: "shutdown" }[onTimeout] });
        }
        await nothingLeft(self);
      }));

    it("R10 cancel ends a loop that waits, whoever reads, and may be called again", () =>
      play(async (self, { pool, node }) => {
        for (const owner of [undefined, self]) {
          const runner = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node, ...(owner === undefined ? {} : { owner }) });
          await arrival(self, "a");
          const reading = readAll(runner);
          await runner.cancel();
          expect(await reading).toEqual([]);
          await runner.cancel();
        }
        await nothingLeft(self);
      }));

    it("R10 no event that had been told comes after cancel", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.value(1)],
            [pool, work.value(2)],
            [pool, work.gated(self.pid, "a")],
          ],
          { node, owner: self },
        );
        await arrival(self, "a");
        const [first] = [await self.receive()];
        expect(runner.handleMessage(first)).toMatchObject({ type: "ok" });
        await runner.cancel();
        await nothingLeft(self);
        expect(runner.handleMessage(first)).toBeNull();
      }));

    it("R10 cancel waits for a task that was told of as late and still runs", () =>
      play(
        async (self, { pool, node }) => {
          const runner = TaskRunner.run(
            [
              [pool, work.stubborn(self.pid, "a"), { timeout: 100 }],
              [pool, work.never()],
            ],
            { node },
          );
          await arrival(self, "a");
          expect(brief((await runner.next()).value as RunnerEvent<unknown>)).toEqual([
            "task_error",
            0,
            expect.objectContaining({ code: "task_timeout" }),
          ]);
          await runner.cancel();
          expect(pool.children()).toEqual([]);
        },
        { shutdown: 100 },
      ));
  });
});
