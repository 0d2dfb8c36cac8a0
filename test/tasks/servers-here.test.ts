import { type CrashReport, Exit, type Self, TaskSupervisor } from "taskward";
import { GenServer, Registry, Supervisor } from "taskward/behaviours";
import { serversFrom } from "taskward/servers";
import { describe, expect, it } from "vitest";
import type * as servers from "../behaviours/fixtures/servers.mjs";
import { type Stage, places } from "./places.js";

const module = new URL("../behaviours/fixtures/servers.mjs", import.meta.url);
const { Counter } = serversFrom<typeof servers>(module);
const [eventLoop] = places;

const scene = (fn: (self: Self, stage: Stage) => Promise<void>, options: Parameters<NonNullable<typeof eventLoop>["play"]>[1] = {}): Promise<void> =>
  eventLoop!.play(fn, options, module);

/** The error that a start rejects with; whoever waits for it looks at it once time has passed. */
const refusal = (started: Promise<unknown>): Promise<Error> =>
  started.then(
    () => expect.unreachable(),
    (error: unknown) => error as Error,
  );

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

describe("servers of a module on this event loop", () => {
  it("G1 are called, cast and stopped, and count as running tasks until they have ended", () =>
    scene(async (self, { pool }) => {
      const counter = await Counter.start(pool, [40]);
      counter.cast.add(1);
      expect(await counter.call.add(1)).toBe(42);
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

  it("G1 whoever starts one is its caller, linked or not", () =>
    scene(async (self, { pool, node }) => {
      self.trapExit = true;
      const counter = await Counter.startLink(self, pool);
      expect(node.info(counter.pid)).toMatchObject({ links: [self.pid], callers: [self.pid], parent: pool.crew.pid });
      expect(node.info((await Counter.start(pool)).pid)).toMatchObject({ links: [], callers: [] });
      await counter.stop("shutdown");
      expect(await self.receive()).toMatchObject({ from: counter.pid, reason: "shutdown" });
    }));

  it.each([
    ["refuse", "not today"],
    ["ignore", "ignore"],
    ["throw", new RangeError("no such count")],
  ] as const)("G3 that %s in init: start says so, nothing is left, and a linked starter lives", (how, reason) =>
    scene(async (self, { pool, node, timers }) => {
      const before = [node.processCount, timers()];
      const error = await refusal(Counter.start(pool, [1, how], { timeout: 1_000 }));
      expect(error).toMatchObject({ code: "start_failed", reason });
      expect(error.message).toMatch(/^task Counter <main\.\d+> did not start: /);
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
      expect(child).toMatchObject({ label: "Counter", pid: expect.stringMatching(/^<main\.\d+>$/) as string });
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
        const [one] = [await Counter.start(pool, [1]), await Counter.start(pool, [2])];
        expect(await refusal(Counter.start(pool, [3]))).toMatchObject({
          code: "start_failed",
          reason: {
            code: "invalid_option",
            message:
              'supervisor is "this event loop": servers have all of its places, and keep them until they end: give its pool more (now 8), or a timeout to wait for one',
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
        pool.asyncNolink((me: Self) => me.sleep(1_000));
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

  it("G3 that are started while there is room are not refused, though all that runs are servers", () =>
    scene(async (_self, { pool }) => {
      const counters = await Promise.all(Array.from({ length: 10 }, (_, n) => Counter.start(pool, [n])));
      expect(await Promise.all(counters.map((counter) => counter.call.add(1)))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    }));

  it("G2 a crash rejects the call, and is reported with what it was handling and what waited", () =>
    scene(async (self, { pool, reports }) => {
      const counter = await Counter.start(pool);
      const call = counter.call.crash();
      counter.cast.add(1);
      await expect(call).rejects.toMatchObject({ code: "call_failed", reason: { name: "TypeError", message: "cannot count" } });
      await self.sleep(0);
      expect(reports).toMatchObject([
        {
          pid: counter.pid,
          label: "Counter",
          runs: "Counter",
          handled: false,
          mailboxLength: 1,
          lastMessage: expect.objectContaining({ $call: "crash" }) as object,
        } as unknown as CrashReport,
      ]);
    }));
});

describe("servers of a module with a name", () => {
  it("G4 are found by it until they have ended, and then it is free", () =>
    scene(async (self, { pool, node }) => {
      const counter = await Counter.start(pool, [1], { name: "counter" });
      expect(node.whereis("counter")).toBe(counter.pid);
      expect(await GenServer.at<servers.Counter>("counter", { node }).call.add(1)).toBe(2);
      const taken = await refusal(Counter.start(pool, [1], { name: "counter" }));
      expect(taken).toMatchObject({ code: "start_failed", reason: { code: "name_taken" } });
      expect(taken.message).toMatch(/ did not start: NameTaken: /);
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

describe("servers of a module that are linked", () => {
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

describe("servers of a module that cannot be", () => {
  it.each([
    [{ name: "" }, /^name is "": give /],
    [{ label: "x", nmae: "x" }, /^server options\.nmae is "x": no such option; there are name, label, timeout$/],
    [{ timeout: -1 }, /^timeout is -1: give a number of milliseconds, 0 or more, or Infinity$/],
    [null, /^server options is null: give an object$/],
  ])("T13 are refused at once: %o", (options, message) =>
    scene(async (_self, { pool }) => {
      await expect(Counter.start(pool, [1], options as object)).rejects.toThrow(message);
      expect(() => Counter.child(pool, [1], options as object)).toThrow(message);
      expect(pool.children()).toEqual([]);
    }),
  );

  it("T13 are refused at once: a key of a registry as name, arguments that are no list, no supervisor, no process", () =>
    scene(async (self, { pool, node }) => {
      const registry = Registry.start({ keys: "unique", node });
      await expect(Counter.start(pool, [1], { name: registry.via("counter") as never })).rejects.toThrow(
        /^name is .*: give a string: a registry is for the processes of its own node$/,
      );
      await registry.stop();
      await expect(Counter.start(pool, "1" as never)).rejects.toThrow('args is "1": give an array of the arguments of init');
      await expect(Counter.start({} as TaskSupervisor)).rejects.toThrow(
        "supervisor is {}: give a TaskSupervisor, whose place is where the server runs",
      );
      await expect(Counter.startLink({} as Self, pool)).rejects.toThrow(/^startLink\(self\): self is /);
      expect(self.pid).toMatch(/^<main/);
    }));

  // In real time, for a module is looked into each time that nothing was found in it.
  it("G3 that cannot be found: start says so", async () => {
    await using here = TaskSupervisor.start();
    const { Missing, notAServer } = serversFrom<{ Missing: typeof servers.Counter; notAServer: typeof servers.Counter }>(module);
    const hint = "its functions are Counter";
    expect((await refusal(Missing.start(here))).message).toBe(
      `task Missing did not start: LoadFailed: ${module.href} has no export "Missing": ${hint}`,
    );
    expect((await refusal(notAServer.start(here))).message).toBe(
      `task notAServer did not start: LoadFailed: the export "notAServer" of ${module.href} is of type number, not a function: ${hint}`,
    );
    expect(here.children()).toEqual([]);
  });

  it("T13 a module that is no absolute URL", () => {
    expect(() => serversFrom("./here.js")).toThrow('give an absolute URL, such as new URL("./here.js", import.meta.url)');
  });

  it("references are no promises, and each class has one", async () => {
    const all = serversFrom<typeof servers>(module);
    expect(await Promise.resolve(all)).toBe(all);
    expect(all.Counter).toBe(all.Counter);
    expect((all as unknown as Record<symbol, unknown>)[Symbol.iterator]).toBeUndefined();
  });
});
