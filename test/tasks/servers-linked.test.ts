import { Exit, type Self } from "taskward";
import { GenServer, Supervisor } from "taskward/behaviours";
import { describe, expect, it } from "vitest";
import type * as servers from "../behaviours/fixtures/servers.mjs";
import { Counter, refusal, stages } from "./counters.js";
import { nothingLeft } from "./places.js";

/** A process that starts a linked server and stays, or ends as it is told; answers its pid and what came of the start. */
const starter = (self: Self, start: (me: Self) => Promise<unknown>) => {
  let refused: Promise<Error> | undefined;
  const { pid } = self.spawnMonitor(async (me) => {
    const started = start(me);
    refused = refusal(started);
    me.exit(await me.receive());
  });
  return { pid, refused: () => refused as Promise<Error> };
};

describe.each(stages)("servers of a module with a name: $name", ({ scene }) => {
  it("G4 are found by it until they have ended, and then it is free", () =>
    scene(async (self, { pool, node }) => {
      const counter = await Counter.start(pool, [1], { name: "counter" });
      expect(node.whereis("counter")).toBe(counter.pid);
      expect(await GenServer.at<servers.Counter>("counter", { node }).call.add(1)).toBe(2);
      const taken = await refusal(Counter.start(pool, [1], { name: "counter" }));
      expect(taken).toMatchObject({ code: "start_failed", reason: { code: "name_taken" } });
      expect(taken.message).toMatch(/ did not start: NameTaken: /);
      await self.sleep(1);
      expect(pool.countChildren()).toEqual({ active: 1, waiting: 0 });
      expect(node.whereis("counter")).toBe(counter.pid);
      await counter.stop();
      await self.sleep(0);
      expect(node.whereis("counter")).toBeUndefined();
      expect(await (await Counter.start(pool, [5], { name: "counter" })).call.add(1)).toBe(6);
    }));

  it("G4 that give it away do not take it back when they end", () =>
    scene(async (self, { pool, node }) => {
      const first = await Counter.start(pool, [1], { name: "counter" });
      self.unregister("counter");
      expect(node.whereis("counter")).toBeUndefined();
      const second = await Counter.start(pool, [2], { name: "counter" });
      await first.stop();
      await self.sleep(0);
      expect(node.whereis("counter")).toBe(second.pid);
    }));
});

describe.each(stages)("servers of a module that are linked: $name", ({ scene }) => {
  it("K4 take whoever started them along when they crash", () =>
    scene(async (self, { pool }) => {
      const { pid } = self.spawnMonitor(async (me) => {
        const counter = await Counter.startLink(me, pool);
        counter.cast.crash();
        await me.receive();
      });
      expect(await self.receive()).toMatchObject({ from: pid, reason: { message: "cannot count" } });
    }));

  it("K5 tell whoever started them, once, where that one traps exits", () =>
    scene(async (self, { pool }) => {
      self.trapExit = true;
      const counter = await Counter.startLink(self, pool);
      await expect(counter.call.crash()).rejects.toThrow("cannot count");
      const exit = await self.receive();
      expect(exit).toBeInstanceOf(Exit);
      expect(exit).toMatchObject({ from: counter.pid, reason: { message: "cannot count" } });
      expect(await self.receive(undefined, { after: 10 })).toBeUndefined();
      expect(self.info(self.pid)).toMatchObject({ links: [] });
    }));

  it("K4 tell whoever started them the reason of their end, though they end before the link gets there", () =>
    scene(async (self, { pool, reports }) => {
      self.trapExit = true;
      const counter = await Counter.startLink(self, pool, [0, "brief"]);
      expect(await self.receive()).toMatchObject({ from: counter.pid, reason: { message: "cannot count" } });
      await self.sleep(10);
      expect(reports).toMatchObject([{ pid: counter.pid, handled: false }]);
      expect(pool.children()).toEqual([]);
      await nothingLeft(self);
    }));

  it("K9 harm nobody once they are unlinked", () =>
    scene(async (self, { pool }) => {
      const counter = await Counter.startLink(self, pool);
      self.unlink(counter.pid);
      await expect(counter.call.crash()).rejects.toThrow("cannot count");
      await self.sleep(10);
      expect(self.info(self.pid)).toMatchObject({ links: [], mailboxLength: 0 });
    }));

  it("G3 do not come up any more when whoever started them has ended meanwhile", () =>
    scene(async (self, { pool }) => {
      const { pid, refused } = starter(self, (me) => Counter.startLink(me, pool, [1, "hang"]));
      await self.sleep(0);
      expect(pool.countChildren()).toEqual({ active: 1, waiting: 0 });
      self.send(pid, "done");
      await self.sleep(0);
      expect(await refused()).toMatchObject({ code: "start_failed", reason: "noproc" });
      await self.sleep(0);
      expect(pool.children()).toEqual([]);
    }));

  it("K4 end with whoever started them, and are not refused then, for they had come up", () =>
    scene(async (self, { pool }) => {
      let counter: { readonly pid: string } | undefined;
      const { pid } = self.spawnMonitor(async (me) => {
        counter = await Counter.startLink(me, pool);
        me.exit(await me.receive());
      });
      await self.sleep(10);
      expect(pool.children()).toMatchObject([{ pid: counter?.pid }]);
      self.send(pid, "boom");
      await self.sleep(10);
      expect(pool.children()).toEqual([]);
    }));

  it("T13 are not started by a process that has ended", () =>
    scene(async (self, { pool }) => {
      let gone: Self | undefined;
      self.spawn((me) => {
        gone = me;
      });
      await self.sleep(0);
      await expect(Counter.startLink(gone!, pool)).rejects.toMatchObject({ code: "exited" });
      expect(pool.children()).toEqual([]);
    }));

  it("V1 are started again by a supervisor, each time with its arguments, and are found by their name", () =>
    scene(async (self, { pool, node, reports }) => {
      const tree = await Supervisor.startLink(self, [{ id: "counter", start: Counter.child(pool, [40], { name: "counted", label: "votes" }) }]);
      const counted = GenServer.at<servers.Counter>("counted", { node });
      const first = counted.pid;
      expect(await counted.call.add(2)).toBe(42);
      await expect(counted.call.crash()).rejects.toMatchObject({ code: "call_failed" });
      await self.sleep(10);
      expect(counted.pid).not.toBe(first);
      expect(await counted.call.add(2)).toBe(42);
      await expect(counted.call.crash()).rejects.toMatchObject({ code: "call_failed" });
      await self.sleep(10);
      // Nobody else is told: so says `handled`, and who started it again, and how often.
      expect(reports).toMatchObject([
        { label: "votes", handled: false, supervisor: tree.pid, restarts: 0 },
        { label: "votes", handled: false, supervisor: tree.pid, restarts: 1 },
      ]);
      self.unlink(tree.pid);
      await tree.stop();
      expect(pool.children()).toEqual([]);
      expect(node.whereis("counted")).toBeUndefined();
    }));
});
