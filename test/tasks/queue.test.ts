import fc from "fast-check";
import { type Call, type Self, Task, TaskRunner } from "taskward";
import { describe, expect, it } from "vitest";
import { Notes } from "../notes.js";
import { arrival, finish, nothingLeft, places, work, tally } from "./places.js";

describe.each(places)("$name", ({ play }) => {
  it("S7 concurrency limits what runs at once and queues the rest, first come first served", () =>
    play(
      async (self, { pool }) => {
        const names = ["a", "b", "c", "d"];
        const tasks = names.map((name) => pool.asyncNolink(self, work.gated(self.pid, name)));
        for (const name of names) {
          expect(pool.countChildren().active).toBe(1);
          await finish(self, name, name);
        }
        expect(await Task.awaitMany(self, tasks)).toEqual(names);
      },
      { concurrency: 1 },
    ));

  it("S7 two runners take turns, however much one of them wants", () =>
    play(
      async (self, { pool, node }) => {
        const run = (name: string, count: number): TaskRunner<unknown> =>
          TaskRunner.run(
            Array.from({ length: count }, (_, n) => [pool, work.gated(self.pid, `${name}${n}`)] as const),
            { node },
          );
        const greedy = run("greedy", 50);
        const modest = run("modest", 3);
        const order: string[] = [];
        while (order.filter((name) => name.startsWith("modest")).length < 3) {
          const { gate, pid } = (await self.receive()) as { gate: string; pid: Self["pid"] };
          order.push(gate);
          self.send(pid, { order: "value", what: gate });
        }
        expect(order).toEqual(["greedy0", "greedy1", "modest0", "greedy2", "modest1", "greedy3", "modest2"]);
        await Promise.all([greedy.cancel(), modest.cancel()]);
        await drain(self);
      },
      { concurrency: 1 },
    ));

  it("S7 each owner of tasks has its turn too", () =>
    play(
      async (self, { pool }) => {
        for (const [name, count] of [
          ["first", 5],
          ["second", 2],
          ["third", 1],
        ] as const) {
          self.spawn(async (me) => {
            for (let n = 0; n < count; n++) pool.asyncNolink(me, work.gated(self.pid, `${name}${n}`));
            self.send(self.pid, { started: name });
            await me.receive();
          });
          await self.receive((message) => (message as { started?: string }).started === name);
        }
        const order: string[] = [];
        for (let n = 0; n < 8; n++) {
          const { gate, pid } = (await self.receive((message) => "gate" in (message as object))) as { gate: string; pid: Self["pid"] };
          order.push(gate);
          self.send(pid, { order: "value" });
        }
        expect(order).toEqual(["first0", "first1", "second0", "third0", "first2", "second1", "first3", "first4"]);
      },
      { concurrency: 1 },
    ));

  it("S7 a queued task can be cancelled in the queue, and the others keep their turns", () =>
    play(
      async (self, { pool, node }) => {
        const tasks = ["a", "b", "c"].map((name) => pool.asyncNolink(self, work.gated(self.pid, name)));
        const runner = TaskRunner.run([[pool, work.gated(self.pid, "r")]], { node });
        expect(await Task.shutdown(self, tasks[1] as Task<unknown>)).toBeNull();
        await runner.cancel();
        expect(pool.countChildren()).toEqual({ active: 1, waiting: 1 });
        await finish(self, "a", 1);
        await finish(self, "c", 3);
        expect(await Task.awaitMany(self, [tasks[0], tasks[2]] as Task<unknown>[])).toEqual([1, 3]);
        await nothingLeft(self);
      },
      { concurrency: 1 },
    ));

  it("S7 arguments are values: what is changed while the task waits travels", () =>
    play(
      async (self, { pool }) => {
        const list = [1];
        const first = pool.asyncNolink(self, work.gated(self.pid, "first"));
        const second = pool.asyncNolink(self, work.value(list));
        const { go } = await arrival(self, "first");
        list.push(2);
        go("value", "done");
        expect(await Task.awaitMany(self, [first, second])).toEqual(["done", [1, 2]]);
      },
      { concurrency: 1 },
    ));

  it("S7 a child that is started again goes to the end of the queue", () =>
    play(
      async (self, { pool }) => {
        pool.startChild(work.gated(self.pid, "child"), { restart: "transient" });
        const task = pool.asyncNolink(self, work.gated(self.pid, "task"));
        (await arrival(self, "child")).go("crash", "boom");
        await finish(self, "task", 1);
        expect(await Task.await(self, task)).toBe(1);
        await finish(self, "child", 2);
      },
      { concurrency: 1 },
    ));

  it("S7 never more at once than allowed, whoever asks, whatever ends how: by chance", () =>
    play(async (self, { supervisor, node }) => {
      const limits = fc.record({
        concurrency: fc.integer({ min: 1, max: 4 }),
        maxConcurrency: fc.integer({ min: 1, max: 5 }),
        jobs: fc.array(fc.constantFrom("quick", "slow", "crash", "owned"), { minLength: 5, maxLength: 40 }),
      });
      await fc.assert(
        fc.asyncProperty(limits, async ({ concurrency, maxConcurrency, jobs }) => {
          const pool = supervisor({ concurrency });
          const file = new Notes();
          const call = (job: string): Call => (job === "crash" ? work.crash("boom") : work.counted(file.path, job === "slow" ? 2 : 0));
          const owned = jobs.filter((job) => job === "owned").map(() => pool.asyncNolink(self, work.counted(file.path, 1)));
          const runner = TaskRunner.run(
            jobs.filter((job) => job !== "owned").map((job) => [pool, call(job)] as const),
            { node, maxConcurrency },
          );
          let ended = 0;
          for await (const event of runner) if (event.type !== "timeout") ended++;
          await Task.awaitMany(self, owned, Number.POSITIVE_INFINITY);
          expect(ended).toBe(jobs.length - owned.length);
          const { left, most } = tally(file.lines());
          file.remove();
          expect(left).toBe(0);
          expect(most).toBeLessThanOrEqual(concurrency);
          if (owned.length === 0) expect(most).toBeLessThanOrEqual(maxConcurrency);
          expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
          await pool.stop();
        }),
        { numRuns: 15, endOnFailure: true },
      );
      await nothingLeft(self);
    }));
});

/** Takes what gated tasks still said before they were stopped. */
async function drain(self: Self): Promise<void> {
  while ((await self.receive(undefined, { after: 0 })) !== undefined) continue;
}
