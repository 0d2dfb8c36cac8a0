import { type Down, type Pid, type Self, TaskSupervisor } from "taskward";
import { GenServer, Supervisor } from "taskward/behaviours";
import { serversFrom } from "taskward/servers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type * as servers from "../../behaviours/fixtures/servers.mjs";
import { Fleet } from "./cluster.js";
import { hasNats } from "./nats.js";

const module = new URL("../../behaviours/fixtures/servers.mjs", import.meta.url);
const { Counter } = serversFrom<typeof servers>(module);

describe.runIf(hasNats)("servers on nodes of a cluster", () => {
  let fleet: Fleet;
  beforeAll(async () => {
    fleet = await Fleet.start(["one", "two"], { modules: [module], tick: 1_000 });
  });
  afterAll(() => fleet[Symbol.asyncDispose]());

  const scene = (fn: (self: Self, on: (name: string) => TaskSupervisor) => Promise<void>): Promise<void> =>
    fleet.here.node.run(async (self) => {
      const { here } = fleet;
      const supervisors = new Map(["one", "two"].map((name) => [name, TaskSupervisor.start({ node: here.node, on: here.on(name) })]));
      await fn(self, (name) => supervisors.get(name) as TaskSupervisor);
      await Promise.all([...supervisors.values()].map((one) => one.stop("killed")));
    });
  const down = async (self: Self, pid: Pid<never>): Promise<unknown> => {
    const ref = self.monitor(pid);
    return ((await self.receive((message) => (message as Partial<Down>).ref === ref)) as Down).reason;
  };

  it("G1 G4 are called, cast, found by name, and stopped from here", () =>
    scene(async (self, on) => {
      const counter = await Counter.start(on("one"), [40], { name: "counter" });
      expect(await counter.call.where()).toMatch(/^one~/);
      counter.cast.add(1);
      expect(await counter.call.add(1)).toBe(42);
      expect(await GenServer.at<servers.Counter>("counter", { node: fleet.here.node }).call.add(1)).toBe(43);
      await counter.stop();
      expect(await down(self, counter.pid)).toBe("noproc");
    }));

  it("V1 a tree here starts one again that crashed there", () =>
    scene(async (self, on) => {
      const app = await Supervisor.startLink(self, [{ id: "counter", start: Counter.child(on("one"), [1]) }]);
      const [first] = await app.whichChildren();
      self.exit(first?.pid as Pid, "kill");
      for (;;) {
        const [again] = await app.whichChildren();
        if (typeof again?.pid === "string" && again.pid !== first?.pid) break;
        await self.sleep(5);
      }
      await app.stop();
    }));

  it("G2 a call of one whose node is lost says so, and does not hang", () =>
    scene(async (self, on) => {
      const counter = await Counter.start(on("two"), [0]);
      const pending = counter.call.add(1);
      expect(await pending).toBe(1);
      await fleet.workers[1]?.kill();
      await expect(counter.call.add(1)).rejects.toMatchObject({ code: "call_failed", reason: "noconnection" });
      expect(await down(self, counter.pid)).toBe("noconnection");
    }));
});
