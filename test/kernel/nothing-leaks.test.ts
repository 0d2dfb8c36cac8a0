import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connect } from "../../src/kernel/connection.js";
import type { Pid, Ref } from "../../src/kernel/ids.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import { Node } from "../../src/kernel/node.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import type { ProcessInfo, Self } from "../../src/kernel/self.js";
import { ExitKind, Op } from "../../src/kernel/wire.js";
import { VirtualTime, settled } from "../../src/testing/virtual-time.js";

/** Two nodes on one virtual time, and processes on both that do what a script says. */
class World {
  readonly time = new VirtualTime({ name: "near", reporter: () => undefined });
  readonly nodes = [
    this.time.node,
    new Node({ name: "far", clock: this.time.clock, scheduler: new Scheduler(() => 0), reporter: () => undefined }),
  ] as const;
  readonly actors: Self[] = [];
  readonly refs: [owner: Self, ref: Ref][] = [];

  constructor() {
    const [here, there] = memoryWire();
    connect(this.nodes[0], "far", here);
    connect(this.nodes[1], "near", there);
  }

  readonly act = async (self: Self): Promise<void> => {
    this.actors.push(self);
    for (;;) await self.receive((message) => message !== "left in the mailbox");
  };

  actor(n: number): Self | undefined {
    const living = this.actors.filter(({ pid, node }) => node.find(pid) !== undefined);
    return living.length === 0 ? undefined : living[n % living.length];
  }

  infos(): Map<Pid, ProcessInfo> {
    return new Map(this.nodes.flatMap((node) => [...node.processes()]).map((info) => [info.pid, info]));
  }

  /** What one process says of another, the other says of it. */
  expectAgreement(): void {
    const infos = this.infos();
    for (const { pid, links, monitors, monitoredBy } of infos.values()) {
      for (const other of links) expect(infos.get(other)?.links).toContain(pid);
      for (const other of monitoredBy) expect(infos.get(other)?.monitors).toContain(pid);
      for (const other of monitors) expect(infos.get(other as Pid)?.monitoredBy).toContain(pid);
    }
  }

  expectNothing(): void {
    for (const node of this.nodes) {
      expect([node.processCount, node.table.size, node.names.size, node.stragglers]).toEqual([0, 0, 0, 0]);
    }
    expect(this.time.clock.pending).toBe(0);
  }
}

const n = fc.nat(30);
const reason = fc.constantFrom<unknown>("normal", "crash", "kill", "shutdown", new Error("x"));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("spawn" as const), at: fc.constantFrom(0 as const, 1 as const) }) },
  fc.record({
    do: fc.constantFrom("spawnLink" as const, "alias" as const, "forget ref" as const, "trap" as const, "timer" as const, "signal" as const),
    who: n,
  }),
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("link" as const, "unlink" as const, "monitor" as const), who: n, whom: n }) },
  fc.record({ do: fc.constantFrom("register" as const, "unregister" as const), who: n, name: fc.constantFrom("a", "b", "c") }),
  fc.record({ do: fc.constant("send" as const), who: n, whom: n, message: fc.constantFrom("taken", "left in the mailbox") }),
  fc.record({ do: fc.constant("exit" as const), who: n, whom: n, reason }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.nat(20) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function play(world: World, one: Step): Promise<void> {
  if (one.do === "spawn") {
    world.nodes[one.at].spawn(world.act);
    return;
  }
  if (one.do === "pass") {
    await world.time.advance(one.ms);
    return;
  }
  const self = world.actor(one.who);
  if (self === undefined) return;
  switch (one.do) {
    case "spawnLink":
      self.spawnLink(world.act);
      return;
    case "alias":
      world.refs.push([self, self.alias({ once: one.who % 2 === 0 })]);
      return;
    case "forget ref": {
      const [owner, ref] = world.refs.splice(one.who % Math.max(1, world.refs.length), 1)[0] ?? [];
      if (owner === undefined || ref === undefined || owner.node.find(owner.pid) === undefined) return;
      owner.unalias(ref);
      owner.demonitor(ref, { flush: one.who % 3 === 0 });
      return;
    }
    case "trap":
      self.trapExit = !self.trapExit;
      return;
    case "timer": {
      const to = world.refs[one.who % Math.max(1, world.refs.length)]?.[1] ?? world.actor(one.who + 1)?.pid ?? "nobody";
      const timer = self.sendAfter(to, "late", one.who * 3);
      if (one.who % 4 === 0) timer.cancel();
      return;
    }
    case "signal":
      expect(self.signal.aborted).toBe(false);
      return;
    case "register":
      if (self.whereis(one.name) === undefined && self.info(self.pid)?.name === undefined) self.register(one.name);
      return;
    case "unregister":
      if (self.whereis(one.name) !== undefined) self.unregister(one.name);
      return;
    default: {
      const whom = world.actor(one.whom);
      if (whom === undefined) return;
      if (one.do === "link") self.link(whom.pid);
      else if (one.do === "unlink") self.unlink(whom.pid);
      else if (one.do === "monitor") world.refs.push([self, self.monitor(whom.pid)]);
      else if (one.do === "send") self.send(whom.pid, one.message);
      else if (one.do === "exit") self.exit(whom.pid, one.reason);
    }
  }
}

describe("whatever processes do", () => {
  it("those tied to each other agree on it when all is still, and nothing is left of them in the end", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
        const world = new World();
        for (const one of steps) {
          await play(world, one);
          await settled();
          world.expectAgreement();
        }
        for (const self of world.actors) self.node.route([Op.exit, self.pid, self.pid, "kill", ExitKind.signal]);
        await settled();
        // Timers to names and to other nodes fire for nobody.
        await world.time.advance(1_000);
        world.expectNothing();
      }),
      { numRuns: 60 },
    );
  });

  it("nothing is left when all happens at once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 200 }), async (steps) => {
        const world = new World();
        for (let n = 0; n < 4; n++) world.nodes[n % 2 === 0 ? 0 : 1].spawn(world.act);
        await settled();
        for (const one of steps) if (one.do !== "pass") await play(world, one);
        await settled();
        for (const self of world.actors) self.node.route([Op.exit, self.pid, self.pid, "kill", ExitKind.signal]);
        await settled();
        await world.time.advance(1_000);
        world.expectNothing();
      }),
      { numRuns: 100 },
    );
  });

  it("a hundred thousand lives leave nothing, in either node", async () => {
    const world = new World();
    const [near, far] = world.nodes;
    await world.time.run(async (self) => {
      self.trapExit = true;
      for (let round = 0; round < 1_000; round++) {
        const node = round % 2 === 0 ? near : far;
        const pids = Array.from({ length: 100 }, () => node.spawn((one) => one.receive(() => true, { after: 1_000 })));
        for (const pid of pids) {
          self.monitor(pid);
          self.link(pid);
          self.sendAfter(pid, "in time", 500);
        }
        for (const pid of pids) self.exit(pid, "kill");
        for (let n = 0; n < 200; n++) await self.receive();
        expect(self.info(self.pid)).toMatchObject({ links: [], monitors: [], mailboxLength: 0 });
        // Timers to the other node are not known there; they fire for nobody.
        if (round % 100 === 99) await self.sleep(501);
      }
    });
    await settled();
    world.expectNothing();
  });
});
