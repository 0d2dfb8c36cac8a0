import { type Counts, TaskFailed, TaskRunner, TooFewValues, collect, failFast, first, firstSuccess, progress } from "taskward";
import { describe, expect, it } from "vitest";
import { arrival, finish, nothingLeft, places, until, warmUp, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play }) => {
  it("R9 collect takes all of it: values in the order of arrival, errors, and what was missing", () =>
    play(async (self, { pool, supervisor, node }) => {
      const other = supervisor();
      await warmUp(self, pool, other);
      const runner = TaskRunner.run(
        [
          [pool, work.gated(self.pid, "a")],
          [pool, work.gated(self.pid, "b")],
          [other, work.crash("boom")],
          [other, work.never()],
        ],
        { node, timeout: 1_000 },
      );
      const collected = collect(runner);
      const a = await arrival(self, "a");
      await finish(self, "b", "b");
      await until(self, () => pool.children().length === 1); // the other one has arrived
      a.go("value", "a");
      expect(await collected).toMatchObject({
        values: ["b", "a"],
        indexes: [1, 0],
        errors: [{ index: 2, reason: withMessage("boom") }],
        timedOut: true,
        pending: [{ index: 3 }],
      });
      await runner.cancel();
      await nothingLeft(self);
    }));

  it("R9 collect of a run that ends in time", () =>
    play(async (_self, { pool, node }) => {
      expect(await collect(TaskRunner.run([[pool, work.value(1)]], { node, timeout: 60_000 }))).toEqual({
        values: [1],
        indexes: [0],
        errors: [],
        timedOut: false,
        pending: [],
      });
    }));

  it("R9 firstSuccess: the first value, whatever failed before it; the rest is stopped", () =>
    play(async (self, { pool, supervisor, node }) => {
      const other = supervisor();
      const value = firstSuccess(
        TaskRunner.run(
          [
            [pool, work.crash("boom")],
            [pool, work.gated(self.pid, "good")],
            [other, work.gated(self.pid, "slow")],
          ],
          { node },
        ),
      );
      const ref = self.monitor((await arrival(self, "slow")).pid);
      await finish(self, "good", "first");
      expect(await value).toBe("first");
      expect(await self.receive()).toMatchObject({ ref, reason: "shutdown" });
      expect([pool.children(), other.children()]).toEqual([[], []]);
      await nothingLeft(self);
    }));

  it("R9 firstSuccess of none says what they failed of", () =>
    play(async (_self, { pool, node }) => {
      const error = await firstSuccess(
        TaskRunner.run(
          [
            [pool, work.crash("one")],
            [pool, work.crash("two")],
          ],
          { node },
        ),
      ).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(TooFewValues);
      expect(error).toMatchObject({ wanted: 1, values: [], errors: expect.arrayContaining([withMessage("one"), withMessage("two")]) });
      await expect(firstSuccess(TaskRunner.run([], { node }))).rejects.toMatchObject({ code: "too_few_values" });
      await expect(firstSuccess(TaskRunner.run([[pool, work.never()]], { node, timeout: 100 }))).rejects.toThrow(/deadline/);
    }));

  it("R9 first: so many values, in the order of arrival; the rest is stopped", () =>
    play(async (self, { pool, supervisor, node }) => {
      const other = supervisor();
      const values = first(
        TaskRunner.run(
          [
            [pool, work.gated(self.pid, "a")],
            [pool, work.gated(self.pid, "b")],
            [other, work.gated(self.pid, "c")],
            [other, work.never()],
          ],
          { node },
        ),
        2,
      );
      await arrival(self, "a");
      const c = await arrival(self, "c");
      await finish(self, "b", "b");
      await until(self, () => pool.children().length === 1); // the other one has arrived
      c.go("value", "c");
      expect(await values).toEqual(["b", "c"]);
      expect([pool.children(), other.children()]).toEqual([[], []]);
      await nothingLeft(self);
    }));

  it("R9 first of too few keeps those that came", () =>
    play(async (_self, { pool, node }) => {
      const error = await first(
        TaskRunner.run(
          [
            [pool, work.value(1)],
            [pool, work.crash("boom")],
          ],
          { node },
        ),
        2,
      ).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "too_few_values", wanted: 2, values: [1], errors: [withMessage("boom")] });
    }));

  it("R9 failFast: the first failure stops the rest, and is thrown", () =>
    play(async (self, { pool, supervisor, node }) => {
      const other = supervisor();
      const got: unknown[] = [];
      const read = async (): Promise<void> => {
        const runner = TaskRunner.run(
          [
            [pool, work.value("good")],
            [pool, work.gated(self.pid, "bad"), { label: "the bad one" }],
            [other, work.gated(self.pid, "slow")],
          ],
          { node },
        );
        for await (const event of failFast(runner)) got.push(event.type === "ok" ? event.value : event.type);
      };
      const reading = read().catch((reason: unknown) => reason);
      const ref = self.monitor((await arrival(self, "slow")).pid);
      const bad = await arrival(self, "bad");
      await until(self, () => pool.children().length === 1); // the other one has arrived
      bad.go("crash", "boom");
      const error = await reading;
      expect(error).toBeInstanceOf(TaskFailed);
      expect(error).toMatchObject({ who: expect.stringContaining("the bad one"), cause: withMessage("boom") });
      expect(got).toEqual(["good"]);
      expect(await self.receive()).toMatchObject({ ref, reason: "shutdown" });
      expect([pool.children(), other.children()]).toEqual([[], []]);
      await nothingLeft(self);
    }));

  it("R9 progress tells counts after every event, and passes the events on", () =>
    play(async (self, { pool, supervisor, node }) => {
      const counts: Counts[] = [];
      const types: string[] = [];
      const other = supervisor();
      await warmUp(self, pool, other);
      const specs = [
        [pool, work.value(1)],
        [pool, work.crash("boom")],
        [pool, work.value(2)],
        [other, work.never()],
      ] as const;
      for await (const event of progress(TaskRunner.run(specs, { node, timeout: 1_000 }), (now) => counts.push(now))) types.push(event.type);
      expect(types.at(-1)).toBe("timeout");
      expect(counts).toHaveLength(4);
      expect(counts.map(({ ok, failed, pending }) => ok + failed + pending)).toEqual([1, 2, 3, 4]);
      expect(counts.at(-1)).toEqual({ ok: 2, failed: 1, pending: 1 });
    }));

  it("R9 policies go on top of each other, and leaving the outermost stops the run", () =>
    play(async (self, { pool, node }) => {
      const counts: Counts[] = [];
      const runner = TaskRunner.run(
        [
          [pool, work.value(1)],
          [pool, work.never()],
        ],
        { node },
      );
      for await (const event of progress(runner, (now) => counts.push(now))) {
        expect(event.type).toBe("ok");
        break;
      }
      expect(counts).toEqual([{ ok: 1, failed: 0, pending: 0 }]);
      expect(runner.done).toBe(true);
      expect(pool.children()).toEqual([]);
      await nothingLeft(self);
    }));

  it("R9 the same policies serve an owner", () =>
    play(async (self, { pool, node }) => {
      expect(await collect(TaskRunner.run([[pool, work.value(1)]], { node, owner: self }))).toMatchObject({ values: [1] });
      expect(
        await firstSuccess(
          TaskRunner.run(
            [
              [pool, work.value(1)],
              [pool, work.never()],
            ],
            { node, owner: self },
          ),
        ),
      ).toBe(1);
      await nothingLeft(self);
    }));
});
