import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Task, TaskRunner, type TaskSupervisor, collect, run } from "taskward";
import { describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import { type Stage, arrival, nothingLeft, places, until, work } from "./places.js";

type Started = ["async" | "asyncNolink", Task<unknown>, unknown[]];

/** Starts a task in each of the ways that take `onProgress`, and keeps what it tells. */
function starts(stage: Stage, self: Parameters<TaskSupervisor["async"]>[0], values: readonly unknown[]): Started[] {
  return (["async", "asyncNolink"] as const).map((how) => {
    const seen: unknown[] = [];
    const task: Task<unknown> = stage.pool[how](self, work.reports(values, "done"), { onProgress: (value, of) => seen.push([value, of === task]) });
    return [how, task, seen];
  });
}

describe.each(places)("progress: $name", ({ kind, play }) => {
  it("is told in order, before the result", () =>
    play(async (self, stage) => {
      const values = Array.from({ length: 50 }, (_, i) => ({ done: i, of: 50 }));
      for (const [, task, seen] of starts(stage, self, values)) {
        expect(await Task.await(task)).toBe("done");
        expect(seen).toEqual(values.map((value) => [value, true]));
      }
      await nothingLeft(self);
    }));

  it("says which task of a run tells of it, and comes before its event", () =>
    play(async (_self, { pool }) => {
      const seen: unknown[] = [];
      const specs = [0, 1, 2].map((n) => [pool, work.reports([n, n], n), { label: `number ${n}` }] as const);
      const runner = TaskRunner.run(specs, { onProgress: (value, { index, label }) => seen.push([index, label, value]) });
      for await (const event of runner) {
        const { index } = event as { index: number };
        expect(seen.filter((one) => (one as unknown[])[0] === index)).toEqual([1, 2].map(() => [index, `number ${index}`, index]));
      }
      expect(seen).toHaveLength(6);
    }));

  it("goes nowhere where nobody has asked for it", () =>
    play(async (self, { pool }) => {
      expect(await Task.await(pool.asyncNolink(self, work.reports([1, 2], "done")))).toBe("done");
      expect((await collect(TaskRunner.run([[pool, work.reports([1, 2], "done")]]))).values).toEqual(["done"]);
      await nothingLeft(self);
    }));

  it("is not told after the task's time was up", () =>
    play(async (self, { supervisor, node }) => {
      const seen: unknown[] = [];
      const pool = supervisor({ shutdown: 10_000 });
      const runner = TaskRunner.run([[pool, work.tellsOn(self.pid, "a"), { timeout: 300 }]], { node, onProgress: (value) => seen.push(value) });
      const first = runner.next();
      const { go } = await arrival(self, "a");
      expect(await first).toMatchObject({ value: { type: "task_error", reason: { code: "task_timeout" } } });
      await self.receive();
      go("value");
      await until(self, () => pool.children().length === 0);
      expect(seen).toEqual(["begun"]);
    }));

  it("is not told after the deadline, nor after cancel", () =>
    play(async (self, { supervisor, node }) => {
      // In real time, the deadline may strike before the thread is up.
      for (const ends of kind === "event loop" ? ["deadline", "cancel"] : ["cancel"]) {
        const seen: unknown[] = [];
        const pool = supervisor({ shutdown: 10_000 });
        const runner = TaskRunner.run([[pool, work.tellsOn(self.pid, ends)]], {
          ...(ends === "deadline" && { timeout: 50 }),
          node,
          onProgress: (value) => seen.push(value),
        });
        const first = runner.next();
        const { go } = await arrival(self, ends);
        if (ends === "cancel") void runner.cancel();
        await first;
        await self.receive();
        go("value");
        await until(self, () => pool.children().length === 0);
        expect(seen).toEqual(["begun"]);
      }
    }));

  it("T8 is not told to an owner that has given the task up", () =>
    play(async (self, { pool }) => {
      const seen: unknown[] = [];
      const task = pool.asyncNolink(self, work.tellsOn(self.pid, "a"), { onProgress: (value) => seen.push(value) });
      const { go } = await arrival(self, "a");
      expect(Task.ignore(self, task)).toBeNull();
      void pool.terminateChild(task);
      await self.receive();
      go("value");
      await until(self, () => pool.children().length === 0);
      expect(seen).toEqual(["begun"]);
      await nothingLeft(self);
    }));

  it("is told of each attempt", () =>
    play(async (_self, { pool, node }) => {
      const seen: unknown[] = [];
      const runner = TaskRunner.run([[pool, work.reportsAttempts(notes().path, 3)]], {
        retry: { attempts: 3 },
        node,
        onProgress: (value, { attempts }) => seen.push([value, attempts]),
      });
      expect((await collect(runner)).values).toEqual([3]);
      expect(seen).toEqual([1, 2, 3].map((attempt) => [attempt, attempt]));
    }));

  it.runIf(kind !== "event loop")("refuses what cannot be sent, and says which part", () =>
    play(async (self, { pool }) => {
      const seen: unknown[] = [];
      const task = pool.asyncNolink(self, work.reportsFunction(), { onProgress: (value) => seen.push(value) });
      expect(await Task.await(task)).toMatch(/^progress\.steps\[0\] is a function/);
      expect(seen).toEqual([]);
    }),
  );
});

describe("progress", () => {
  it("of a process that is no task goes nowhere", async () => {
    expect(
      await run((self) => {
        self.progress(1);
        return "done";
      }),
    ).toBe("done");
  });

  it.each([1, null, "x"])("T13 refuses onProgress: %j", async (onProgress) => {
    const message = new RegExp(`^onProgress is ${JSON.stringify(onProgress)}: give a function`);
    await run((self) => {
      expect(() => Task.async(self, () => 1, { onProgress: onProgress as never })).toThrow(message);
      expect(() => TaskRunner.run([() => 1], { onProgress: onProgress as never })).toThrow(message);
    });
  });

  it("that its listener throws at is that listener's own mistake: the task goes on, and the program hears of it", async () => {
    const program = `
      import { Task, run } from "taskward";
      process.on("unhandledRejection", (error) => console.log("unhandled", error.message));
      const onProgress = (value) => { throw new Error("listener " + value); };
      console.log(await run((self) => Task.await(Task.async(self, (me) => { me.progress(1); return "done"; }, { onProgress }))));
    `;
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", program], { cwd });
    expect(stdout.trim().split("\n").sort()).toEqual(["done", "unhandled listener 1"]);
  });
});
