import { Exit, Task, type TaskSupervisor } from "taskward";
import { describe, expect, it } from "vitest";
import { arrival, nothingLeft, virtualPlaces, work } from "./places.js";

const over = { done: true, value: undefined };

describe.each(virtualPlaces)("T11 the ends of a stream: $name", ({ play, kind }) => {
  it("T11 whoever leaves twice, or from two sides, waits each time until every task has ended", () =>
    play(async (self, { pool }) => {
      const items = pool.asyncStreamNolink([1, 2], (n) => work.tidy(self.pid, `${n}`, 100));
      const waiting = items.next();
      await arrival(self, "1");
      const left: number[] = [];
      const leave = async (): Promise<unknown> => {
        const result = await items.return?.();
        left.push(pool.children().length);
        return result;
      };
      expect(await Promise.all([leave(), leave()])).toEqual([over, over]);
      expect(left).toEqual([0, 0]);
      expect([await waiting, await items.next(), await items.return?.()]).toEqual([over, over, over]);
    }));

  it("T11 leaving an array pulls none of the inputs that had not begun", () =>
    play(async (_self, { pool }) => {
      const pulled: number[] = [];
      const call = (n: number) => {
        pulled.push(n);
        return work.value(n);
      };
      for await (const item of pool.asyncStreamNolink([1, 2, 3, 4, 5], call, { maxConcurrency: 1 })) {
        expect(item).toEqual({ ok: 1 });
        break;
      }
      expect(pulled).toEqual([1, 2]); // the second was under way
    }));

  it("T11 comes to its end, and closes nothing, when its input does", () =>
    play(async (self, { pool, timers }) => {
      const before = timers();
      let closed = 0;
      function* inputs(): Generator<number> {
        try {
          yield* [1, 2];
        } finally {
          closed++;
        }
      }
      const items = pool.asyncStream(self, inputs(), work.value, { timeout: Number.POSITIVE_INFINITY });
      expect([await items.next(), await items.next(), await items.next(), await items.next()]).toEqual([
        { done: false, value: { ok: 1 } },
        { done: false, value: { ok: 2 } },
        over,
        over,
      ]);
      expect([closed, timers()]).toEqual([1, before]);
      await nothingLeft(self);
    }));

  it("T11 without a time limit none of its tasks has a timer, with one each has", () =>
    play(async (self, { pool, timers }) => {
      const before = timers();
      const endless = pool.asyncStreamNolink([1, 2], () => work.gated(self.pid, "a"), { timeout: Number.POSITIVE_INFINITY, maxConcurrency: 2 });
      const first = endless.next();
      await arrival(self, "a");
      await arrival(self, "a");
      expect(timers()).toBe(before);
      const limited = pool.asyncStreamNolink([1], () => work.gated(self.pid, "b"));
      const second = limited.next();
      if (kind === "event loop") {
        await arrival(self, "b");
        expect(timers()).toBe(before + 1);
      }
      await Promise.all([endless.return?.(), limited.return?.()]);
      expect([await first, await second]).toEqual([over, over]);
      expect(timers()).toBe(before);
    }));

  it("T11 with onTimeout exit the reader gets the error, and an owner that traps exits a message from the task", () =>
    play(async (self, { pool }) => {
      self.trapExit = true;
      const items = pool.asyncStream(self, ["a"], (name) => work.gated(self.pid, name), { timeout: 10 });
      const waiting = items.next().catch((error: unknown) => error);
      const { pid } = await arrival(self, "a");
      const error = await waiting;
      expect(error).toMatchObject({ code: "task_timeout", timeout: 10 });
      const exit = await self.receive();
      expect(exit).toBeInstanceOf(Exit);
      // The pid of a task elsewhere is not known to those who did not ask for it: then it is its supervisor that tells.
      expect(exit).toMatchObject({ from: kind === "event loop" ? pid : pool.pid, reason: error });
      expect(await items.next()).toEqual(over);
      await self.sleep(1);
      expect(pool.children()).toEqual([]);
    }));

  it("T11 without a link, a task that is late with onTimeout exit ends the stream alone", () =>
    play(async (self, { pool }) => {
      const items = pool.asyncStreamNolink([1], () => work.never(), { timeout: 10 });
      await expect(items.next()).rejects.toMatchObject({ code: "task_timeout" });
      expect(await items.next()).toEqual(over);
      await nothingLeft(self);
    }));

  it("K15 its tasks know who asked for them, where somebody did", () =>
    play(async (self, { pool }) => {
      const linked = await pool.asyncStream(self, [1], () => work.callers()).next();
      const alone = await pool.asyncStreamNolink([1], () => work.callers()).next();
      expect([linked.value, alone.value]).toEqual([{ ok: [self.pid] }, { ok: [] }]);
    }));

  it("T11 the owner's death stops its tasks and closes its input, whoever reads", () =>
    play(async (self, { pool }) => {
      let closed = false;
      function* inputs(): Generator<string> {
        try {
          yield "a";
        } finally {
          closed = true;
        }
      }
      let waiting: Promise<unknown> | undefined;
      const pid = self.spawn(async (me) => {
        waiting = pool.asyncStream(me, inputs(), (name) => work.gated(self.pid, name)).next();
        await me.receive();
      });
      await arrival(self, "a");
      self.exit(pid, "kill");
      await self.sleep(1);
      expect(closed).toBe(true);
      expect(await waiting).toEqual(over);
      await self.sleep(1);
      expect(pool.children()).toEqual([]);
    }));

  it.runIf(kind === "other nodes")("T11 says which function cannot be called there, by its name where it has one", () =>
    play(async (_self, { pool }) => {
      const problem = async (fn: (n: number) => unknown): Promise<unknown> => {
        const { value } = (await pool.asyncStreamNolink([1], fn).next()) as { value: { readonly exit: Error } };
        return value.exit.message.slice(0, value.exit.message.indexOf(":"));
      };
      const named = (n: number): number => n;
      expect(await problem(named)).toBe("the function named cannot run on a node inside");
      expect(
        await problem(
          (
            () => (n: number) =>
              n
          )(),
        ),
      ).toBe("the function (anonymous) cannot run on a node inside");
    }),
  );

  it.runIf(kind === "other nodes")("P5 runs its tasks where their key says: one for all, one for each input, or none", () =>
    play(async (_self, { pool }) => {
      const where = async (affinity?: string | ((n: number) => string | undefined)): Promise<unknown[]> => {
        const got: unknown[] = [];
        const options = { maxConcurrency: 4, ...(affinity !== undefined && { affinity }) };
        for await (const item of pool.asyncStreamNolink([0, 1, 2, 3], () => work.whereAmI(), options)) got.push("ok" in item ? item.ok : item);
        return got;
      };
      expect(new Set(await where()).size).toBe(2);
      expect(new Set(await where("a")).size).toBe(1);
      const [one, two, three, four] = await where((n) => (n < 2 ? "low" : "high"));
      expect([one, three]).toEqual([two, four]);
      expect(one).not.toBe(three);
      expect(new Set(await where(() => undefined)).size).toBe(2);
    }),
  );

  it.runIf(kind === "other nodes")("P5 a key that cannot be fails its input alone, and says so", () =>
    play(async (_self, { pool }) => {
      const affinity = (n: number): string => (n === 1 ? (null as never) : "a");
      const got: unknown[] = [];
      for await (const item of pool.asyncStreamNolink([0, 1], work.value, { affinity }))
        got.push("ok" in item ? item.ok : (item.exit as Error).message);
      expect(got).toEqual([0, "affinity(input) is null: give a string or a number"]);
    }),
  );

  it.runIf(kind === "other nodes")("P5 its tasks take turns with others that wait, or start after them where its priority is lower", () =>
    play(async (self, { supervisor }) => {
      const order = async (options: { priority?: number; affinity?: (name: string) => string | undefined }): Promise<string> => {
        const count = 10;
        const pool = supervisor({ concurrency: 1 });
        const first = pool.asyncNolink(self, work.gated(self.pid, "first"));
        const { go } = await arrival(self, "first");
        const plain = Array.from({ length: count }, () => pool.asyncNolink(self, work.gated(self.pid, "plain")));
        const late = pool.asyncStreamNolink(["late"], (name) => work.gated(self.pid, name), options).next();
        go("value");
        const names: string[] = [];
        for (let n = 0; n <= count; n++) {
          const { gate, pid } = (await self.receive((message) => typeof message === "object" && message !== null && "gate" in message)) as {
            gate: string;
            pid: TaskSupervisor["pid"];
          };
          names.push(gate);
          self.send(pid, { order: "value", what: gate });
        }
        await Task.awaitMany(self, [first, ...plain]);
        expect(await late).toMatchObject({ value: { ok: "late" } });
        return names.indexOf("late") < count ? "among them" : "last";
      };
      expect(await order({})).toBe("among them");
      expect(await order({ priority: -1 })).toBe("last");
      expect(await order({ priority: -1, affinity: () => undefined })).toBe("last");
    }),
  );
});
