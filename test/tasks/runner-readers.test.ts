import type { TaskSupervisor } from "taskward";
import { type Self, TaskRunner, TooFewValues, collect, first } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { brief, readAll } from "./events.js";
import { arrival, nothingLeft, virtualPlaces, work } from "./places.js";

describe.each(virtualPlaces)("who reads a run: $name", ({ play, kind }) => {
  it("R4 two runs that are read one after the other share their owner's mailbox", () =>
    play(async (self, { pool, node }) => {
      const [one, two] = ["one", "two"].map((name) => TaskRunner.run([[pool, work.gated(self.pid, name)]], { node, owner: self }));
      const gates = [await arrival(self, "one"), await arrival(self, "two")];
      gates[1]?.go("value", 2);
      await self.sleep(1);
      gates[0]?.go("value", 1);
      self.send(self.pid, "mine");
      expect(await readAll(one!)).toEqual([["ok", 0, 1]]);
      expect(await readAll(two!)).toEqual([["ok", 0, 2]]);
      expect(await self.receive()).toBe("mine");
      await nothingLeft(self);
    }));

  it("R10 a run that is cancelled takes its own events out of its owner's mailbox, and nothing else", () =>
    play(async (self, { pool, node }) => {
      const [cancelled, other] = [1, 2].map((n) =>
        TaskRunner.run(
          [
            [pool, work.value(n)],
            [pool, work.never()],
          ],
          { node, owner: self },
        ),
      );
      self.send(self.pid, "mine");
      await self.sleep(1);
      expect(self.info(self.pid)).toMatchObject({ mailboxLength: 3 });
      await cancelled!.cancel();
      expect(self.info(self.pid)).toMatchObject({ mailboxLength: 2 });
      expect((await other!.next()).value).toMatchObject({ type: "ok", value: 2 });
      await other!.cancel();
      expect(await self.receive()).toBe("mine");
      await nothingLeft(self);
    }));

  it("R10 whoever waits for an event of a run that is cancelled is told that there is none", () =>
    play(async (self, { pool, node }) => {
      for (const owner of [self, undefined]) {
        const runner = TaskRunner.run([[pool, work.never()]], { node, ...(owner && { owner }) });
        const waiting = runner.next();
        await runner.cancel();
        expect(await waiting).toEqual({ done: true, value: undefined });
        expect(await runner.next()).toEqual({ done: true, value: undefined });
        expect(runner.done).toBe(true);
      }
      await nothingLeft(self);
    }));

  it("R10 a run that is cancelled while its owner takes an event leaves nothing in the mailbox", () =>
    play(async (self, { pool, node }) => {
      const runner = TaskRunner.run(
        [
          [pool, work.value(1)],
          [pool, work.never()],
        ],
        { node, owner: self },
      );
      await self.sleep(1);
      const taking = runner.next();
      const cancelled = runner.cancel();
      expect(await taking).toEqual({ done: true, value: undefined });
      await cancelled;
      await nothingLeft(self);
    }));

  it("R2 whoever leaves after the deadline does not wait for what it stopped", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.stubborn(self.pid, "a")]], { node, timeout: 20 });
        await arrival(self, "a");
        const start = node.clock.now();
        for await (const event of runner) {
          expect(brief(event)).toEqual(["timeout", [0]]);
          break;
        }
        expect(node.clock.now() - start).toBeLessThan(40);
        await runner.cancel();
        expect(pool.children()).toEqual([]);
      },
      { shutdown: 300 },
    ));

  it("R2 a run without a deadline sets no timer, and one that has ended leaves none", () =>
    play(async (self, { pool, node, timers }) => {
      const before = timers();
      const endless = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node });
      const hurried = TaskRunner.run([[pool, work.gated(self.pid, "b")]], { node, timeout: 1_000 });
      const gates = [await arrival(self, "a"), await arrival(self, "b")];
      expect(timers()).toBe(kind === "event loop" ? before + 1 : 0);
      for (const { go } of gates) go("value", 1);
      expect([(await collect(endless)).values, (await collect(hurried)).values]).toEqual([[1], [1]]);
      expect(timers()).toBe(before);
    }));

  it("R8 tasks that fail make room for the next ones as those do that succeed", () =>
    play(async (_self, { pool, node }) => {
      const specs = Array.from({ length: 150 }, (_, n) => [pool, n % 2 === 0 ? work.fail("boom") : work.value(n)] as const);
      const { values, errors } = await collect(TaskRunner.run(specs[Symbol.iterator](), { node, maxConcurrency: 1 }));
      expect([values.length, errors.length]).toEqual([75, 75]);
    }));

  it("R9 too few values say how many there were, and whether the deadline was the cause", () =>
    play(async (_self, { pool, node }) => {
      const failed = await first(
        TaskRunner.run(
          [
            [pool, work.value(1)],
            [pool, work.fail("boom")],
          ],
          { node },
        ),
        2,
      ).catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(TooFewValues);
      expect(failed).toMatchObject({ message: "2 values wanted, 1 arrived, 1 task(s) failed", values: [1], errors: ["boom"] });
      const late = await first(TaskRunner.run([[pool, work.never()]], { node, timeout: 10 }), 1).catch((error: unknown) => error);
      expect(late).toMatchObject({ message: "1 value wanted, 0 arrived, 0 task(s) failed, the deadline struck" });
    }));

  it("R10 cancelling pulls no more specs, and answers at once where nothing runs", () =>
    play(async (_self, { pool, node }) => {
      let pulled = 0;
      function* specs(): Generator<readonly [TaskSupervisor, ReturnType<typeof work.never>]> {
        for (;;) {
          pulled++;
          yield [pool, work.never()];
        }
      }
      const runner = TaskRunner.run(specs(), { node, maxConcurrency: 2 });
      expect(pulled).toBe(2);
      await runner.cancel();
      await runner.cancel();
      expect([pulled, pool.children()]).toEqual([2, []]);
    }));
});

describe("a run of plain work", () => {
  it("R6 belongs to its node, and has no supervisor of its own", async () => {
    const time = new VirtualTime();
    const runner = TaskRunner.run([(self: Self) => self.node.name, async (self: Self) => self.sleep(10)], { node: time.node });
    const { values, indexes } = await time.until(collect(runner));
    expect([values, indexes, time.now]).toEqual([["main", undefined], [0, 1], 10]);
  });
});
