import { Down, Exit, Node, type Pid, type Self, TaskSupervisor, run } from "taskward";
import { AlreadyRegistered, DynamicSupervisor, Registry, type RegistryEvent, Supervisor } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { beforeEach, describe, expect, it } from "vitest";

let time: VirtualTime;
let node: Node;
beforeEach(() => {
  time = new VirtualTime({ reporter: () => undefined });
  ({ node } = time);
});

const unique = <K = unknown, V = unknown>(): Registry<K, V> => Registry.start<K, V>({ keys: "unique", node });
const duplicate = <K = unknown, V = unknown>(): Registry<K, V> => Registry.start<K, V>({ keys: "duplicate", node });

/** A process that does what it is sent, and waits for more. */
function worker(self: Self): Pid<(me: Self) => void> {
  return self.spawn(async (me) => {
    for (;;) ((await me.receive()) as (me: Self) => void)(me as unknown as Self);
  });
}

/** Has a worker do something, and resolves when it is done. */
async function ask<R>(self: Self, pid: Pid<(me: Self) => void>, what: (me: Self) => R): Promise<R> {
  return new Promise<R>((resolve, reject) => {
    self.send(pid, (me) => {
      try {
        resolve(what(me));
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}

describe("G5 a registry of unique keys", () => {
  it("finds the one that has a key, with its value", () =>
    time.run((self) => {
      const registry = unique<string, number>();
      registry.register(self, "a", 1);
      expect(registry.lookup("a")).toEqual([{ pid: self.pid, value: 1 }]);
      expect(registry.lookup("b")).toEqual([]);
      expect(registry.count).toBe(1);
    }));

  it("refuses a key that somebody has, and says who", () =>
    time.run(async (self) => {
      const registry = Registry.start<string>({ keys: "unique", name: "sessions", node });
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
    time.run(async (self) => {
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
    time.run(async (self) => {
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
    time.run(async (self) => {
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
    time.run((self) => {
      const registry = duplicate<string>();
      const said = { code: "invalid_option", message: expect.stringContaining("it takes a registry of unique keys") };
      expect(() => registry.updateValue(self, "a", (value) => value)).toThrow(expect.objectContaining(said));
      expect(() => self.whereis(registry.via("a"))).toThrow(expect.objectContaining(said));
      expect(() => self.register(registry.via("a"))).toThrow(expect.objectContaining(said));
    }));

  it("dispatches to those that have a key, and not at all when nobody has", () =>
    time.run(async (self) => {
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
    time.run(async (self) => {
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
    time.run(async (self) => {
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
    node.reporter = (report) => handled.push(report.handled);
    await time.run(async (self) => {
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
    time.run((self) => {
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
    time.run((self) => {
      const registry = unique<unknown[]>();
      const key = ["room", [7]] as [string, number[]];
      registry.register(self, key);
      key[1].push(8);
      expect(registry.lookup(["room", [7]])).toHaveLength(1);
      expect(registry.keys(self.pid)).toEqual([["room", [7]]]);
      expect(registry.unregister(self, ["room", [7]])).toBe(true);
    }));

  it("that are arrays with something in them that is compared by identity are refused", () =>
    time.run((self) => {
      const registry = unique<unknown[]>();
      for (const part of [{}, () => 1, Symbol("s")]) {
        for (const ask of [() => registry.register(self, ["a", part]), () => registry.lookup([[part]])]) {
          expect(ask).toThrow(expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("in an array there may be") }));
        }
      }
      expect(registry.count).toBe(0);
    }));

  it("are found by what a function says of them", () =>
    time.run((self) => {
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
    time.run(async (self) => {
      self.register("ear");
      const registry = Registry.start<string, number>({ keys: "duplicate", name: "r", listeners: ["ear", "nobody"], node });
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

  it("are called by the registry's pid where it has no name", () =>
    time.run(async (self) => {
      self.register("ear");
      const registry = Registry.start({ keys: "unique", listeners: ["ear"], node });
      registry.register(self, "a");
      expect(await self.receive()).toMatchObject({ type: "register", registry: registry.pid, value: undefined });
    }));
});

describe("G4 a registry's key is a name", () => {
  it("to send to, at once and later, to look up, to monitor, to register and to unregister", () =>
    time.run(async (self) => {
      const registry = unique<string, string>();
      const name = registry.via("me", "my value");
      expect(self.whereis(name)).toBeUndefined();
      self.register(name);
      expect(self.whereis(name)).toBe(self.pid);
      expect(node.whereis(name)).toBe(self.pid);
      expect(registry.lookup("me")).toEqual([{ pid: self.pid, value: "my value" }]);
      self.send(name, "now");
      self.sendAfter(name, "later", 10);
      node.send(name, "from nobody");
      expect([await self.receive(), await self.receive(), await self.receive()]).toEqual(["now", "from nobody", "later"]);
      expect(self.unregister(name)).toBe(true);
      expect(self.unregister(name)).toBe(false);
      expect(self.whereis(name)).toBeUndefined();
    }));

  it("and monitoring by it reports it, of a process and of nobody", () =>
    time.run(async (self) => {
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
    time.run((self) => {
      const registry = Registry.start({ keys: "unique", name: "rooms", node });
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
    time.run(async (self) => {
      const registry = unique<string>();
      self.register(registry.via("a"));
      await expect(ask(self, worker(self), (me) => me.register(registry.via("a")))).rejects.toMatchObject({ code: "name_taken", pid: self.pid });
    }));

  it("a process may have many of them, and one of its node beside", () =>
    time.run((self) => {
      const registry = unique<string>();
      for (const name of [registry.via("a"), registry.via("b"), "plain"]) self.register(name);
      expect([registry.via("a"), registry.via("b"), "plain"].map((name) => self.whereis(name))).toEqual([self.pid, self.pid, self.pid]);
      expect(self.info(self.pid)?.name).toBe("plain");
    }));

  it("names a TaskSupervisor, which is gone from it when it has stopped", () =>
    time.run(async (self) => {
      const registry = unique<string>();
      const name = registry.via("pool");
      const supervisor = TaskSupervisor.start({ name, node });
      expect(self.whereis(name)).toBe(supervisor.pid);
      expect(supervisor.name).toBe(name);
      expect(String(supervisor)).toMatch(/^TaskSupervisor <main\.\d+>\[pool\]$/);
      const before = node.processCount;
      expect(() => TaskSupervisor.start({ name, node })).toThrow(
        expect.objectContaining({ code: "name_taken", message: expect.stringContaining(`[pool]" is taken by ${supervisor.pid}`) }),
      );
      expect(node.processCount).toBe(before);
      await supervisor.stop();
      expect(self.whereis(name)).toBeUndefined();
    }));

  it("names a registry, which is found by it", () =>
    time.run((self) => {
      const above = unique<string>();
      const below = Registry.start<string>({ keys: "unique", name: above.via("below"), node });
      self.register(Registry.at<string>(above.via("below"), { node }).via("me"));
      expect(below.lookup("me")).toMatchObject([{ pid: self.pid }]);
    }));

  it("of another kind can be made: an object that has a holder, and gives it", () =>
    time.run(async (self) => {
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

describe("G5 a registry as a process", () => {
  it("ends what is registered with its own reason, and tells those that trap exits", () =>
    time.run(async (self) => {
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
    time.run(async (self) => {
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
    time.run(async (self) => {
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
    time.run(async (self) => {
      const early = Registry.at<string>("r", { node });
      const name = early.via("me");
      expect(() => early.lookup("me")).toThrow(expect.objectContaining({ code: "noproc", message: expect.stringContaining("start a registry") }));
      const first = Registry.start<string>({ keys: "unique", name: "r", node });
      expect(early.pid).toBe(first.pid);
      await first.stop();
      const second = Registry.start<string>({ keys: "unique", name: "r", node });
      self.register(name);
      for (const handle of [early, first, second]) expect(handle.lookup("me")).toMatchObject([{ pid: self.pid }]);
      expect(first.pid).toBe(second.pid);
    }));

  it("whose name is taken leaves nothing behind", () =>
    time.run((self) => {
      self.register("taken");
      const before = node.processCount;
      expect(() => Registry.start({ keys: "unique", name: "taken", node })).toThrow(expect.objectContaining({ code: "name_taken" }));
      expect(node.processCount).toBe(before);
    }));

  it("leaves nothing behind when all is over", async () => {
    await time.run(async (self) => {
      await using registry = unique<number>();
      for (let key = 0; key < 100; key++) self.spawn((me) => (registry.register(me, key), me.receive()));
      await self.sleep(1);
      expect(registry.count).toBe(100);
    });
    await time.advance(1);
    expect({ processes: node.processCount, addresses: node.table.size, names: node.names.size, timers: time.clock.pending }).toEqual({
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
    time.run((self) => {
      const registry = Registry.start<string>({ keys: "unique", node: new Node({ name: "other" }) });
      expect(() => registry.register(self, "a")).toThrow(
        expect.objectContaining({ code: "invalid_option", message: expect.stringContaining("the registry is of node other") }),
      );
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
    ["no process", () => Registry.start({ keys: "unique", node }).register({} as never, "a"), "register(self, key, value): self is {}"],
    ["no function", () => Registry.start({ keys: "unique", node }).dispatch("a", 7 as never), "dispatch(key, fn): fn is 7"],
  ])("%s", (_what, act, said) => {
    expect(act).toThrow(expect.objectContaining({ code: "invalid_option", message: expect.stringContaining(said) }));
  });
});

describe("G5 a supervisor by a registry's key", () => {
  it("is asked and stopped through `at`, and named in errors", () =>
    time.run(async () => {
      const registry = unique<string>();
      const app = await Supervisor.start([{ id: "a", run: (me) => me.receive() }], { name: registry.via("app"), node });
      const found = Supervisor.at(registry.via("app"), { node });
      expect(found.pid).toBe(app.pid);
      expect(found.isRunning).toBe(true);
      expect(await found.countChildren()).toMatchObject({ active: 1 });
      const pool = await DynamicSupervisor.start({ name: registry.via("pool"), node });
      const pid = await DynamicSupervisor.at(registry.via("pool"), { node }).startChild(async function one(me) {
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
