import { Exit, type Self, run } from "taskward";
import { GenServer, StartFailed } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { Counter, quiet } from "./counter.js";

let time: VirtualTime;
beforeEach(() => {
  Counter.log.length = 0;
  time = new VirtualTime({ reporter: quiet });
});

class Moody extends GenServer {
  override async init(mood: "throws" | "stops" | "ignores" | "exits" | "hangs" | "sleeps") {
    await this.self.sleep(10);
    if (mood === "throws") throw new TypeError("not today");
    if (mood === "stops") return this.stop("bad_mood");
    if (mood === "ignores") return this.ignore();
    if (mood === "exits") this.self.exit("left");
    if (mood === "hangs") await new Promise(() => undefined);
    if (mood === "sleeps") await this.self.sleep(100);
  }
  override terminate(reason: unknown) {
    Counter.log.push(["terminate", reason]);
  }
}

const refused = (started: Promise<unknown>) =>
  started.then(
    () => expect.unreachable(),
    (error: unknown) => error as StartFailed,
  );

const moods = [
  ["throws", new TypeError("not today")],
  ["stops", "bad_mood"],
  ["ignores", "ignore"],
  ["exits", "left"],
] as const;

describe("starting", () => {
  it.each(moods)("G3 is refused by an init that %s", async (mood, reason) => {
    await time.run(async () => {
      const error = await refused(GenServer.start(Moody, [mood], { node: time.node, name: "moody" }));
      expect(error).toBeInstanceOf(StartFailed);
      expect(error.reason).toEqual(reason);
      expect(error.message).toMatch(/^Moody <main\.\d+> did not start: /);
      expect(time.node.whereis("moody")).toBeUndefined();
    });
    await time.advance(0);
    expect([time.node.processCount, time.clock.pending, Counter.log]).toEqual([0, 0, []]);
  });

  it.each(moods)("G3 is refused by an init that %s, of which a linked starter hears once", async (mood, reason) => {
    await time.run(async (self) => {
      self.trapExit = true;
      const error = await refused(GenServer.startLink(self, Moody, [mood]));
      expect(error.reason).toEqual(reason);
      expect(await self.receive(undefined, { after: 10 })).toBeUndefined();
      self.trapExit = false;
      await refused(Moody.startLink(self, mood));
      await self.sleep(10);
    });
  });

  it("G3 is given up after its timeout, and the server is killed", async () => {
    await time.run(async () => {
      const error = await refused(GenServer.start(Moody, ["hangs"], { node: time.node, timeout: 50 }));
      expect(error.reason).toBe("timeout");
      expect(time.now).toBe(50);
    });
    await time.advance(0);
    expect(time.node.processCount).toBe(0);
  });

  it("G3 G4 is refused when the name is taken, and then nothing of the class has run", async () => {
    let made = 0;
    class Eager extends GenServer {
      readonly number = ++made;
    }
    await time.run(async (self) => {
      const one = await GenServer.startLink(self, Eager, [], { name: "eager" });
      const error = await refused(GenServer.startLink(self, Eager, [], { name: "eager" }));
      expect(error.reason).toMatchObject({ code: "name_taken" });
      expect(made).toBe(1);
      await one.stop();
    });
  });

  it("G3 fails with the exit reason when the server is killed while it starts", async () => {
    await time.run(async (self) => {
      const starting = refused(GenServer.start(Moody, ["hangs"], { node: time.node, name: "moody" }));
      await self.sleep(1);
      self.exit(self.whereis("moody")!, "kill");
      expect((await starting).reason).toBe("killed");
    });
  });

  it("continues after init before anybody's call", async () => {
    class Eager extends GenServer {
      readonly done: string[] = [];
      override init() {
        this.continueWith("prepare");
      }
      override async handleContinue(what: string) {
        await this.self.sleep(10);
        this.done.push(what);
      }
      all() {
        return this.done;
      }
    }
    await time.run(async () => {
      const server = await GenServer.start(Eager, [], { node: time.node });
      expect(await server.call.all()).toEqual(["prepare"]);
      await server.stop();
    });
  });

  it("refuses what is no class of servers, options that nobody knows, and arguments that are no array", async () => {
    await expect(GenServer.start(Map as never)).rejects.toThrow(/Class is the function/);
    await expect(GenServer.start(GenServer as never)).rejects.toThrow(/give a class that extends GenServer/);
    await expect(GenServer.start(Counter, [1], { nam: "x" } as never)).rejects.toThrow(/GenServer options\.nam/);
    await expect(GenServer.start(Counter, 1 as never)).rejects.toThrow(/args is 1/);
    expect(() => new Counter()).toThrow(/Counter was made with new and has no process: start it with GenServer.start/);
  });
});

describe("ending", () => {
  it("G1 goes by terminate when it is stopped, with the reason", async () => {
    await time.run(async (self) => {
      for (const reason of ["normal", "shutdown", { shutdown: "moving" }, "odd"]) {
        const server = await GenServer.start(Counter, [], { node: time.node });
        const ref = self.monitor(server.pid);
        await server.stop(reason);
        expect(await self.receive()).toMatchObject({ ref, reason });
        expect(Counter.log.pop()).toEqual(["terminate", reason]);
        await server.stop();
      }
    });
  });

  it("G1 goes by terminate when its parent ends and it traps exits; not without, and not when it is killed", async () => {
    await time.run(async (self) => {
      const born: (typeof self.pid)[] = [];
      const parent = self.spawn(async (me) => {
        const [trapping, other] = [await Counter.startLink(me), await Counter.startLink(me)];
        await trapping.call.trap();
        born.push(trapping.pid, other.pid);
        me.exit("gone");
      });
      const ref = self.monitor(parent);
      await self.receive((message) => (message as { ref?: unknown }).ref === ref);
      await self.sleep(1);
      expect(Counter.log).toEqual([["terminate", "gone"]]);
      expect(born.map((pid) => self.info(pid))).toEqual([undefined, undefined]);
      const killed = await GenServer.start(Counter, [], { node: time.node });
      await killed.call.trap();
      self.exit(killed.pid, "kill");
      await self.sleep(1);
      expect(Counter.log).toHaveLength(1);
    });
  });

  it("G1 takes the exits of others as messages when it traps them", async () => {
    await time.run(async (self) => {
      const server = await GenServer.start(Counter, [], { node: time.node });
      await server.call.trap();
      self.exit(server.pid, "away");
      await server.call.total();
      expect(Counter.log).toEqual([["info", "away"]]);
      await server.stop();
    });
  });

  it("G1 waits for what it was asked before, and says who keeps it when that takes too long", async () => {
    await time.run(async () => {
      const server = await GenServer.start(Counter, [], { node: time.node });
      const slow = server.call.slowly(1, 1_000);
      await expect(server.stop("normal", 100)).rejects.toMatchObject({ code: "call_timeout", method: "stop", timeout: 100 });
      await server.stop("normal");
      expect([await slow, time.now]).toEqual([1, 1_000]);
    });
  });

  it("G1 ends with what terminate threw", async () => {
    class Sore extends GenServer {
      override terminate() {
        throw new Error("sore");
      }
    }
    await time.run(async () => {
      const server = await GenServer.start(Sore, [], { node: time.node });
      await expect(server.stop()).rejects.toMatchObject({ code: "call_failed", method: "stop", reason: new Error("sore") });
    });
  });

  it("takes its links along by a crash, as any process does", async () => {
    await time.run(async (self) => {
      self.trapExit = true;
      const server = await Counter.startLink(self, 1);
      const error = new Error("crash");
      server.cast.fails(error);
      expect(await self.receive()).toEqual(new Exit(server.pid, error));
    });
  });

  it("is what `await using` does, by force where nothing else helps", async () => {
    await time.run(async (self) => {
      let pid;
      {
        await using server = await GenServer.start(Counter, [], { node: time.node });
        pid = server.pid;
        server.cast.never();
      }
      expect(self.info(pid)).toBeUndefined();
      expect(time.now).toBe(5_000);
    });
  });
});

describe("as a child", () => {
  it("is started by what child and childSpec answer, linked to the supervisor", async () => {
    await run(async (self: Self) => {
      const spec = Counter.childSpec(5);
      expect(spec.id).toBe("Counter");
      for (const start of [spec.start, GenServer.child(Counter, [5], { label: "five" })]) {
        const server = (await start(self)) as Awaited<ReturnType<typeof Counter.startLink>>;
        expect(self.info(self.pid)?.links).toEqual([server.pid]);
        expect(self.info(server.pid)).toMatchObject({ parent: self.pid, runs: "Counter" });
        await server.stop();
      }
    });
  });
});
