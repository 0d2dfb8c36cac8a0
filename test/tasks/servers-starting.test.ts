import { serversFrom } from "taskward/servers";
import { describe, expect, it } from "vitest";
import type * as servers from "../behaviours/fixtures/servers.mjs";
import { Counter, refusal, stages } from "./counters.js";
import { work } from "./places.js";

describe.each(stages)("servers of a module: $name", ({ scene, kind, nodes }) => {
  it("G1 are called, cast and stopped, and count as running tasks until they have ended", () =>
    scene(async (self, { pool }) => {
      const counter = await Counter.start(pool, [40]);
      counter.cast.add(1);
      expect(await counter.call.add(1)).toBe(42);
      expect(await counter.call.where()).toMatch(nodes);
      expect(await counter.from(self).call.asked()).toBe(self.pid);
      expect(pool.children()).toEqual([{ pid: counter.pid, label: "Counter", runs: "Counter", state: "running" }]);
      const labelled = await Counter.start(pool, [], { label: "votes" });
      expect(pool.children().map(({ label }) => label)).toEqual(["Counter", "votes"]);
      await counter.stop();
      await labelled.stop();
      await self.sleep(0);
      expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
      await expect(counter.call.add(1)).rejects.toMatchObject({ code: "call_failed", reason: "noproc" });
    }));

  it.runIf(kind === "event loop")("G1 whoever starts one is its caller, linked or not", () =>
    scene(async (self, { pool, node }) => {
      self.trapExit = true;
      const counter = await Counter.startLink(self, pool);
      expect(node.info(counter.pid)).toMatchObject({ links: [self.pid], callers: [self.pid], parent: pool.crew.pid });
      expect(node.info((await Counter.start(pool)).pid)).toMatchObject({ links: [], callers: [] });
      await counter.stop("shutdown");
      expect(await self.receive()).toMatchObject({ from: counter.pid, reason: "shutdown" });
    }),
  );

  it.each([
    ["refuse", "not today"],
    ["ignore", "ignore"],
    ["throw", new RangeError("no such count")],
  ] as const)("G3 that %s in init: start says so, nothing is left, and a linked starter lives", (how, reason) =>
    scene(async (self, { pool, node, timers }) => {
      const before = [node.processCount, timers()];
      const error = await refusal(Counter.start(pool, [1, how], { timeout: 1_000 }));
      expect(error).toMatchObject({ code: "start_failed", reason });
      expect(error.message).toMatch(/^task Counter <main[^>]*> did not start: /);
      expect(await refusal(Counter.startLink(self, pool, [1, how]))).toMatchObject({ code: "start_failed", reason });
      expect(pool.children()).toEqual([]);
      await self.sleep(1);
      expect([node.processCount, timers()]).toEqual(before);
      expect(self.info(self.pid)).toMatchObject({ links: [], mailboxLength: 0 });
    }),
  );

  it("G3 that throw in init are reported once, as handled", () =>
    scene(async (self, { pool, reports }) => {
      await refusal(Counter.start(pool, [1, "throw"], { label: "votes" }));
      await self.sleep(1);
      expect(reports).toMatchObject([{ handled: true, reason: { message: "no such count" } }]);
    }));

  it("G3 that hang in init: start says so when the time is up, and they are killed", () =>
    scene(async (self, { pool, timers }) => {
      const hanging = refusal(Counter.start(pool, [1, "hang"], { timeout: 300 }));
      await self.sleep(299);
      const [child] = pool.children();
      expect(child).toMatchObject({ label: "Counter", pid: expect.stringMatching(/^<main.*>$/) as string });
      await self.sleep(1);
      const error = await hanging;
      expect(error).toMatchObject({ code: "start_failed", reason: "timeout" });
      expect(error.message).toBe(`task Counter ${String(child?.pid)} did not start: "timeout"`);
      expect(pool.children()).toEqual([]);
      expect(timers()).toBe(0);
    }));

  it("G3 that come up in time are not killed when it would have been up", () =>
    scene(async (self, { pool, timers }) => {
      const counter = await Counter.start(pool, [1], { timeout: 300 });
      expect(timers()).toBe(0);
      await self.sleep(1_000);
      expect(await counter.call.add(1)).toBe(2);
    }));

  it("G3 that end before they are ready: start says so", () =>
    scene(async (self, { pool, reports }) => {
      const killed = refusal(Counter.start(pool, [1, "hang"]));
      await self.sleep(0);
      self.exit(pool.children()[0]!.pid!, "kill");
      expect(await killed).toMatchObject({ code: "start_failed", reason: "killed" });
      const crashed = refusal(Counter.start(pool, [1, "hang"]));
      await self.sleep(0);
      self.exit(pool.children()[0]!.pid!, "boom");
      expect(await crashed).toMatchObject({ code: "start_failed", reason: "boom" });
      expect(pool.children()).toEqual([]);
      expect(reports).toMatchObject([{ reason: "boom", handled: true }]);
    }));

  it("G3 whose supervisor takes no more: start says so, and nothing is left", () =>
    scene(
      async (_self, { pool, timers }) => {
        await Counter.start(pool);
        await expect(Counter.start(pool, [], { timeout: 300 })).rejects.toMatchObject({ code: "max_children" });
        expect(timers()).toBe(0);
        await pool.stop();
        await expect(Counter.start(pool)).rejects.toMatchObject({ code: "supervisor_down" });
      },
      { maxChildren: 1 },
    ));

  it("G3 whose supervisor is stopped before they are ready: start says so", () =>
    scene(async (self, { pool }) => {
      const hanging = refusal(Counter.start(pool, [1, "hang"]));
      await self.sleep(0);
      await pool.stop();
      expect(await hanging).toMatchObject({ code: "start_failed", reason: "shutdown" });
    }));

  it("G3 for which there is no place, for servers have them all: start says so, or waits as long as it may", () =>
    scene(
      async (self, { pool }) => {
        const { kind: kindOfPlace, parallelism } = pool.place;
        const wantsMore = "servers have all of its places, and keep them until they end: give its pool more";
        const [one] = [await Counter.start(pool, [1]), await Counter.start(pool, [2])];
        expect(await refusal(Counter.start(pool, [3]))).toMatchObject({
          code: "start_failed",
          reason: {
            code: "invalid_option",
            message: `supervisor is ${JSON.stringify(kindOfPlace)}: ${wantsMore} (now ${parallelism}), or a timeout to wait for one`,
          },
        });
        expect(pool.countChildren()).toEqual({ active: 2, waiting: 0 });
        expect(await refusal(Counter.start(pool, [3], { timeout: 50 }))).toMatchObject({ code: "start_failed", reason: "timeout" });
        expect(pool.countChildren()).toEqual({ active: 2, waiting: 0 });
        const third = Counter.start(pool, [3], { timeout: 10_000 });
        await self.sleep(100);
        expect(pool.children().map(({ state }) => state)).toEqual(["running", "running", "waiting"]);
        await one.stop();
        expect(await (await third).call.add(1)).toBe(4);
      },
      { concurrency: 2 },
    ));

  it("G3 that wait behind a task which is no server wait for it, for it ends", () =>
    scene(
      async (self, { pool }) => {
        pool.asyncNolink(work.sleep(1_000));
        const first = Counter.start(pool, [1]);
        const second = Counter.start(pool, [2]);
        await self.sleep(999);
        expect(pool.countChildren()).toEqual({ active: 1, waiting: 2 });
        await self.sleep(1);
        const counter = await first;
        expect(await counter.call.add(1)).toBe(2);
        await counter.stop();
        expect(await (await second).call.add(1)).toBe(3);
      },
      { concurrency: 1 },
    ));

  it("G3 for which there is no place are refused, whatever else waits for one", () =>
    scene(
      async (_self, { pool }) => {
        await Counter.start(pool);
        await Counter.start(pool);
        for (let n = 0; n < 3; n++) pool.asyncNolink(work.value(n));
        expect(await refusal(Counter.start(pool))).toMatchObject({ reason: { code: "invalid_option" } });
      },
      kind === "event loop" ? { concurrency: 2 } : {},
    ));

  it("G3 that wait for a place take turns by who starts them", () =>
    scene(
      async (self, { pool }) => {
        const first = await Counter.start(pool);
        const order: string[] = [];
        const waits = { timeout: 1_000_000 };
        const start = async (name: string, counter: ReturnType<typeof Counter.start>): Promise<void> => {
          const { stop } = await counter.then((one) => ({ stop: () => one.stop() }));
          order.push(name);
          await stop();
        };
        for (const name of ["a", "b"])
          self.spawn(async (me) => {
            await Promise.all([0, 1].map((n) => start(`${name}${n}`, Counter.startLink(me, pool, [n], waits))));
          });
        await self.sleep(1);
        const nobodys = Promise.all([0, 1].map((n) => start(`nobody's ${n}`, Counter.start(pool, [n], waits))));
        await first.stop();
        await nobodys;
        await self.sleep(10);
        expect(order).toEqual(["a0", "b0", "nobody's 0", "a1", "b1", "nobody's 1"]);
      },
      { concurrency: 1 },
    ));

  it("G3 are started without arguments where none are given", () =>
    scene(async (_self, { pool }) => {
      expect(await (await Counter.start(pool)).call.add(1)).toBe(1);
    }));

  it("G3 that are no servers, but functions that come to their end: start says so", () =>
    scene(async (_self, { pool }) => {
      const { value } = serversFrom<{ value: typeof servers.Counter }>(new URL("./fixtures/work.mjs", import.meta.url));
      expect(await refusal(value.start(pool))).toMatchObject({ code: "start_failed", reason: "it ended before it was ready" });
    }));

  it("G3 that are started while there is room are not refused, though all that runs are servers", () =>
    scene(async (_self, { pool }) => {
      const numbers = Array.from({ length: kind === "event loop" ? 10 : 2 }, (_, n) => n);
      const counters = await Promise.all(numbers.map((n) => Counter.start(pool, [n])));
      expect(await Promise.all(counters.map((counter) => counter.call.add(1)))).toEqual(numbers.map((n) => n + 1));
    }));

  it("G2 a crash rejects the call, and is reported with what it was handling and what waited", () =>
    scene(async (self, { pool, reports }) => {
      const counter = await Counter.start(pool);
      const call = counter.call.crash();
      counter.cast.add(1);
      await expect(call).rejects.toMatchObject({ code: "call_failed", reason: { name: "TypeError", message: "cannot count" } });
      await self.sleep(0);
      // What it did on another node, only that one knows.
      const here = kind === "event loop" ? { mailboxLength: 1, lastMessage: expect.objectContaining({ $call: "crash" }) as unknown } : {};
      expect(reports).toMatchObject([{ pid: counter.pid, label: "Counter", runs: "Counter", handled: false, ...here }]);
    }));
});
