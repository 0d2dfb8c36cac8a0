import { Down, type RunnerEvent, type Self, Task, TaskRunner } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { brief, readAll } from "./events.js";
import { arrival, finish, nothingLeft, places, until, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play }) => {
  describe("R4 handleMessage", () => {
    it("R4 answers null for every message that is not the runner's; runners and other messages share a mailbox", () =>
      play(async (self, { pool, node }) => {
        const runners = ["a", "b"].map((name) =>
          TaskRunner.run(
            [
              [pool, work.gated(self.pid, name)],
              [pool, work.value(name)],
            ],
            { node, owner: self },
          ),
        );
        const task = pool.asyncNolink(self, work.value("a task's"));
        const other = self.spawn((me) => me.receive());
        self.monitor(other);
        self.exit(other, "kill");
        self.send(self.pid, "mine");
        const got: unknown[] = [[], []];
        const others: unknown[] = [];
        while (!runners.every((runner) => runner.done) || others.length < 5) {
          const message = await self.receive();
          const events = runners.map((runner) => runner.handleMessage(message));
          expect(events.filter((event) => event !== null).length).toBeLessThanOrEqual(1);
          const at = events.findIndex((event) => event !== null);
          if (at !== -1) (got[at] as unknown[]).push(brief(events[at] as RunnerEvent<unknown>));
          else {
            others.push(message);
            const gate = message as { gate?: string; pid: Self["pid"] };
            if (gate.gate !== undefined) self.send(gate.pid, { order: "value", what: `gate ${gate.gate}` });
          }
        }
        expect(got).toEqual(
          ["a", "b"].map((name) =>
            expect.arrayContaining([
              ["ok", 0, `gate ${name}`],
              ["ok", 1, name],
            ]),
          ),
        );
        expect(others.filter((message) => message === "mine")).toHaveLength(1);
        expect(others.filter((message) => message instanceof Down)).toHaveLength(1);
        expect(others.map((message) => Task.find([task], message)).filter((found) => found !== null)).toMatchObject([{ value: "a task's" }]);
        for (const runner of runners) for (const message of [undefined, null, "x", {}, { runner }]) expect(runner.handleMessage(message)).toBeNull();
        await nothingLeft(self);
      }));
  });

  describe("R5 done", () => {
    it("R5 is true exactly when every task has ended and been told of", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.value(1)],
            [pool, work.crash("boom")],
          ],
          { node, owner: self },
        );
        expect(runner.done).toBe(false);
        for (let told = 0; told < 2; told++) {
          const message = await self.receive();
          expect(runner.done).toBe(false);
          expect(runner.handleMessage(message)).not.toBeNull();
          expect(runner.done).toBe(told === 1);
        }
        await nothingLeft(self);
      }));

    it("R5 is true at once for no tasks, whoever reads", () =>
      play(async (self, { node, timers }) => {
        const before = timers();
        for (const options of [{ node }, { node, owner: self }, { node, timeout: 50 }]) {
          for (const none of [[], new Set<never>(), (function* (): Generator<never> {})()]) {
            const runner = TaskRunner.run(none, options);
            expect(runner.done).toBe(true);
            expect(await readAll(runner)).toEqual([]);
          }
        }
        expect(timers()).toBe(before);
        await nothingLeft(self);
      }));

    it("R5 becomes true with an event of its own when an async source ends after the last of its tasks", () =>
      play(async (self, { pool, node }) => {
        for (const count of [0, 1]) {
          let end = (): void => undefined;
          const ends = new Promise<void>((resolve) => (end = resolve));
          async function* source() {
            for (let at = 0; at < count; at++) yield [pool, work.value(at)] as const;
            await ends;
          }
          const runner = TaskRunner.run(source(), { node, owner: self, maxConcurrency: 4 });
          if (count === 1) expect(runner.handleMessage(await self.receive())).toMatchObject({ type: "ok" });
          expect(runner.done).toBe(false);
          end();
          expect(runner.handleMessage(await self.receive())).toEqual({ type: "done" });
          expect(runner.done).toBe(true);
        }
        await nothingLeft(self);
      }));

    it("R5 iteration over a run of an owner whose async source ends late comes to its end", () =>
      play(async (self, { pool, node }) => {
        async function* source() {
          yield [pool, work.value(1)] as const;
          await self.sleep(20);
        }
        expect(await readAll(TaskRunner.run(source(), { node, owner: self }))).toEqual([["ok", 0, 1]]);
        expect(await readAll(TaskRunner.run(source(), { node }))).toEqual([["ok", 0, 1]]);
        await nothingLeft(self);
      }));
  });

  describe("R7 the owner's crash", () => {
    it("R7 leaves supervised tasks running", () =>
      play(async (self, { pool, node, timers }) => {
        const before = timers();
        const { ref } = self.spawnMonitor(async (me) => {
          TaskRunner.run(
            ["a", "b"].map((name) => [pool, work.gated(self.pid, name)] as const),
            { node, owner: me, timeout: 60_000 },
          );
          await me.receive();
          throw new Error("the owner crashed");
        });
        const [a, b] = [await arrival(self, "a"), await arrival(self, "b")];
        const owner = a.callers[0];
        if (owner === undefined) throw new Error("no caller");
        self.send(owner, "crash");
        expect(await self.receive()).toMatchObject({ ref, reason: withMessage("the owner crashed") });
        expect(timers()).toBe(before);
        for (const { pid, go } of [a, b]) {
          const down = self.monitor(pid);
          go("value", 1);
          expect(await self.receive()).toMatchObject({ ref: down, reason: "normal" });
        }
        await nothingLeft(self);
      }));

    it("R7 starts none of those that had not begun", () =>
      play(async (self, { pool, node }) => {
        const { ref } = self.spawnMonitor((me) => {
          TaskRunner.run(
            ["a", "b", "c"].map((name) => [pool, work.gated(self.pid, name)] as const),
            { node, owner: me, maxConcurrency: 1 },
          );
          throw new Error("the owner crashed");
        });
        expect(await self.receive((message) => message instanceof Down)).toMatchObject({ ref });
        await finish(self, "a", 1);
        await until(self, () => pool.children().length === 0);
        await nothingLeft(self);
      }));
  });
});

describe("R4 R5 an event that is handed in twice", () => {
  it("counts once: the next one is not lost, and done is not early", async () => {
    const time = new VirtualTime();
    await time.run(async (self) => {
      const runner = TaskRunner.run([(task: Self) => task.sleep(10), (task: Self) => task.sleep(20)], { owner: self });
      await self.sleep(30);
      const first = await self.receive();
      expect(runner.handleMessage(first)).toMatchObject({ type: "ok", index: 0 });
      expect(runner.handleMessage(first)).toBeNull();
      expect(runner.done).toBe(false);
      expect(runner.handleMessage(await self.receive())).toMatchObject({ type: "ok", index: 1 });
      expect(runner.done).toBe(true);
    });
  });
});
