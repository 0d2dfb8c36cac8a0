import { Node, type Self } from "taskward";
import { AlreadyRegistered, Registry, type RegistryEvent } from "taskward/behaviours";
import { describe, expect, it } from "vitest";
import { ask, newScene, worker } from "./registries.js";

const scene = newScene();
const { unique, duplicate } = scene;

describe("G5 a registry of unique keys", () => {
  it("finds the one that has a key, with its value", () =>
    scene.time.run((self) => {
      const registry = unique<string, number>();
      registry.register(self, "a", 1);
      expect(registry.lookup("a")).toEqual([{ pid: self.pid, value: 1 }]);
      expect(registry.lookup("b")).toEqual([]);
      expect(registry.count).toBe(1);
    }));

  it("refuses a key that somebody has, and says who", () =>
    scene.time.run(async (self) => {
      const registry = Registry.start<string>({ keys: "unique", name: "sessions", node: scene.node });
      const other = worker(self);
      await ask(self, other, (me) => registry.register(me, "ann"));
      const refused = expect.objectContaining({
        name: "AlreadyRegistered",
        code: "name_taken",
        pid: other,
        message: `the name "sessions[ann]" is taken by ${other}: choose another or unregister it there first`,
      });
      expect(() => registry.register(self, "ann")).toThrow(refused);
      expect(() => registry.register(self, "ann")).toThrow(AlreadyRegistered);
      await expect(ask(self, other, (me) => registry.register(me, "ann"))).rejects.toThrow(AlreadyRegistered);
      expect(registry.count).toBe(1);
    }));

  it("gives a key to another when its process unregisters, and only then", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      const other = worker(self);
      registry.register(self, "a");
      expect(await ask(self, other, (me) => registry.unregister(me, "a"))).toBe(false);
      expect(registry.unregister(self, "a")).toBe(true);
      expect(registry.unregister(self, "a")).toBe(false);
      await ask(self, other, (me) => registry.register(me, "a"));
      expect(registry.lookup("a")).toMatchObject([{ pid: other }]);
    }));

  it("updates a value for the process that has the key, and nobody else", () =>
    scene.time.run(async (self) => {
      const registry = unique<string, number>();
      registry.register(self, "a", 1);
      expect(registry.updateValue(self, "a", (value) => value + 1)).toEqual([2, 1]);
      expect(registry.lookup("a")).toEqual([{ pid: self.pid, value: 2 }]);
      expect(registry.updateValue(self, "b", (value) => value + 1)).toBeUndefined();
      expect(await ask(self, worker(self), (me) => registry.updateValue(me, "a", () => 9))).toBeUndefined();
      const failing = (): never => {
        throw new Error("no");
      };
      expect(() => registry.updateValue(self, "a", failing)).toThrow("no");
      expect(registry.values("a", self.pid)).toEqual([2]);
    }));
});

describe("G5 a registry of duplicate keys", () => {
  it("finds all that have a key, in the order in which they registered, the same one twice", () =>
    scene.time.run(async (self) => {
      const registry = duplicate<string, number>();
      const other = worker(self);
      registry.register(self, "a", 1);
      await ask(self, other, (me) => registry.register(me, "a", 2));
      registry.register(self, "a", 3);
      expect(registry.lookup("a")).toEqual([
        { pid: self.pid, value: 1 },
        { pid: other, value: 2 },
        { pid: self.pid, value: 3 },
      ]);
      expect(registry.keys(self.pid)).toEqual(["a", "a"]);
      expect(registry.values("a", self.pid)).toEqual([1, 3]);
      expect(registry.count).toBe(3);
      expect(registry.unregister(self, "a")).toBe(true);
      expect(registry.lookup("a")).toEqual([{ pid: other, value: 2 }]);
    }));

  it("has no names and no values to update: it says so", () =>
    scene.time.run((self) => {
      const registry = duplicate<string>();
      const said = { code: "invalid_option", message: expect.stringContaining("it takes a registry of unique keys") };
      expect(() => registry.updateValue(self, "a", (value) => value)).toThrow(expect.objectContaining(said));
      expect(() => self.whereis(registry.via("a"))).toThrow(expect.objectContaining(said));
      expect(() => self.register(registry.via("a"))).toThrow(expect.objectContaining(said));
    }));

  it("dispatches to those that have a key, and not at all when nobody has", () =>
    scene.time.run(async (self) => {
      const topics = duplicate<string, string>();
      topics.register(self, "news", "first");
      topics.register(self, "news", "second");
      const sent = topics.dispatch("news", (readers) => readers.map(({ pid, value }) => self.send(pid, value)).length);
      expect(sent).toBe(2);
      expect([await self.receive(), await self.receive()]).toEqual(["first", "second"]);
      const nobody = (): never => {
        throw new Error("called");
      };
      expect(topics.dispatch("sports", nobody)).toBeUndefined();
      expect(() => topics.dispatch("news", nobody)).toThrow("called");
    }));
});

describe("G5 what is registered goes with its process", () => {
  it("before anybody can look it up, whatever the end", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      self.trapExit = true;
      for (const end of ["normal", "crash", "kill"] as const) {
        const pid = self.spawnLink(async (me) => {
          registry.register(me, "a");
          registry.register(me, "b");
          await me.receive();
          if (end === "crash") throw new Error("crash");
        });
        self.monitor(pid);
        await self.sleep(1);
        expect(registry.keys(pid)).toEqual(["a", "b"]);
        if (end === "kill") self.exit(pid, "kill");
        else self.send(pid, "go");
        // Asked while the messages of the end are being delivered: nobody can be earlier.
        const seen: unknown[] = [];
        const look = (): boolean => {
          seen.push(registry.lookup("a"), registry.keys(pid), self.whereis(registry.via("b")), registry.select());
          return true;
        };
        await self.receive(look);
        await self.receive(look);
        expect(seen).toEqual([[], [], undefined, [], [], [], undefined, []]);
        expect(registry.count).toBe(0);
      }
    }));

  it("even of a process that is ended while it registers, and of one that is dead already", () =>
    scene.time.run(async (self) => {
      const registry = unique<string>();
      let dead: Self | undefined;
      const { pid } = self.spawnMonitor((me) => {
        dead = me;
        me.exit(me.pid, "stop");
        expect(() => registry.register(me, "a")).toThrow(expect.objectContaining({ code: "exited" }));
      });
      await self.receive();
      expect(() => registry.register(dead!, "a")).toThrow(expect.objectContaining({ code: "exited", who: pid }));
      expect(registry.count).toBe(0);
    }));

  it("and a crash of it is nobody's business for that", async () => {
    const handled: boolean[] = [];
    scene.node.reporter = (report) => handled.push(report.handled);
    await scene.time.run(async (self) => {
      const registry = unique<string>();
      self.spawn((me) => {
        registry.register(me, "a");
        throw new Error("crash");
      });
      await self.sleep(1);
      expect(registry.count).toBe(0);
    });
    expect(handled).toEqual([false]);
  });
});

describe("G5 keys", () => {
  it("are compared as those of a Map are, and arrays by what is in them", () =>
    scene.time.run((self) => {
      const registry = unique();
      const object = {};
      const keys = ["1", 1, 1n, true, "true", null, undefined, "null", NaN, object, () => 1, Symbol("s"), ["room", 7], ["room", "7"], ["room", [7]]];
      keys.push([], [[]], [""], ["room,7"], '["room",7]', [null], [undefined], ["null"], [NaN], [1n], [0]);
      keys.forEach((key, index) => registry.register(self, key, index));
      expect(keys.map((key) => registry.lookup(key).map(({ value }) => value))).toEqual(keys.map((_key, index) => [index]));
      expect(registry.lookup(["room", 7])).toHaveLength(1);
      expect(registry.lookup([-0])).toHaveLength(1);
      expect(registry.lookup({})).toEqual([]);
      expect(registry.keys(self.pid)).toEqual(keys);
      for (const key of keys) expect(registry.unregister(self, key)).toBe(true);
      expect(registry.count).toBe(0);
    }));

  it("that are arrays stay what they were when they were registered", () =>
    scene.time.run((self) => {
      const registry = unique<unknown[]>();
      const key = ["room", [7]] as [string, number[]];
      registry.register(self, key);
      key[1].push(8);
      expect(registry.lookup(["room", [7]])).toHaveLength(1);
      expect(registry.keys(self.pid)).toEqual([["room", [7]]]);
      expect(registry.unregister(self, ["room", [7]])).toBe(true);
    }));

  it("that are arrays with something in them that is compared by identity are refused", () =>
    scene.time.run((self) => {
      const registry = unique<unknown[]>();
      for (const part of [{}, () => 1, Symbol("s")]) {
        for (const ask of [() => registry.register(self, ["a", part]), () => registry.lookup([[part]])]) {
          expect(ask).toThrow(expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("in an array there may be") }));
        }
      }
      expect(registry.count).toBe(0);
    }));

  it("are found by what a function says of them", () =>
    scene.time.run((self) => {
      const registry = duplicate<string, number>();
      registry.register(self, "a", 1);
      registry.register(self, "a", 2);
      registry.register(self, "b", 3);
      expect(registry.match("a", (value) => value > 1)).toEqual([{ pid: self.pid, value: 2 }]);
      expect(registry.select(({ value }) => value !== 2)).toEqual([
        { key: "a", pid: self.pid, value: 1 },
        { key: "b", pid: self.pid, value: 3 },
      ]);
      expect(registry.select()).toHaveLength(3);
    }));
});

describe("G5 listeners", () => {
  it("are told of every key that is registered or gone, in order, and of the end of a process too", () =>
    scene.time.run(async (self) => {
      self.register("ear");
      const registry = Registry.start<string, number>({ keys: "duplicate", name: "r", listeners: ["ear", "nobody"], node: scene.node });
      const pid = self.spawn((me) => {
        registry.register(me, "a", 1);
        registry.register(me, "b", 2);
        registry.unregister(me, "a");
        registry.unregister(me, "a");
      });
      await self.sleep(1);
      const told = [];
      for (let one = await self.receive(undefined, { after: 0 }); one !== undefined; one = await self.receive(undefined, { after: 0 }))
        told.push(one);
      expect(told).toEqual([
        { type: "register", registry: "r", key: "a", pid, value: 1 },
        { type: "register", registry: "r", key: "b", pid, value: 2 },
        { type: "unregister", registry: "r", key: "a", pid, value: 1 },
        { type: "unregister", registry: "r", key: "b", pid, value: 2 },
      ] satisfies RegistryEvent[]);
    }));

  it("are told of each end once, though one of them takes a key away when it is asked whether it wants to hear of another", () =>
    scene.time.run(async (self) => {
      const registry = Registry.start<string>({ keys: "duplicate", listeners: ["ear"], node: scene.node });
      registry.register(self, "a");
      registry.register(self, "a");
      const told: unknown[] = [];
      self.spawn(async (ear) => {
        ear.register("ear");
        for (;;)
          told.push(
            await ear.receive(() => {
              registry.unregister(self, "a");
              return true;
            }),
          );
      });
      await self.sleep(0);
      expect(registry.unregister(self, "a")).toBe(true);
      await self.sleep(0);
      expect([told.length, registry.count]).toEqual([2, 0]);
    }));

  it("are called by the registry's pid where it has no name", () =>
    scene.time.run(async (self) => {
      self.register("ear");
      const registry = Registry.start({ keys: "unique", listeners: ["ear"], node: scene.node });
      registry.register(self, "a");
      expect(await self.receive()).toMatchObject({ type: "register", registry: registry.pid, value: undefined });
    }));
});

describe("G5 what cannot be is refused, with what to write instead", () => {
  it.each<[string, () => unknown, string]>([
    ["no keys", () => Registry.start({} as never), 'keys is undefined: give one of "unique", "duplicate"'],
    ["other keys", () => Registry.start({ keys: "many" as never }), 'keys is "many"'],
    ["no options", () => Registry.start(undefined as never), "Registry options"],
    ["an unknown option", () => Registry.start({ keys: "unique", nmae: "x" } as never), "no such option"],
    ["a name that is none", () => Registry.child({ keys: "unique", name: "<main.1>" }), "name is"],
    ["a listener that is no name", () => Registry.start({ keys: "unique", listeners: ["<main.1>"] }), "listeners[0] is"],
    ["listeners that are no array", () => Registry.start({ keys: "unique", listeners: "ear" as never }), "give an array of names"],
    ["no node", () => Registry.start({ keys: "unique", node: {} as never }), "node is {}"],
    ["a node for a linked one", () => Registry.child({ keys: "unique", node: new Node() } as never), "no such option"],
    ["no self", () => Registry.startLink({} as never, { keys: "unique" }), "startLink(self, options): self is {}"],
    ["no name to find it by", () => Registry.at("" as never), 'name is ""'],
    ["no process", () => Registry.start({ keys: "unique", node: scene.node }).register({} as never, "a"), "register(self, key, value): self is {}"],
    ["no function", () => Registry.start({ keys: "unique", node: scene.node }).dispatch("a", 7 as never), "dispatch(key, fn): fn is 7"],
  ])("%s", (_what, act, said) => {
    expect(act).toThrow(expect.objectContaining({ code: "invalid_option", message: expect.stringContaining(said) }));
  });
});
