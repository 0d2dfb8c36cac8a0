import { Down, type ExitReason, type Pid, type Self, type TaskwardError, defaultNode, run, transfer } from "taskward";
import { DynamicSupervisor, GenServer, Registry, type Server } from "taskward/behaviours";
import { VirtualTime, settled, simulate } from "taskward/testing";
import { describe, expect, it } from "vitest";

const quiet = { reporter: () => undefined };

/** A promise, and what settles it. */
function gateway<T = unknown>() {
  let [resolve, reject]: [(value: T) => void, (error: Error) => void] = [() => undefined, () => undefined];
  const promise = new Promise<T>((...both) => ([resolve, reject] = both));
  return { promise, resolve: (value: T) => resolve(value), reject: (error: Error) => reject(error) };
}

/** A server whose handlers end it in all ways, and what they have been called with. */
class Ender extends GenServer {
  log: unknown[] = [];
  ending: (self: Self) => unknown = () => undefined;

  override init(log: unknown[], ending: (self: Self) => unknown = () => undefined): void {
    this.log = log;
    this.ending = ending;
  }
  exits(reason: ExitReason): void {
    this.self.exit(reason);
  }
  async exitsLater(reason: ExitReason): Promise<void> {
    await this.self.sleep(1);
    this.self.exit(reason);
  }
  waitsFor(gate: Promise<unknown>): Promise<unknown> {
    return gate;
  }
  callsNobody(): Promise<unknown> {
    return GenServer.at<Ender>("nobody", { node: this.self.node }).call.callsNobody();
  }
  nothing(): void {
    // answers undefined
  }
  override terminate(reason: ExitReason): unknown {
    this.log.push(reason);
    return this.ending(this.self);
  }
}

/** A server, the way that it ended, and what its handlers were called with. */
async function ended(
  ending: ((self: Self) => unknown) | undefined,
  how: (server: Server<Ender>, time: VirtualTime) => Promise<unknown>,
): Promise<{ readonly reason: ExitReason; readonly log: readonly unknown[] }> {
  const time = new VirtualTime(quiet);
  const log: unknown[] = [];
  const server = await time.until(GenServer.start(Ender, [log, ending], { node: time.node }));
  const reason = time.run(async (self) => {
    self.monitor(server.pid);
    return ((await self.receive()) as Down).reason;
  });
  await time.advance(0);
  await how(server, time);
  return { reason: await time.until(reason), log };
}

describe("G1 G2 how a server ends", () => {
  it.each(["exits", "exitsLater"] as const)("by self.exit in a method, at once or later: terminate is told the reason (%s)", async (method) => {
    const { reason, log } = await ended(undefined, (server, time) =>
      expect(time.until(server.call[method]("enough"))).rejects.toMatchObject({ code: "call_failed", reason: "enough" }),
    );
    expect([reason, log]).toEqual(["enough", ["enough"]]);
  });

  it("waits for a terminate that is async", async () => {
    const order: string[] = [];
    const { reason, log } = await ended(
      async (self) => {
        await self.sleep(50);
        order.push("terminated");
      },
      async (server, time) => {
        await time.until(server.stop("shutdown"));
        order.push(`stopped at ${time.now}`);
      },
    );
    expect([reason, log, order]).toEqual(["shutdown", ["shutdown"], ["terminated", "stopped at 50"]]);
  });

  it("by another reason where terminate gives one", async () => {
    const exits = await ended(
      (self) => self.exit("another"),
      (server, time) => expect(time.until(server.stop("shutdown"))).rejects.toMatchObject({ reason: "another" }),
    );
    expect([exits.reason, exits.log]).toEqual(["another", ["shutdown"]]);
    const throws = await ended(
      () => Promise.reject(new RangeError("in terminate")),
      (server, time) => expect(time.until(server.stop())).rejects.toMatchObject({ code: "call_failed" }),
    );
    expect(throws.reason).toEqual(new RangeError("in terminate"));
  });

  it("once, where it is killed while it terminates, or while a method of it waits", async () => {
    const gate = gateway();
    const killed = await ended(
      () => gate.promise,
      async (server, time) => {
        server.stop("shutdown").catch(() => undefined);
        await time.advance(0);
        time.node.find(server.pid)?.terminate("killed");
        gate.reject(new Error("too late"));
      },
    );
    expect([killed.reason, killed.log]).toEqual(["killed", ["shutdown"]]);
    const late = gateway();
    const waiting = await ended(undefined, async (server, time) => {
      const call = server.call.waitsFor(late.promise);
      await time.advance(0);
      time.node.find(server.pid)?.terminate("killed");
      late.resolve("an answer that nobody waits for");
      await expect(call).rejects.toMatchObject({ code: "call_failed", reason: "killed" });
    });
    expect([waiting.reason, waiting.log]).toEqual(["killed", []]);
  });

  it("G3 before it has come up, where it is killed while its init waits: nothing of it runs any more", async () => {
    const time = new VirtualTime(quiet);
    const gate = gateway<undefined>();
    const log: unknown[] = [];
    class Slow extends Ender {
      override async init(): Promise<void> {
        this.cast.nothing();
        await gate.promise;
        log.push("init is done");
      }
      override nothing(): void {
        log.push("handles a message");
      }
    }
    const starting = GenServer.start(Slow as never, [] as never, { node: time.node, name: "slow" });
    starting.catch(() => undefined);
    await time.advance(0);
    time.node.find(time.node.whereis("slow")!)?.terminate("killed");
    gate.resolve(undefined);
    await time.advance(0);
    await expect(starting).rejects.toMatchObject({ code: "start_failed", reason: "killed" });
    expect(log).toEqual(["init is done"]);
  });
});

describe("G1 a process that becomes a server", () => {
  const enter = (fn: (self: Self) => Promise<unknown>): Promise<unknown> => new VirtualTime(quiet).run(fn);

  it("has the name that it asks for, and serves until it ends", () =>
    enter(async (self) => {
      const log: unknown[] = [];
      const pid = self.spawn((own) => GenServer.enter(own, Ender, [log], { name: "entered" }));
      await self.sleep(0);
      expect(self.whereis("entered")).toBe(pid);
      const server = GenServer.at<Ender>("entered", { node: self.node });
      expect(await server.call.nothing()).toBeUndefined();
      await server.stop("shutdown");
      expect([log, self.whereis("entered")]).toEqual([["shutdown"], undefined]);
    }));

  it("ends with the reason why it cannot be one, whoever waits for that or not", () =>
    enter(async (self) => {
      class Refuses extends GenServer {
        override init(how: "stops" | "ignores"): void {
          if (how === "stops") this.stop("no room");
          else this.ignore();
        }
      }
      const reasons: unknown[] = [];
      const begin = async (fn: (own: Self) => Promise<unknown>): Promise<void> => {
        const { ref } = self.spawnMonitor(fn);
        reasons.push(((await self.receive((one): one is Down => one instanceof Down && one.ref === ref)) as Down).reason);
      };
      await begin((own) => GenServer.enter(own, Refuses, ["stops"]));
      await begin((own) => GenServer.enter(own, Refuses, ["ignores"]));
      self.register("taken");
      await begin((own) => GenServer.enter(own, Ender, [[]], { name: "taken" }));
      expect(reasons).toEqual(["no room", "normal", expect.objectContaining({ code: "name_taken" })]);
      await begin((own) => GenServer.enter(own, Refuses, ["stops"], { ready: self.pid }));
      expect([reasons.at(-1), await self.receive()]).toEqual(["no room", { $notStarted: "no room" }]);
    }));
});

describe("G2 calls", () => {
  it("of a name that nobody has fail for a server that calls, too", async () => {
    const time = new VirtualTime(quiet);
    const server = await time.until(GenServer.start(Ender, [[]], { node: time.node }));
    await expect(time.until(server.call.callsNobody())).rejects.toMatchObject({
      code: "call_failed",
      reason: expect.objectContaining({ reason: "noproc" }) as unknown,
    });
  });

  it("time out each after its own five seconds", async () => {
    const time = new VirtualTime(quiet);
    const server = await time.until(GenServer.start(Ender, [[]], { node: time.node }));
    const ends: [string, number][] = [];
    const call = (name: string): unknown =>
      server.call.waitsFor(new Promise(() => undefined)).catch((error: unknown) => ends.push([`${name} ${(error as TaskwardError).code}`, time.now]));
    call("first");
    await time.advance(1_500);
    call("second");
    await time.advance(4_000);
    expect(ends).toEqual([["first call_timeout", 5_000]]);
    await time.advance(4_000);
    expect(ends.slice(1)).toEqual([["second call_timeout", 6_500]]);
    time.node.find(server.pid)?.terminate("killed");
  });

  it("that are answered with what is no answer wait on for one", () =>
    new VirtualTime(quiet).run(async (self) => {
      const byHand = self.spawn(async (own) => {
        const { to, id } = (await own.receive()) as { readonly to: Pid; readonly id: number };
        for (const no of [5, null, "text", { $reply: id + 1, reply: "another's" }, { $failed: id, reason: 5 }]) own.send(to, no);
        own.send(to, { $reply: id, reply: "the answer" });
      });
      expect(await GenServer.at<Ender>(byHand, { node: self.node }).call.nothing()).toBe("the answer");
    }));

  it("of a process that has died are not made, and reject once where the server dies with it", async () => {
    const time = new VirtualTime(quiet);
    const log: unknown[] = [];
    let gone: Self | undefined;
    const outcomes: unknown[] = [];
    const server = await time.until(GenServer.start(Ender, [log], { node: time.node }));
    const pid = time.node.spawn(async (self) => {
      gone = self;
      self.link(server.pid);
      server
        .from(self)
        .call.waitsFor(new Promise(() => undefined))
        .catch((error: unknown) => outcomes.push((error as TaskwardError).code));
      await self.receive();
    });
    await time.advance(0);
    time.node.find(pid)?.terminate("crash");
    await time.advance(0);
    expect([outcomes, time.node.info(server.pid)]).toEqual([["call_failed"], undefined]);
    const other = await time.until(GenServer.start(Ender, [log], { node: time.node }));
    other.from(gone!).cast.exits("never cast");
    await expect(other.from(gone!).call.nothing()).rejects.toMatchObject({ code: "exited" });
    await time.advance(0);
    expect(await time.until(other.call.nothing())).toBeUndefined();
    await time.until(other.stop());
  });

  it("timeouts of an earlier wait that were on their way already count for nothing", async () => {
    const log: unknown[] = [];
    class Idle extends GenServer {
      rest(ms: number): void {
        log.push(`rests ${ms}`);
        this.timeoutAfter(ms);
      }
      override handleInfo(message: unknown): void {
        log.push(message);
      }
    }
    const time = new VirtualTime(quiet);
    const server = await time.until(GenServer.start(Idle, [], { node: time.node }));
    // Due at the same time as the timeout, and set before it.
    time.node.sendAfter(server.pid, { $cast: "rest", args: [50] }, 10);
    server.cast.rest(10);
    await time.advance(59);
    expect(log.slice(0, 2)).toEqual(["rests 10", "rests 50"]);
    await time.advance(10);
    expect(log.filter((one) => one === "timeout")).toHaveLength(1);
    await time.until(server.stop());
  });
});

describe("G2 calls to another node", () => {
  it(
    "move what is marked in an answer, and are not disturbed by whoever writes to those who wait for them",
    simulate({ nodes: ["near", "far"], seeds: 3 }, async (sim) => {
      const { near, far } = sim.nodes;
      let kept: Uint8Array | undefined;
      class Giver extends GenServer {
        give(): Uint8Array {
          kept = new Uint8Array([1, 2, 3]);
          return transfer(kept);
        }
      }
      const { pid } = await GenServer.start(Giver, [], { node: far, name: "giver" });
      const giver = GenServer.at<Giver>({ name: "giver", node: "far" }, { node: near });
      const answer = giver.call.give();
      for (const one of near.processes()) near.send(one.pid, "nothing to do with it");
      expect([await answer, kept?.length]).toEqual([new Uint8Array([1, 2, 3]), 0]);
      await GenServer.at<Giver>(pid, { node: near }).stop();
    }),
  );

  it(
    "`await using` of a server that is known by a name there alone leaves it, when it does not stop",
    simulate({ nodes: ["near", "far"] }, async (sim) => {
      const { near, far } = sim.nodes;
      const server = await GenServer.start(Ender, [[]], { node: far, name: "stuck" });
      const gate = gateway();
      server.cast.waitsFor(gate.promise);
      const named = GenServer.at<Ender>({ name: "stuck", node: "far" }, { node: near }) as Server<Ender>;
      await named[Symbol.asyncDispose]();
      expect(far.info(server.pid)).toBeDefined();
      gate.resolve(1);
    }),
  );
});

describe("of the node that is there, where no other is named,", () => {
  it("are a dynamic supervisor and a registry", () =>
    run(async (self) => {
      await using pool = await DynamicSupervisor.start();
      expect([pool.node, self.node]).toEqual([defaultNode(), defaultNode()]);
      const missing = Registry.at<string>("missing");
      expect(() => missing.pid).toThrow(expect.objectContaining({ code: "noproc" }) as Error);
      expect(self.unregister(missing.via("key"))).toBe(false);
      const registry = Registry.start<string>({ keys: "unique", name: "missing" });
      expect([missing.pid, missing.isRunning]).toEqual([registry.pid, true]);
      await registry.stop();
      await settled();
    }));
});
