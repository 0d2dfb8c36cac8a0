import { type Self, run } from "taskward";
import { GenServer } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { Counter, quiet } from "./counter.js";

beforeEach(() => {
  Counter.log.length = 0;
});

/** A counter in virtual time, and nothing of it left afterwards. */
async function withCounter(use: (counter: Awaited<ReturnType<typeof start>>, self: Self, time: VirtualTime) => unknown): Promise<void> {
  const time = new VirtualTime({ reporter: quiet });
  await time.run(async (self) => {
    const counter = await start(time);
    await use(counter, self, time);
    await counter.stop();
  });
  await time.advance(0);
  expect({ processes: time.node.processCount, addresses: time.node.table.size, timers: time.clock.pending }).toEqual({
    processes: 0,
    addresses: 0,
    timers: 0,
  });
}

const start = (time: VirtualTime) => GenServer.start(Counter, [40], { node: time.node });

describe("a server", () => {
  it("G1 answers calls, does casts in the order in which they come, and knows its process from the start", () =>
    withCounter(async ({ pid, call, cast }) => {
      cast.add(1);
      expect(await call.add(1)).toBe(42);
      cast.add(8);
      expect(await call.total()).toBe(50);
      expect(await call.madeAs()).toBe(pid);
    }));

  it("G1 handles one message at a time, whatever its handlers wait for", () =>
    withCounter(async ({ call }) => {
      expect(await Promise.all([call.slowly(1, 100), call.add(10), call.slowly(100, 1), call.total()])).toEqual([41, 51, 151, 151]);
    }));

  it("G1 is told of every other message by handleInfo", () =>
    withCounter(async ({ pid, call, cast }, self) => {
      self.send(pid, "hello");
      self.send(pid, { $call: "total", args: "none" });
      self.send(pid, undefined);
      (cast as unknown as { echo: (n: number) => void }).echo(1);
      await call.total();
      expect(Counter.log).toEqual([
        ["info", "hello"],
        ["info", { $call: "total", args: "none" }],
        ["info", undefined],
      ]);
    }));

  it("G1 continues after the answer and before the next message", () =>
    withCounter(async ({ call, cast }) => {
      const answer = call.thenContinue("on");
      cast.thenContinue("and on");
      expect(await answer).toBe("first the answer");
      await call.total();
      expect(Counter.log).toEqual([
        ["continue", "on"],
        ["continue", "and on"],
      ]);
    }));

  it("G1 hears of a timeout when no message comes in time, once, and of none when one does", () =>
    withCounter(async ({ call }, self) => {
      await call.quietFor(100);
      await self.sleep(99);
      expect(Counter.log).toEqual([]);
      await self.sleep(1_000);
      expect(Counter.log).toEqual([["info", "timeout"]]);
      await call.quietFor(100);
      await self.sleep(99);
      await call.total();
      await self.sleep(1_000);
      expect(Counter.log).toEqual([["info", "timeout"]]);
    }));

  it("G1 replies later: others are served meanwhile, and all who wait get the answer", () =>
    withCounter(async ({ call, cast }) => {
      const [one, other] = [call.next(), call.next()];
      expect(await call.add(1)).toBe(41);
      cast.settle(7);
      expect(await Promise.all([one, other])).toEqual([7, 7]);
    }));

  it("G1 stops after the answer has been sent, and tells terminate why", async () => {
    await run(async () => {
      const counter = await GenServer.start(Counter);
      expect(await counter.call.leave("shutdown")).toBe("bye");
      await counter.stop();
      expect(Counter.log).toEqual([["terminate", "shutdown"]]);
    });
  });
});
