import { type CrashReport, Down, type NodeDown, type Pid, type PlaceFactory, type Self, TaskSupervisor, defaultNode, run } from "taskward";
import { GenServer, Supervisor } from "taskward/behaviours";
import { processes } from "taskward/processes";
import { serversFrom } from "taskward/servers";
import { threads } from "taskward/threads";
import { beforeEach, describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import type * as servers from "./fixtures/servers.mjs";

const { Counter } = serversFrom<typeof servers>(new URL("./fixtures/servers.mjs", import.meta.url));

const places: readonly (readonly [string, () => PlaceFactory | undefined, RegExp])[] = [
  ["this event loop", () => undefined, /^main$/],
  ["a thread", () => threads({ size: 2 }), /^main\/t/],
  ["a child process", () => processes({ size: 2 }), /^main\/p/],
];

const reports: CrashReport[] = [];
defaultNode().reporter = (report) => reports.push(report);
beforeEach(() => void reports.splice(0));

/** What a monitor tells. */
const down = async (self: Self, pid: Pid<never>): Promise<unknown> => {
  const ref = self.monitor(pid);
  const message = await self.receive((one): one is Down => one instanceof Down && one.ref === ref);
  return message.reason;
};

/** Waits until a supervisor has started a child anew. */
async function another(self: Self, tree: Supervisor, than: Pid): Promise<Pid> {
  for (;;) {
    const [child] = await tree.whichChildren();
    if (typeof child?.pid === "string" && child.pid !== than) return child.pid;
    await self.sleep(5);
  }
}

describe.each(places)("servers on %s", (_place, on, nodes) => {
  const scene = <R>(fn: (self: Self, cores: TaskSupervisor) => Promise<R>): Promise<R> =>
    run(async (self) => {
      const place = on();
      await using cores = TaskSupervisor.start(place === undefined ? {} : { on: place });
      return await fn(self, cores); // before the pool is stopped
    });
  const elsewhere = on() !== undefined;

  it("G1 are called, cast and stopped from here", () =>
    scene(async (self, cores) => {
      const counter = await Counter.start(cores, [40]);
      expect(await counter.call.where()).toMatch(nodes);
      counter.cast.add(1);
      expect(await counter.call.add(1)).toBe(42);
      expect(await counter.from(self).call.asked()).toBe(self.pid);
      await counter.stop();
      expect(await down(self, counter.pid)).toBe("noproc");
      await expect(counter.call.add(1)).rejects.toMatchObject({ code: "call_failed", reason: "noproc" });
    }));

  it.runIf(elsewhere)("G3 for which there is no place, for servers have them all: start says so, or waits as long as it may", () =>
    scene(async (_self, cores) => {
      const [one] = [await Counter.start(cores, [1]), await Counter.start(cores, [2])];
      await expect(Counter.start(cores, [3])).rejects.toMatchObject({
        code: "start_failed",
        reason: { code: "invalid_option", message: expect.stringContaining("give its pool more (now 2), or a timeout to wait for one") as string },
      });
      await expect(Counter.start(cores, [3], { timeout: 50 })).rejects.toMatchObject({ code: "start_failed", reason: "timeout" });
      const third = Counter.start(cores, [3], { timeout: 10_000 });
      await one.stop();
      expect(await (await third).call.add(1)).toBe(4);
      await expect(Supervisor.start([{ id: "fourth", start: Counter.child(cores, [4]) }])).rejects.toThrow(
        /child fourth of Supervisor.*give its pool more/,
      );
    }),
  );

  it("G3 that refuse, throw, or end in init: start says so, and nothing is left", () =>
    scene(async (_self, cores) => {
      await expect(Counter.start(cores, [1, "refuse"])).rejects.toMatchObject({ code: "start_failed", reason: "not today" });
      await expect(Counter.start(cores, [1, "ignore"])).rejects.toMatchObject({ code: "start_failed", reason: "ignore" });
      await expect(Counter.start(cores, [1, "throw"])).rejects.toMatchObject({
        code: "start_failed",
        reason: { name: "RangeError", message: "no such count" },
      });
      await expect(Counter.start(cores, [1, "hang"], { timeout: 300 })).rejects.toMatchObject({ code: "start_failed", reason: "timeout" });
      if (elsewhere) await expect(Counter.start(cores, [1, "exit"])).rejects.toMatchObject({ reason: { code: "node_down", exitCode: 3 } });
      await expect.poll(() => cores.children()).toEqual([]);
    }));

  it("G3 that cannot be found: start says so", () =>
    scene(async (_self, cores) => {
      const { Missing, notAServer } = serversFrom<{ Missing: typeof servers.Counter; notAServer: typeof servers.Counter }>(
        new URL("./fixtures/servers.mjs", import.meta.url),
      );
      await expect(Missing.start(cores)).rejects.toMatchObject({ code: "start_failed", reason: { code: "load_failed" } });
      await expect(notAServer.start(cores)).rejects.toMatchObject({ code: "start_failed", reason: { code: "load_failed" } });
    }));

  it("G2 a crash rejects the call, with the error, and a monitor is told", () =>
    scene(async (self, cores) => {
      const counter = await Counter.start(cores);
      const ref = self.monitor(counter.pid);
      await expect(counter.call.crash()).rejects.toMatchObject({ code: "call_failed", reason: { name: "TypeError", message: "cannot count" } });
      expect(await self.receive()).toMatchObject({ ref, reason: { message: "cannot count" } });
      await expect.poll(() => reports).toMatchObject([{ label: "Counter", handled: false, reason: { message: "cannot count" } }]);
    }));

  it("G2 a reply that cannot be cloned rejects the call where it has to travel, and the server lives", () =>
    scene(async (_self, cores) => {
      const counter = await Counter.start(cores, [41]);
      if (elsewhere) await expect(counter.call.unsendable()).rejects.toMatchObject({ reason: { code: "not_cloneable" } });
      expect(await counter.call.add(1)).toBe(42);
    }));

  it("G4 are found by a name, which is free again when they have ended", () =>
    scene(async (self, cores) => {
      const counter = await Counter.start(cores, [1], { name: "counter" });
      expect(self.whereis("counter")).toBe(counter.pid);
      expect(await GenServer.at<servers.Counter>("counter").call.add(1)).toBe(2);
      await expect(Counter.start(cores, [1], { name: "counter" })).rejects.toMatchObject({ code: "start_failed", reason: { code: "name_taken" } });
      const gone = down(self, counter.pid);
      await counter.stop();
      await gone;
      await expect.poll(() => self.whereis("counter")).toBeUndefined();
    }));

  it("K4 an abnormal end takes the process along that it is linked to", () =>
    scene(async (self, cores) => {
      const { pid } = self.spawnMonitor(async (me) => {
        const counter = await Counter.startLink(me, cores);
        counter.cast.crash();
        await me.receive();
      });
      expect(await self.receive()).toMatchObject({ from: pid, reason: { message: "cannot count" } });
    }));

  it("V1 a supervisor starts them again, wherever they run, and they are found by their name", () =>
    scene(async (self, cores) => {
      await using tree = await Supervisor.start([{ id: "counter", start: Counter.child(cores, [40], { name: "counted" }) }]);
      const [first] = await tree.whichChildren();
      const counted = GenServer.at<servers.Counter>("counted");
      await expect(counted.call.crash()).rejects.toMatchObject({ code: "call_failed" });
      const second = await another(self, tree, first?.pid as Pid);
      expect(await counted.call.add(2)).toBe(42);
      if (!elsewhere) return;
      const reason = down(self, second);
      counted.cast.exit();
      expect(await reason).toMatchObject({ code: "node_down", exitCode: 7 } satisfies Partial<NodeDown>);
      await another(self, tree, second);
      expect(await counted.call.add(2)).toBe(42);
    }));

  it.skipIf(!elsewhere)("V6 one in an infinite loop is killed when its shutdown time is over", () =>
    scene(async (self, cores) => {
      const tree = await Supervisor.start([{ id: "counter", start: Counter.child(cores, [], { name: "looper" }), shutdown: 50 }]);
      const looper = GenServer.at<servers.Counter>("looper");
      const pid = looper.pid as Pid;
      const told = notes();
      looper.cast.loop(told.path);
      await told.written();
      const reason = down(self, pid);
      await tree.stop();
      expect(await reason).toBe("killed");
      expect(await (await Counter.start(cores, [1])).call.add(1)).toBe(2);
    }),
  );
});

describe("bad input", () => {
  it("is refused at once", async () => {
    await using cores = TaskSupervisor.start();
    expect(() => serversFrom("./here.js")).toThrow(/give an absolute URL/);
    expect(() => Counter.child({} as TaskSupervisor)).toThrow(/give a TaskSupervisor/);
    await expect(Counter.start(cores, "1" as never)).rejects.toThrow(/give an array of the arguments of init/);
    await expect(Counter.start(cores, [1], { nmae: "x" } as never)).rejects.toThrow(/no such option/);
    await expect(Counter.start(cores, [1], { timeout: -1 })).rejects.toThrow(/timeout is -1/);
  });
});
