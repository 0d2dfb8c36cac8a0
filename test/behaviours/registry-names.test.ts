import { Down, type Pid, TaskSupervisor } from "taskward";
import { DynamicSupervisor, Registry, Supervisor } from "taskward/behaviours";
import { describe, expect, it } from "vitest";
import { ask, newScene, worker } from "./registries.js";

const scene = newScene();
const { unique } = scene;

describe("G4 a registry's key is a name", () => {
  it("to send to, at once and later, to look up, to monitor, to register and to unregister", () =>
    scene.time.run(async (self) => {
      const registry = unique<string, string>();
      const name = registry.via("me", "my value");
      expect(self.whereis(name)).toBeUndefined();
      self.register(name);
      expect(self.whereis(name)).toBe(self.pid);
      expect(scene.node.whereis(name)).toBe(self.pid);
      expect(registry.lookup("me")).toEqual([{ pid: self.pid, value: "my value" }]);
      self.send(name, "now");
      self.sendAfter(name, "later", 10);
      scene.node.send(name, "from nobody");
      expect([await self.receive(), await self.receive(), await self.receive()]).toEqual(["now", "from nobody", "later"]);
      expect(self.unregister(name)).toBe(true);
      expect(self.unregister(name)).toBe(false);
      expect(self.whereis(name)).toBeUndefined();
    }));

  it("and monitoring by it reports it, of a process and of nobody", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      const name = registry.via("other");
      const none = self.monitor(name);
      expect(await self.receive()).toEqual(new Down(none, name, "noproc"));
      const other = self.spawn(async (me) => {
        me.register(name);
        await me.receive();
      });
      await self.sleep(1);
      const ref = self.monitor(name);
      expect(self.info(self.pid)?.monitors).toEqual([name]);
      self.exit(other, "kill");
      expect(await self.receive()).toEqual(new Down(ref, name, "killed"));
    }));

  it("that nobody has is noproc to a sender, by what it is called", () =>
    scene.time.run((self) => {
      const registry = Registry.start({ keys: "unique", name: "rooms", node: scene.node });
      for (const [key, title] of [
        ["a", "rooms[a]"],
        [["lobby", 7], "rooms[lobby,7]"],
        [{}, "rooms[an object]"],
      ]) {
        expect(() => self.send(registry.via(key), "x")).toThrow(
          expect.objectContaining({
            code: "noproc",
            message: `no process is registered as "${title as string}": register it first, or check with whereis()`,
          }),
        );
      }
    }));

  it("that is taken is refused with who has it", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      self.register(registry.via("a"));
      await expect(ask(self, worker(self), (me) => me.register(registry.via("a")))).rejects.toMatchObject({ code: "name_taken", pid: self.pid });
    }));

  it("a process may have many of them, and one of its node beside", () =>
    scene.time.run((self) => {
      const registry = unique<string>();
      for (const name of [registry.via("a"), registry.via("b"), "plain"]) self.register(name);
      expect([registry.via("a"), registry.via("b"), "plain"].map((name) => self.whereis(name))).toEqual([self.pid, self.pid, self.pid]);
      expect(self.info(self.pid)?.name).toBe("plain");
    }));

  it("names a TaskSupervisor, which is gone from it when it has stopped", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      const name = registry.via("pool");
      const supervisor = TaskSupervisor.start({ name, node: scene.node });
      expect(self.whereis(name)).toBe(supervisor.pid);
      expect(supervisor.name).toBe(name);
      expect(String(supervisor)).toMatch(/^TaskSupervisor <main\.\d+>\[pool\]$/);
      const before = scene.node.processCount;
      expect(() => TaskSupervisor.start({ name, node: scene.node })).toThrow(
        expect.objectContaining({ code: "name_taken", message: expect.stringContaining(`[pool]" is taken by ${supervisor.pid}`) }),
      );
      expect(scene.node.processCount).toBe(before);
      await supervisor.stop();
      expect(self.whereis(name)).toBeUndefined();
    }));

  it("names a registry, which is found by it", () =>
    scene.time.run((self) => {
      const above = unique<string>();
      const below = Registry.start<string>({ keys: "unique", name: above.via("below"), node: scene.node });
      self.register(Registry.at<string>(above.via("below"), { node: scene.node }).via("me"));
      expect(below.lookup("me")).toMatchObject([{ pid: self.pid }]);
    }));

  it("of another kind can be made: an object that has a holder, and gives it", () =>
    scene.time.run(async (self) => {
      let held: Pid | undefined;
      const name = {
        holder: () => held,
        take: (one: { readonly pid: Pid<never> }) => void (held = one.pid as Pid),
        free: () => held !== undefined && ((held = undefined), true),
        toString: () => "mine",
      };
      expect(() => self.send(name, 1)).toThrow('no process is registered as "mine"');
      self.register(name);
      self.send(name, "hello");
      expect(await self.receive()).toBe("hello");
      expect(self.unregister(name)).toBe(true);
    }));
});

describe("G5 a supervisor by a registry's key", () => {
  it("is asked and stopped through `at`, and named in errors", () =>
    scene.time.run(async () => {
      const registry = unique<string>();
      const app = await Supervisor.start([{ id: "a", run: (me) => me.receive() }], { name: registry.via("app"), node: scene.node });
      const found = Supervisor.at(registry.via("app"), { node: scene.node });
      expect(found.pid).toBe(app.pid);
      expect(found.isRunning).toBe(true);
      expect(await found.countChildren()).toMatchObject({ active: 1 });
      const pool = await DynamicSupervisor.start({ name: registry.via("pool"), node: scene.node });
      const pid = await DynamicSupervisor.at(registry.via("pool"), { node: scene.node }).startChild(async function one(me) {
        await me.receive();
      });
      expect(await pool.whichChildren()).toMatchObject([{ id: "one", pid }]);
      await pool.stop();
      await found.stop(new Error("enough"));
      expect(await app.ended).toMatchObject({ message: "enough" });
      expect(found.isRunning).toBe(false);
      expect(String(found)).toMatch(/^Supervisor .*app/);
      expect(() => found.pid).toThrow(expect.objectContaining({ code: "supervisor_down" }));
      await expect(found.countChildren()).rejects.toMatchObject({ code: "supervisor_down" });
    }));
});
