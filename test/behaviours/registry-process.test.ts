import { type Down, Exit, Node, run } from "taskward";
import { Registry } from "taskward/behaviours";
import { describe, expect, it } from "vitest";
import { newScene } from "./registries.js";

const scene = newScene();
const { unique } = scene;

describe("G5 a registry as a process", () => {
  it("ends what is registered with its own reason, and tells those that trap exits", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      const trapping = self.spawnMonitor(async (me) => {
        me.trapExit = true;
        registry.register(me, "a");
        const exit = await me.receive();
        expect(exit).toEqual(new Exit(registry.pid, "shutdown"));
        throw exit;
      });
      const plain = self.spawnMonitor((me) => (registry.register(me, "b"), me.receive()));
      const left = self.spawnMonitor((me) => (registry.register(me, "c"), registry.unregister(me, "c"), me.receive()));
      await self.sleep(1);
      await registry.stop();
      const downs = [await self.receive(), await self.receive()] as Down[];
      expect(downs.map(({ ref }) => ref).sort()).toEqual([trapping.ref, plain.ref].sort());
      expect(downs.find(({ ref }) => ref === plain.ref)?.reason).toBe("shutdown");
      expect(self.info(left.pid)).toBeDefined();
      self.exit(left.pid, "kill");
    }));

  it("that has ended says so, and its names are nobody's", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      const { pid } = registry;
      const name = registry.via("a");
      expect(registry.isRunning).toBe(true);
      await registry.stop();
      await registry.stop();
      expect(registry.isRunning).toBe(false);
      expect(registry.pid).toBe(pid);
      for (const use of [() => registry.register(self, "a"), () => registry.lookup("a"), () => registry.count, () => self.register(name)]) {
        expect(use).toThrow(expect.objectContaining({ code: "exited", who: pid }));
      }
      expect(self.whereis(name)).toBeUndefined();
      expect(self.unregister(name)).toBe(false);
    }));

  it("is linked to who started it, and a child of a supervisor", () =>
    scene.time.run(async (self) => {
      let registry: Registry | undefined;
      const start = Registry.child({ keys: "unique", name: "r" });
      const { pid } = self.spawnMonitor((me) => {
        registry = start(me) as Registry;
        throw new Error("crash");
      });
      await self.receive();
      expect(registry?.isRunning).toBe(false);
      expect(self.whereis("r")).toBeUndefined();
      const again = Registry.startLink(self, { keys: "unique", name: "r" });
      expect(self.info(again.pid)).toMatchObject({ parent: self.pid, callers: [self.pid], name: "r", label: "Registry" });
      expect(self.info(pid)).toBeUndefined();
    }));

  it("with a name is found by it again when it has been restarted, by handles and names that were there before", () =>
    scene.time.run(async (self) => {
      const early = Registry.at<string>("r", { node: scene.node });
      const name = early.via("me");
      expect(() => early.lookup("me")).toThrow(expect.objectContaining({ code: "noproc", message: expect.stringContaining("start a registry") }));
      const first = Registry.start<string>({ keys: "unique", name: "r", node: scene.node });
      expect(early.pid).toBe(first.pid);
      await first.stop();
      const second = Registry.start<string>({ keys: "unique", name: "r", node: scene.node });
      self.register(name);
      for (const handle of [early, first, second]) expect(handle.lookup("me")).toMatchObject([{ pid: self.pid }]);
      expect(first.pid).toBe(second.pid);
    }));

  it("whose name is taken leaves nothing behind", () =>
    scene.time.run((self) => {
      self.register("taken");
      const before = scene.node.processCount;
      expect(() => Registry.start({ keys: "unique", name: "taken", node: scene.node })).toThrow(expect.objectContaining({ code: "name_taken" }));
      expect(scene.node.processCount).toBe(before);
    }));

  it("leaves nothing behind when all is over", async () => {
    await scene.time.run(async (self) => {
      await using registry = unique<number>();
      for (let key = 0; key < 100; key++) self.spawn((me) => (registry.register(me, key), me.receive()));
      await self.sleep(1);
      expect(registry.count).toBe(100);
    });
    await scene.time.advance(1);
    expect({
      processes: scene.node.processCount,
      addresses: scene.node.table.size,
      names: scene.node.names.size,
      timers: scene.time.clock.pending,
    }).toEqual({
      processes: 0,
      addresses: 0,
      names: 0,
      timers: 0,
    });
  });

  it("is of the node of this event loop unless it is given another", async () => {
    await using registry = Registry.start<string>({ keys: "unique" });
    await run((self) => {
      registry.register(self, "a");
      expect(registry.lookup("a")).toMatchObject([{ pid: self.pid }]);
    });
  });

  it("is for the processes of its own node", () =>
    scene.time.run((self) => {
      const registry = Registry.start<string>({ keys: "unique", node: new Node({ name: "other" }) });
      expect(() => registry.register(self, "a")).toThrow(
        expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("the registry is of node other") }),
      );
    }));
});
