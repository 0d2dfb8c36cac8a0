import fc from "fast-check";
import { Task, TaskRunner, TaskSupervisor, run } from "taskward";
import { type StreamOptions, type TaskStream, stream } from "taskward/stream";
import { describe, expect, it } from "vitest";
import { type Notes, notes } from "../notes.js";
import { arrival, nothingLeft, places, until, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

/** Everything that a stream yields, and what it ends with. */
async function drain<Y, R>(from: TaskStream<Y, R>): Promise<{ values: Y[]; end: unknown }> {
  const values: Y[] = [];
  try {
    for (;;) {
      const { done, value } = await from.next();
      if (done === true) return { values, end: value };
      values.push(value);
    }
  } catch (error) {
    return { values, end: error };
  }
}

/** How often a tracked generator was asked for a value, and how often it was closed. */
function counts(of: Notes): { readonly asked: number; readonly closed: number } {
  const lines = of.lines();
  const asked = lines.filter((line) => line === "asked").length;
  return { asked, closed: lines.length - asked };
}

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.each(places)("stream: $name", ({ kind, play }) => {
  it("yields what the task yields, in order, and ends with what it returns", () =>
    play(async (self, { pool, timers }) => {
      const values = stream(pool, work.count(100));
      expect(await drain(values)).toEqual({ values: numbers(100), end: "end" });
      expect(await values.next()).toEqual({ done: true, value: undefined });
      expect(pool.children()).toEqual([]);
      expect(timers()).toBe(0);
      await nothingLeft(self);
    }));

  it("takes whatever can be iterated over", () =>
    play(async (_self, { pool }) => {
      expect((await drain(stream(pool, work.count(0)))).values).toEqual([]);
      expect((await drain(stream(pool, work.countAtOnce(5)))).values).toEqual(numbers(5));
      expect((await drain(stream(pool, work.listed("a", "b")))).values).toEqual(["a", "b"]);
    }));

  it("says so when there is nothing to iterate over", () =>
    play(async (_self, { pool }) => {
      const { values, end } = await drain(stream(pool, work.value(3) as never));
      expect(values).toEqual([]);
      expect(end).toMatchObject({
        code: "invalid_option",
        message: expect.stringMatching(/^what value returned is 3: .*async function\*/) as unknown,
      });
    }));

  it("never has more values under way than its buffer, and asks for all of them", () =>
    play(async (self, { pool }) => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 20 }), fc.nat(60), fc.array(fc.nat(3), { minLength: 1 }), async (buffer, n, pauses) => {
          const noted = notes();
          let taken = 0;
          for await (const value of stream(pool, work.tracked(noted.path, n), { buffer })) {
            expect(value).toBe(taken++);
            for (let turns = pauses[taken % pauses.length] ?? 0; turns > 0; turns--) await self.sleep(0);
            expect(counts(noted).asked).toBeLessThanOrEqual(taken + buffer);
          }
          expect({ taken, ...counts(noted) }).toEqual({ taken: n, asked: n, closed: 1 });
        }),
        { numRuns: 30 },
      );
    }));

  it("runs ahead of its reader as far as its buffer, and no further", () =>
    play(async (self, { pool }) => {
      const noted = notes();
      const values = stream(pool, work.tracked(noted.path, 100), { buffer: 4 });
      await until(self, () => counts(noted).asked === 4);
      for (let turns = 0; turns < 20; turns++) await self.sleep(0);
      expect(counts(noted).asked).toBe(4);
      expect((await drain(values)).values).toEqual(numbers(100));
    }));

  it("ends the generator and its task when the loop is left early", () =>
    play(async (self, { pool, reports }) => {
      const noted = notes();
      for await (const value of stream(pool, work.tracked(noted.path, 1_000))) if (value === 5) break;
      expect(counts(noted).closed).toBe(1);
      expect(pool.children()).toEqual([]);
      expect(reports).toEqual([]);
      await nothingLeft(self);
    }));

  it("gives nothing more once it has been left, though more was on its way", () =>
    play(async (_self, { pool }) => {
      const items = stream(pool, work.count(100));
      for (let n = 0; n < 8; n++) expect((await items.next()).value).toBe(n);
      await items.return();
      expect(await items.next()).toEqual({ done: true, value: undefined });
      expect(await items.return()).toEqual({ done: true, value: undefined });
    }));

  it("ends a generator that waits, when it has asked for its signal", () =>
    play(async (self, { pool, supervisor }) => {
      const values = stream(supervisor({ shutdown: 50 }), work.conducted(self.pid, "a"));
      const next = values.next();
      const { go } = await arrival(self, "a");
      go("value", "x");
      expect(await next).toEqual({ done: false, value: "x" });
      await values.return();
      expect(await values.next()).toEqual({ done: true, value: undefined });
      expect(pool.children()).toEqual([]);
    }));

  it("answers a reader that waits when somebody else closes the stream", () =>
    play(async (self, { supervisor }) => {
      const values = stream(supervisor({ shutdown: 0 }), work.conducted(self.pid, "a"));
      const next = values.next();
      await arrival(self, "a");
      await values[Symbol.asyncDispose]();
      expect(await next).toEqual({ done: true, value: undefined });
    }));

  it("kills a generator that does not come to an end when it is closed, after the shutdown time", () =>
    play(async (self, { supervisor }) => {
      const pool = supervisor({ shutdown: 20 });
      const values = stream(pool, work.clinging(self.pid, "a"));
      expect(await values.next()).toEqual({ done: false, value: 1 });
      await values.return();
      expect(await self.receive()).toEqual({ closed: "a" });
      expect(pool.children()).toEqual([]);
    }));

  it("throws what the task threw, after what it had yielded", () =>
    play(async (self, { pool, reports }) => {
      expect(await drain(stream(pool, work.crashAfter(20, "boom"), { buffer: 4 }))).toEqual({ values: numbers(20), end: withMessage("boom") });
      expect(reports).toMatchObject([{ runs: "crashAfter", args: [20, "boom"], handled: true }]);
      expect((await drain(stream(pool, work.count(3)))).values).toEqual(numbers(3));
      await nothingLeft(self);
    }));

  it("tells an exit reason that is no error", () =>
    play(async (self, { pool }) => {
      const all = drain(stream(pool, work.conducted(self.pid, "a")));
      (await arrival(self, "a")).go("exit", "enough");
      expect(await all).toMatchObject({ values: [], end: { code: "task_failed", reason: "enough" } });
    }));

  it("is over for its reader when the task's time is up", () =>
    play(async (self, { pool }) => {
      const all = drain(stream(pool, work.conducted(self.pid, "a"), { timeout: 100 }));
      (await arrival(self, "a")).go("value", 1);
      expect(await all).toMatchObject({ values: [1], end: { code: "task_timeout" } });
      await until(self, () => pool.children().length === 0);
    }));

  it("is no complete stream when its supervisor stops it", () =>
    play(async (self, { supervisor }) => {
      const pool = supervisor();
      const noted = notes();
      const values = stream(pool, work.tracked(noted.path, 100), { buffer: 2 });
      expect(await values.next()).toEqual({ done: false, value: 0 });
      await pool.stop();
      expect(await drain(values)).toMatchObject({ end: { code: "task_failed", reason: "shutdown" } });
      expect(counts(noted).closed).toBe(1);
      expect(() => stream(pool, work.count(1))).toThrow(expect.objectContaining({ code: "supervisor_down" }) as Error);
      await nothingLeft(self);
    }));

  it("ends with the process that reads it", () =>
    play(async (self, { pool }) => {
      const noted = notes();
      const owner = self.spawn(async (reader) => {
        const values = stream(pool, work.tracked(noted.path, 100), { owner: reader, buffer: 1 });
        self.send(self.pid, await values.next());
        await reader.receive();
      });
      expect(await self.receive()).toEqual({ done: false, value: 0 });
      self.exit(owner, "kill");
      await until(self, () => pool.children().length === 0);
      expect(counts(noted).closed).toBe(1);
    }));

  it("K15 its task knows who asked for it", () =>
    play(async (self, { pool }) => {
      const all = drain(stream(pool, work.conducted(self.pid, "a"), { owner: self }));
      const { callers, go } = await arrival(self, "a");
      expect(callers).toEqual([self.pid]);
      go("crash", "boom");
      expect((await all).end).toEqual(withMessage("boom"));
      expect(await self.receive()).toEqual({ closed: "a" });
      await nothingLeft(self);
    }));

  it("S7 waits for its turn, and can be left while it waits", () =>
    play(
      async (self, { pool }) => {
        const first = stream(pool, work.conducted(self.pid, "a"));
        const [second, third] = [stream(pool, work.count(3)), stream(pool, work.count(3))];
        const { go } = await arrival(self, "a");
        await second.return();
        expect(pool.countChildren()).toEqual({ active: 1, waiting: 1 });
        go("exit", "normal");
        expect(await drain(first)).toMatchObject({ values: [] });
        expect(await drain(third)).toEqual({ values: [0, 1, 2], end: "end" });
      },
      { concurrency: 1 },
    ));

  it.runIf(kind !== "event loop")("says which part of a value cannot be sent", () =>
    play(async (_self, { pool }) => {
      const { values, end } = await drain(stream(pool, work.yieldsFunction()));
      expect(values).toEqual([1]);
      expect(end).toMatchObject({ code: "not_cloneable", path: "yielded.list[1].onClick" });
    }),
  );

  it("tells of the progress of its task", () =>
    play(async (_self, { pool }) => {
      const seen: unknown[] = [];
      const { end } = await drain(stream(pool, work.reports([1, 2], ["value"]) as never, { onProgress: (value) => seen.push(value) }));
      expect([seen, end]).toEqual([[1, 2], undefined]);
    }));

  it("T13 a generator that is run as a task gets an error that says what to do", () =>
    play(async (self, { pool }) => {
      const error = { code: "invalid_option", message: "count is a generator: use stream() of taskward/stream" };
      expect(await Task.yield(pool.asyncNolink(self, work.count(1)))).toMatchObject({ exit: error });
      for await (const event of TaskRunner.run([[pool, work.count(1)]])) expect(event).toMatchObject({ type: "task_error", reason: error });
    }));
});

describe("stream", () => {
  it("runs a closure on this event loop, with its self", () =>
    run(async () => {
      const here = TaskSupervisor.start();
      const values = stream(here, async function* (self) {
        yield self.node.name;
        await self.sleep(1);
        yield self.pid;
      });
      expect((await drain(values)).values).toEqual(["main", expect.stringMatching(/^<main\.\d+>$/)]);
      await here.stop();
    }));

  it("K18 does not starve timers, with an endless generator on the reader's own event loop", async () => {
    const here = TaskSupervisor.start();
    let over = false;
    setTimeout(() => {
      over = true;
    }, 10);
    let read = 0;
    const endless = async function* (): AsyncGenerator<number> {
      for (;;) yield read;
    };
    for await (const _ of stream(here, endless)) {
      read++;
      if (over) break;
    }
    expect(read).toBeGreaterThan(0);
    await here.stop();
  });

  it("has one reader", async () => {
    const here = TaskSupervisor.start();
    const values = stream(here, () => new ReadableStream<number>());
    const first = values.next();
    await expect(values.next()).rejects.toMatchObject({ code: "invalid_option" });
    await values.return();
    expect(await first).toEqual({ done: true, value: undefined });
    await here.stop();
  });

  it.each([
    [{ buffer: 0 }, /^buffer is 0/],
    [{ buffer: Infinity }, /^buffer is Infinity/],
    [{ timeout: -1 }, /^timeout is -1/],
    [{ onProgress: 1 }, /^onProgress is 1/],
    [{ owner: {} }, /^owner is \{\}/],
    [{ size: 1 }, /^stream options.size is 1: no such option; there are buffer, timeout/],
  ])("T13 refuses %j", async (options, message) => {
    const here = TaskSupervisor.start();
    expect(() => stream(here, work.count(1), options as StreamOptions)).toThrow(message);
    expect(here.children()).toEqual([]);
    await here.stop();
  });

  it("T13 refuses what is no supervisor, and what is no work", async () => {
    const here = TaskSupervisor.start();
    expect(() => stream({} as never, work.count(1))).toThrow(/^stream\(supervisor, work\): supervisor is \{\}: give a TaskSupervisor/);
    expect(() => stream(here, work.count as never)).toThrow(/was not called/);
    await here.stop();
  });
});
