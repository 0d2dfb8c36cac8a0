import { type Node, SupervisorDown, TaskTimeout, defaultNode, run } from "taskward";
import { DynamicSupervisor, PartitionSupervisor, Registry, Supervisor } from "taskward/behaviours";
import { simulate } from "taskward/testing";
import { describe, expect, it } from "vitest";

const child = (id: string) => ({ id, run: (self: { receive(): Promise<unknown> }) => self.receive() });

describe("a supervisor by its address", () => {
  it(
    "V3 on another node, as { name, node }: asked, and stopped, from here",
    simulate({ nodes: ["near", "far"], seeds: 10 }, async (sim) => {
      const { near, far } = sim.nodes;
      const there = await Supervisor.start([child("a"), child("b")], { name: "app", node: far });
      const app = Supervisor.at({ name: "app", node: "far" }, { node: near });
      expect([app.toString(), app.name, app.isRunning]).toEqual(["Supervisor app on far", "app", true]);
      expect(() => app.pid).toThrow(SupervisorDown);
      expect(() => app.pid).toThrow("it is on another node");
      expect((await app.whichChildren()).map(({ id }) => id)).toEqual(["a", "b"]);
      expect(await app.countChildren()).toMatchObject({ specs: 2, active: 2 });
      const { ended } = app;
      await app.stop("shutdown");
      expect(await ended).toBe("shutdown");
      expect(there.isRunning).toBe(false);
      // It has ended: to stop it is done, and to ask it says so.
      await app.stop();
      await expect(app.whichChildren()).rejects.toMatchObject({ code: "supervisor_down", message: expect.stringContaining("app on far") as string });
      expect(await Supervisor.at({ name: "nobody", node: "far" }, { node: near }).ended).toBe("noproc");
    }),
  );

  it(
    "V3 by its pid from another node counts as running as long as this node does not know better",
    simulate({ nodes: ["near", "far"], seeds: 10 }, async (sim) => {
      const { near, far } = sim.nodes;
      const there = await Supervisor.start([child("a")], { node: far });
      const app = Supervisor.at(there.pid, { node: near });
      expect([app.isRunning, app.name, app.pid]).toEqual([true, undefined, there.pid]);
      await app.stop();
      await there.ended;
      expect(there.isRunning).toBe(false);
    }),
  );

  it("V3 by a key of a registry", () =>
    run(async () => {
      const registry = Registry.start({ keys: "unique" });
      const app = await Supervisor.start([child("a")], { name: registry.via("app") });
      const found = Supervisor.at(registry.via("app"));
      expect([found.pid, found.isRunning]).toEqual([app.pid, true]);
      expect(found.name).toContain("app");
      expect(found.toString()).toContain("app");
      await app.stop();
      expect(found.isRunning).toBe(false);
      expect(() => found.pid).toThrow(SupervisorDown);
      await registry.stop();
    }));

  it("V6 who does not stop in time is told of by what it is called, and goes on stopping", () =>
    run(async () => {
      const stubborn = {
        id: "stubborn",
        run: async (self: { trapExit: boolean; receive(): Promise<unknown> }) => {
          self.trapExit = true;
          await self.receive();
          await self.receive();
        },
        shutdown: 60,
      };
      const app = await Supervisor.start([stubborn], { name: "slow" });
      await expect(app.stop("normal", 0)).rejects.toMatchObject({ code: "task_timeout", message: "Supervisor slow did not end within 0 ms" });
      await expect(app.stop("normal", 0)).rejects.toBeInstanceOf(TaskTimeout);
      await app.ended;
    }));

  it.each<[unknown, string]>([
    ["", 'address is "": give a supervisor\'s pid, its name, registry.via(key), or { name, node }'],
    [5, "address is 5"],
    [null, "address is null"],
    [{ name: "", node: "far" }, 'name is ""'],
    [{ name: "app", node: "a b" }, 'node name is "a b"'],
  ])("T13 that cannot be is refused: %j", (address, message) => {
    expect(() => Supervisor.at(address as string)).toThrow(message);
    expect(() => DynamicSupervisor.at(address as string)).toThrow(message);
  });

  it("V3 of partitions is for its own node, and for a supervisor of partitions", () =>
    run(async (self) => {
      const parts = await PartitionSupervisor.start((n: number) => child(`part ${n}`), { partitions: 2 });
      expect(String(parts.via(1))).toBe(`${parts.pid}[1]`);
      expect(() => {
        self.register(parts.via(1));
      }).toThrow("a partition's process has this name by being started");
      expect(self.unregister(parts.via(1))).toBe(false);
      const plain = await Supervisor.start([]);
      const wrong = PartitionSupervisor.at(plain.pid);
      expect(() => wrong.partitions).toThrow("this process is no PartitionSupervisor: give the address of one");
      await plain.stop();
      expect(() => wrong.partitions).toThrow(SupervisorDown);
      const node: Node = defaultNode();
      expect(() => PartitionSupervisor.at({ name: "x", node: "elsewhere" } as never, { node })).toThrow("ask a process there");
      await parts.stop();
    }));
});
