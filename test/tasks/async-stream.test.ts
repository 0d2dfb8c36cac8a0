import { type AsyncStreamOptions, type Call, type Self, type StreamItem, Task } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import { type Stage, arrival, finish, nothingLeft, places, until, work, tally } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

async function all<T>(stream: AsyncIterable<StreamItem<T>>): Promise<StreamItem<T>[]> {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe.each(places)("$name", ({ play }) => {
  describe.each(["linked", "without link"])("T11 asyncStream %s", (kind) => {
    const stream = <I, T>(
      self: Self,
      { pool }: Stage,
      input: Iterable<I> | AsyncIterable<I>,
      fn: (input: I) => Call<T>,
      options: AsyncStreamOptions = {},
    ): AsyncIterableIterator<StreamItem<T>> =>
      kind === "linked" ? pool.asyncStream(self, input, fn, options) : pool.asyncStreamNolink(input, fn, options);

    it("T11 yields the values in the order of the inputs, whatever the order of arrival", () =>
      play(async (self, stage) => {
        const items = all(stream(self, stage, ["a", "b"], (name) => work.gated(self.pid, name), { maxConcurrency: 2 }));
        const [a, b] = [await arrival(self, "a"), await arrival(self, "b")];
        b.go("value", 2);
        a.go("value", 1);
        expect(await items).toEqual([{ ok: 1 }, { ok: 2 }]);
        await nothingLeft(self);
      }));

    it("T11 unordered yields on arrival", () =>
      play(async (self, stage) => {
        const items = stream(self, stage, ["a", "b"], (name) => work.gated(self.pid, name), { maxConcurrency: 2, ordered: false });
        const first = items.next();
        const a = await arrival(self, "a");
        await finish(self, "b", 2);
        expect(await first).toEqual({ done: false, value: { ok: 2 } });
        a.go("value", 1);
        expect(await all(items)).toEqual([{ ok: 1 }]);
        await nothingLeft(self);
      }));

    it.each([true, false])("T11 never more than maxConcurrency at once, and input pulled lazily (ordered: %s)", (ordered) =>
      play(async (self, stage) => {
        const file = notes();
        let pulled = 0;
        function* input(): Generator<number> {
          for (; pulled < 30;) yield pulled++ % 3;
        }
        let read = 0;
        for await (const item of stream(self, stage, input(), (ms) => work.counted(file.path, ms), { maxConcurrency: 2, ordered })) {
          expect(item).toHaveProperty("ok");
          read++;
          // Beyond what was read there are at most those that run, or wait to be read, and the one that is pulled next.
          expect(pulled).toBeLessThanOrEqual(read + 2);
        }
        expect(read).toBe(30);
        const { left, most, ran } = tally(file.lines());
        expect([left, ran]).toEqual([0, 30]);
        expect(most).toBeLessThanOrEqual(2);
      }),
    );

    it("T11 nothing starts before the first item is asked for", () =>
      play(async (self, stage) => {
        let pulled = 0;
        function* input(): Generator<number> {
          for (;;) yield pulled++;
        }
        const items = stream(self, stage, input(), (x) => work.value(x));
        await self.sleep(0);
        expect([pulled, stage.pool.children().length]).toEqual([0, 0]);
        expect(await items.next()).toEqual({ done: false, value: { ok: 0 } });
        await items.return?.();
        expect(stage.pool.children()).toEqual([]);
      }));

    it("T11 takes async inputs, and none at all", () =>
      play(async (self, stage) => {
        async function* input(): AsyncGenerator<number> {
          yield 1;
          await self.sleep(1);
          yield 2;
        }
        expect(await all(stream(self, stage, input(), (x) => work.value(x)))).toEqual([{ ok: 1 }, { ok: 2 }]);
        expect(await all(stream(self, stage, [], (x) => work.value(x)))).toEqual([]);
        expect(await all(stream(self, stage, [Promise.resolve(1), Promise.resolve(2)], (x) => work.value(x)))).toEqual([{ ok: 1 }, { ok: 2 }]);
        await nothingLeft(self);
      }));

    it("T11 onTimeout kill_task yields the timeout in its turn, and kills the task", () =>
      play(
        async (self, stage) => {
          const options = { timeout: 200, onTimeout: "kill_task", maxConcurrency: 2 } as const;
          const items = all(
            stream(self, stage, ["slow", "quick"], (name) => (name === "slow" ? work.stubborn(self.pid, "slow") : work.value(name)), options),
          );
          const ref = self.monitor((await arrival(self, "slow")).pid);
          expect(await items).toEqual([{ exit: "timeout" }, { ok: "quick" }]);
          expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
          await until(self, () => stage.pool.children().length === 0);
          await nothingLeft(self);
        },
        { shutdown: 20 },
      ));

    it("T11 zipInputOnExit tells the input with the reason", () =>
      play(async (self, stage) => {
        self.trapExit = true;
        const options = { timeout: 200, onTimeout: "kill_task", zipInputOnExit: true, maxConcurrency: 2 } as const;
        const call = { bad: () => work.crash("boom"), slow: () => work.never(), good: () => work.value(1) };
        expect(await all(stream<keyof typeof call, unknown>(self, stage, ["bad", "slow", "good"], (name) => call[name](), options))).toEqual([
          { exit: ["bad", withMessage("boom")] },
          { exit: ["slow", "timeout"] },
          { ok: 1 },
        ]);
      }));

    it("T11 a timeout of something that a task waited for is a crash like any other", () =>
      play(async (self, stage) => {
        self.trapExit = true;
        expect(await all(stream(self, stage, [1], () => work.timesOut(5_000), { onTimeout: "kill_task" }))).toEqual([
          { exit: expect.objectContaining({ code: "task_timeout", timeout: 5_000 }) },
        ]);
      }));

    it.each(["break", "throw"])("T11 leaving the loop early by %s stops and reaps every task, and closes the input", (how) =>
      play(async (self, stage) => {
        let closed = 0;
        function* input(): Generator<string> {
          try {
            yield "first";
            yield "tidy";
            for (;;) yield "more";
          } finally {
            closed++;
          }
        }
        const items = stream(self, stage, input(), (name) => (name === "first" ? work.gated(self.pid, "first") : work.tidy(self.pid, name)), {
          maxConcurrency: 2,
        });
        const loop = async (): Promise<void> => {
          for await (const item of items) {
            expect(item).toEqual({ ok: 1 });
            if (how === "throw") throw new Error("thrown");
            break;
          }
        };
        const left = loop().catch((error: unknown) => error);
        await arrival(self, "tidy");
        await finish(self, "first", 1);
        expect(await left).toEqual(how === "throw" ? new Error("thrown") : undefined);
        expect(closed).toBe(1);
        expect(stage.pool.children()).toEqual([]);
        // The one that took the place of the first may have begun, and tidies up as well.
        expect(await self.receive((message) => (message as { tidied?: string }).tidied === "tidy")).toEqual({ tidied: "tidy" });
        expect(await items.next()).toEqual({ done: true, value: undefined });
      }),
    );

    it("T11 an input that throws in the middle: what came before is yielded, then the error is thrown", () =>
      play(async (self, stage) => {
        for (const async of [false, true]) {
          function* now(): Generator<number> {
            yield 1;
            yield 2;
            throw new Error("broken");
          }
          async function* later(): AsyncGenerator<number> {
            yield* now();
          }
          const items = stream(self, stage, async ? later() : now(), (x) => work.value(x));
          expect([await items.next(), await items.next()]).toMatchObject([{ value: { ok: 1 } }, { value: { ok: 2 } }]);
          await expect(items.next()).rejects.toMatchObject({ code: "source_failed", index: 2, cause: withMessage("broken") });
          expect(await items.next()).toEqual({ done: true, value: undefined });
        }
        await nothingLeft(self);
      }));

    it("T11 a function that throws instead of making a call fails that input alone", () =>
      play(async (self, stage) => {
        self.trapExit = true;
        const items = await all(
          stream(self, stage, [1, 2, 3], (x) => {
            if (x === 2) throw new Error("no call");
            return work.value(x);
          }),
        );
        expect(items).toEqual([{ ok: 1 }, { exit: withMessage("no call") }, { ok: 3 }]);
      }));

    it("T11 a second reader is refused while the first one waits", () =>
      play(async (self, stage) => {
        const items = stream(self, stage, ["a"], (name) => work.gated(self.pid, name));
        const first = items.next();
        await expect(items.next()).rejects.toMatchObject({ code: "invalid_option" });
        await finish(self, "a", 1);
        expect(await first).toEqual({ done: false, value: { ok: 1 } });
        await all(items);
      }));
  });

  it("T11 without link a crash comes as the reason, and the owner lives", () =>
    play(async (self, { pool }) => {
      expect(await all(pool.asyncStreamNolink(["boom"], work.crash))).toEqual([{ exit: withMessage("boom") }]);
      await nothingLeft(self);
    }));

  it("T11 linked, a crash takes the owner along, and the rest is stopped", () =>
    play(async (self, { pool }) => {
      const { ref } = self.spawnMonitor((me) =>
        all(pool.asyncStream(me, ["bad", "other"], (name) => work.gated(self.pid, name), { maxConcurrency: 2 })),
      );
      const [bad, other] = [await arrival(self, "bad"), await arrival(self, "other")];
      const down = self.monitor(other.pid);
      bad.go("crash", "boom");
      const downs = [await self.receive(), await self.receive()];
      expect(downs).toContainEqual(expect.objectContaining({ ref, reason: withMessage("boom") }));
      expect(downs).toContainEqual(expect.objectContaining({ ref: down, reason: "shutdown" }));
    }));

  it("T11 linked, with onTimeout exit a task that is late takes the owner along", () =>
    play(async (self, { pool }) => {
      const { ref } = self.spawnMonitor((me) => all(pool.asyncStream(me, [1], () => work.never(), { timeout: 50 })));
      expect(await self.receive()).toMatchObject({ ref, reason: { code: "task_timeout" } });
      await until(self, () => pool.children().length === 0);
    }));

  it("T11 linked, an owner that traps exits gets a crash as an item", () =>
    play(async (self, { pool }) => {
      self.trapExit = true;
      expect(await all(pool.asyncStream(self, ["boom"], work.crash))).toEqual([{ exit: withMessage("boom") }]);
    }));

  it("T11 the owner's death stops the tasks and closes the input", () =>
    play(async (self, { pool }) => {
      let closed = false;
      function* input(): Generator<string> {
        try {
          for (;;) yield "a";
        } finally {
          closed = true;
        }
      }
      const { pid } = self.spawnMonitor((me) => all(pool.asyncStream(me, input(), (name) => work.gated(self.pid, name), { maxConcurrency: 1 })));
      const ref = self.monitor((await arrival(self, "a")).pid);
      self.exit(pid, "kill");
      expect(await self.receive((message) => (message as { ref?: string }).ref === ref)).toMatchObject({ reason: "shutdown" });
      expect(closed).toBe(true);
      await until(self, () => pool.children().length === 0);
    }));

  it("S1 a supervisor that stops ends its streams", () =>
    play(async (self, { pool }) => {
      const items = all(pool.asyncStreamNolink(["a", "b"], (name) => work.gated(self.pid, name), { maxConcurrency: 1 }));
      await arrival(self, "a");
      await pool.stop();
      expect(await items).toEqual([{ exit: "shutdown" }, { exit: expect.objectContaining({ code: "supervisor_down" }) }]);
    }));
});

describe("closures on the event loop", () => {
  it("T11 get the input and their own process", async () => {
    const time = new VirtualTime();
    const items = await time.run((self) =>
      all(
        Task.asyncStream(self, [3, 1, 2], async (n, me) => {
          await me.sleep(n * 10);
          return [n, me.pid === self.pid, me.callers[0] === self.pid];
        }),
      ),
    );
    expect(items).toEqual([3, 1, 2].map((n) => ({ ok: [n, false, true] })));
    expect(time.now).toBe(30);
    expect(time.clock.pending).toBe(0);
  });

  it("T11 as many run at once as the place does at the same time, unless told otherwise", async () => {
    const time = new VirtualTime();
    await time.run((self) => all(Task.asyncStream(self, Array.from({ length: 16 }), (_, me) => me.sleep(10))));
    expect(time.now).toBe(20);
    await time.run((self) =>
      all(Task.asyncStream(self, Array.from({ length: 16 }), (_, me) => me.sleep(10), { maxConcurrency: Number.POSITIVE_INFINITY })),
    );
    expect(time.now).toBe(30);
  });

  it("T11 a slow head holds back those behind it, in order, and no more than maxConcurrency of them", async () => {
    const time = new VirtualTime();
    const started: number[] = [];
    const seen: [number, unknown][] = [];
    await time.run(async (self) => {
      const sleeps = [100, 1, 1, 1, 1, 1];
      const items = Task.asyncStream(
        self,
        sleeps,
        async (ms, me) => {
          started.push(time.now);
          await me.sleep(ms);
          return ms;
        },
        { maxConcurrency: 3 },
      );
      for await (const item of items) seen.push([time.now, item]);
    });
    expect(started).toEqual([0, 0, 0, 100, 100, 100]);
    expect(seen.map(([at]) => at)).toEqual([100, 100, 100, 101, 101, 101]);
  });
});
