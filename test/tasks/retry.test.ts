import { type Call, type Retry, type RunnerEvent, TaskRunner, type TaskSupervisor, collect } from "taskward";
import { describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import { arrival, nothingLeft, places, warmUp, work } from "./places.js";
import { VirtualTime } from "taskward/testing";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

async function only(pool: TaskSupervisor, call: Call, options: Parameters<typeof TaskRunner.run>[1]): Promise<RunnerEvent<unknown>> {
  const events: RunnerEvent<unknown>[] = [];
  for await (const event of TaskRunner.run([[pool, call]], options)) events.push(event);
  expect(events).toHaveLength(1);
  return events[0] as RunnerEvent<unknown>;
}

describe.each(places)("$name", ({ play }) => {
  it("R9 retry starts a failed task again until it succeeds", () =>
    play(async (self, { pool, node }) => {
      const event = await only(pool, work.flaky(notes().path, 3), { node, retry: { attempts: 5 } });
      expect(event).toMatchObject({ type: "ok", value: 3, task: { attempts: 3 } });
      await nothingLeft(self);
    }));

  it("R9 retry gives up after so many attempts, with the last reason", () =>
    play(async (_self, { pool, node }) => {
      const runs = notes();
      const event = await only(pool, work.flaky(runs.path, 100), { node, retry: { attempts: 3 } });
      expect(event).toMatchObject({ type: "task_error", reason: withMessage("attempt 3"), task: { attempts: 3 } });
      expect(runs.lines()).toHaveLength(3);
    }));

  it("R9 a task's own retry comes before the run's", () =>
    play(async (_self, { pool, node }) => {
      const runs = notes();
      const events: unknown[] = [];
      for await (const event of TaskRunner.run([[pool, work.flaky(runs.path, 100), { retry: { attempts: 2 } }]], { node, retry: { attempts: 9 } }))
        events.push(event);
      expect(events).toMatchObject([{ type: "task_error", task: { attempts: 2 } }]);
    }));

  it("R9 `when` says which failures are worth another attempt, and is told which attempt it was", () =>
    play(async (_self, { pool, node }) => {
      const asked: unknown[] = [];
      const when: Retry["when"] = (reason, attempt) => {
        asked.push([(reason as Error).message, attempt]);
        return attempt < 2;
      };
      const event = await only(pool, work.flaky(notes().path, 100), { node, retry: { attempts: 9, when } });
      expect(event).toMatchObject({ type: "task_error", reason: withMessage("attempt 2") });
      expect(asked).toEqual([
        ["attempt 1", 1],
        ["attempt 2", 2],
      ]);
    }));

  it("R9 a `when` that throws ends its task with what it threw, and nobody else", () =>
    play(async (_self, { pool, node }) => {
      const when = (): never => {
        throw new Error("from when");
      };
      const runner = TaskRunner.run(
        [
          [pool, work.crash("boom"), { retry: { attempts: 3, when } }],
          [pool, work.value(1)],
        ],
        { node },
      );
      const events: unknown[] = [];
      for await (const event of runner) events.push(event);
      expect(events).toHaveLength(2);
      expect(events).toContainEqual(expect.objectContaining({ type: "task_error", index: 0, reason: withMessage("from when") }));
      expect(events).toContainEqual(expect.objectContaining({ type: "ok", index: 1 }));
    }));

  it("R9 a failure that would be the same again is not tried again", () =>
    play(async (_self, { pool, supervisor, node }) => {
      const dead = supervisor();
      await dead.stop();
      expect(await only(dead, work.value(1), { node, retry: { attempts: 3 } })).toMatchObject({
        reason: { code: "supervisor_down" },
        task: { attempts: 1 },
      });
      expect(await only(pool, work.hopeless(), { node, retry: { attempts: 3 } })).toMatchObject({
        task: { attempts: 1 },
      });
    }));

  it("R9 a retry lies within the same deadline, and nothing of it comes after it", () =>
    play(async (self, { pool, node, timers }) => {
      const before = timers();
      const runs = notes();
      await warmUp(self, pool);
      const runner = TaskRunner.run([[pool, work.flaky(runs.path, 100)]], { node, timeout: 300, retry: { attempts: 9, delay: 100_000 } });
      expect(await runner.next()).toMatchObject({ value: { type: "timeout", pending: [{ index: 0, attempts: 1 }] } });
      await runner.cancel();
      expect(runs.lines()).toHaveLength(1);
      expect(timers()).toBe(before);
      await nothingLeft(self);
    }));

  it("R9 cancel while a retry waits leaves nothing behind", () =>
    play(async (self, { pool, node, timers }) => {
      const before = timers();
      const runner = TaskRunner.run(
        [
          [pool, work.crash("boom")],
          [pool, work.value(1)],
        ],
        { node, retry: { attempts: 9, delay: 100_000 } },
      );
      expect(await runner.next()).toMatchObject({ value: { type: "ok" } });
      await runner.cancel();
      expect(timers()).toBe(before);
      expect(pool.children()).toEqual([]);
      await nothingLeft(self);
    }));

  it("R9 a task that was late is tried again when it has left its place, so that it never runs twice at once", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.tidy(self.pid, "late", 30)]], { node, taskTimeout: 100, retry: { attempts: 2 } });
        const first = await arrival(self, "late");
        const ref = self.monitor(first.pid);
        // It is asked to end, and does so 30 ms later; only then comes the second attempt.
        expect(await self.receive()).toEqual({ tidied: "late" });
        expect(await self.receive()).toMatchObject({ ref, reason: "normal" });
        const second = await arrival(self, "late");
        expect(second.pid).not.toBe(first.pid);
        expect(await runner.next()).toMatchObject({ value: { type: "task_error", reason: { code: "task_timeout" }, task: { attempts: 2 } } });
        await runner.cancel();
        expect(pool.children()).toEqual([]);
      },
      { shutdown: 200 },
    ));

  it("R9 a task that was late and does not end is killed before it is tried again", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.stubborn(self.pid, "late")]], { node, taskTimeout: 50, retry: { attempts: 2 } });
        const ref = self.monitor((await arrival(self, "late")).pid);
        expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
        await arrival(self, "late");
        expect(await runner.next()).toMatchObject({ value: { type: "task_error", reason: { code: "task_timeout" }, task: { attempts: 2 } } });
        await runner.cancel();
        expect(pool.children()).toEqual([]);
      },
      { shutdown: 50 },
    ));
});

describe("in virtual time", () => {
  const delays = async (retry: Retry): Promise<number[]> => {
    const time = new VirtualTime({ reporter: () => undefined });
    const starts: number[] = [];
    const work = (): never => {
      starts.push(time.now);
      throw new Error("no");
    };
    await time.run(async () => {
      for await (const _event of TaskRunner.run([work], { node: time.node, retry })) continue;
    });
    return starts.map((start, at) => start - (starts[at - 1] ?? 0)).slice(1);
  };

  it("R9 the delay grows by its factor, up to the longest", async () => {
    expect(await delays({ attempts: 5, delay: 100 })).toEqual([100, 200, 400, 800]);
    expect(await delays({ attempts: 5, delay: 100, factor: 3, maxDelay: 1_000 })).toEqual([100, 300, 900, 1_000]);
    expect(await delays({ attempts: 4, delay: 100, factor: 1 })).toEqual([100, 100, 100]);
    expect(await delays({ attempts: 3 })).toEqual([0, 0]);
  });

  it.each([{ code: "load_failed" }, "load_failed", undefined, null, new Error("without a code")])(
    "R9 only an error can say that it would be the same again: %o is tried again",
    async (reason) => {
      const time = new VirtualTime({ reporter: () => undefined });
      let attempts = 0;
      const fails = (): Promise<never> => {
        attempts++;

        return Promise.reject(reason);
      };
      const { errors } = await time.until(collect(TaskRunner.run([fails], { node: time.node, retry: { attempts: 2 } })));
      expect([attempts, errors]).toEqual([2, [{ index: 0, reason }]]);
    },
  );

  it("R9 without a delay there may be any number of attempts", async () => {
    expect((await delays({ attempts: 3_000 })).every((delay) => delay === 0)).toBe(true);
  });
});
