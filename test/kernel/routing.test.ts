import { describe, expect, it } from "vitest";
import { connect } from "../../src/kernel/connection.js";
import type { Pid, Ref } from "../../src/kernel/ids.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import type { Down } from "../../src/kernel/messages.js";
import { Exit } from "../../src/kernel/messages.js";
import type { Named, Node } from "../../src/kernel/node.js";
import type { Process } from "../../src/kernel/process.js";
import type { Self } from "../../src/kernel/self.js";
import { ExitKind, Op } from "../../src/kernel/wire.js";
import { VirtualTime } from "../../src/testing/virtual-time.js";

const quiet = { reporter: () => undefined };

/** Nodes of these names in one time; the first is that of `time`. Each pair is joined. */
function house(names: readonly string[], joined: readonly (readonly [string, string])[]) {
  const [first, ...others] = names as [string, ...string[]];
  const time = new VirtualTime({ name: first, ...quiet });
  const nodes = new Map([[first, time.node], ...others.map((name) => [name, time.addNode({ name, ...quiet })] as const)]);
  const node = (name: string): Node => nodes.get(name) ?? expect.unreachable(name);
  const wires = joined.map(([a, b]) => {
    const [here, there] = memoryWire();
    return [connect(node(a), b, here), connect(node(b), a, there)] as const;
  });
  return { time, node, wires };
}

/** What a process that traps exits hears. */
function listener(node: Node, begin: (self: Self) => void = () => undefined): { readonly heard: unknown[]; readonly process: Process } {
  const heard: unknown[] = [];
  const process = node.start(async (self: Self) => {
    self.trapExit = true;
    begin(self);
    for (;;) heard.push(await self.receive());
  }, {});
  return { heard, process };
}

describe("K14 names", () => {
  it("of somebody who runs elsewhere lead there", async () => {
    const { time } = house(["main"], []);
    const { heard, process } = listener(time.node);
    const named: Named = { pid: process.pid, dead: false, forgetName: () => undefined };
    time.node.names.set("service", named);
    time.node.route([Op.message, "<main!service>", "hello"]);
    time.node.route([Op.message, "<main!nobody>", "hello"]);
    await time.advance(0);
    expect(heard).toEqual(["hello"]);
  });

  it("K11 a monitor by a name goes from whoever had the name, though it has it no more", async () => {
    const { time, node } = house(["near", "far"], [["near", "far"]]);
    const service = listener(node("far"), (self) => self.register("service"));
    await time.advance(0);
    let ref: Ref | undefined;
    const watcher = listener(node("near"), (self) => (ref = self.monitor({ name: "service", node: "far" })));
    await time.advance(0);
    expect(service.process.describe().monitoredBy).toEqual([watcher.process.pid]);
    service.process.unregister("service");
    const younger = listener(node("far"));
    await time.advance(0);
    watcher.process.demonitor(ref!);
    await time.advance(0);
    expect(service.process.describe().monitoredBy).toEqual([]);
    expect([watcher.heard, younger.heard]).toEqual([[], []]);
  });
});

describe("K13 what is put off", () => {
  it("for a name that nobody has yet is handed over as it is, and is dropped where nobody ever has it", async () => {
    const { time, node } = house(["a", "a/t1"], [["a", "a/t1"]]);
    const t1 = node("a/t1");
    const message = { is: "the same" };
    t1.sendAfter("later", message, 10);
    t1.sendAfter("never", message, 10);
    const { heard } = listener(t1, (self) => self.register("later"));
    await time.advance(20);
    expect(heard).toEqual([message]);
    expect(heard[0]).toBe(message);
    expect([node("a").refused, t1.refused]).toEqual([0, 0]);
  });

  it("for a node that there is no way to, though there is one to another, is dropped; so is what only looks like an address", async () => {
    const { time, node } = house(["near", "far"], [["near", "far"]]);
    for (const to of ["<gone.1>", "<"] as Pid[]) {
      node("near").sendAfter(to, "text", 5);
      node("near").sendAfter(to, { a: 1 }, 5);
      expect(() => node("near").sendAfter(to, () => 1, 5)).toThrow(/could not be cloned/);
    }
    await time.advance(10);
    expect([node("far").refused, node("near").refused]).toEqual([0, 0]);
  });

  it("is a copy where it goes to another node, and of a copy nothing that its class has is left", async () => {
    class Thenable {
      readonly value = 1;
      then(): void {
        expect.unreachable("nobody awaits it");
      }
    }
    const { time, node } = house(["near", "far"], [["near", "far"]]);
    const { heard, process } = listener(node("far"));
    node("near").sendAfter(process.pid, new Thenable(), 5);
    expect(() => node("far").sendAfter(process.pid, new Thenable(), 5)).toThrow("await it first");
    await time.advance(10);
    expect(heard).toEqual([{ value: 1 }]);
  });
});

describe("the way to a node", () => {
  const watching = (pid: string) => (self: Self) => void self.monitor(pid as Pid);
  const told = (heard: readonly unknown[]): unknown[] => heard.map((one) => (one as Down).reason);

  it("leads over the node above where there is one, and not over one whose name only begins alike", async () => {
    const { time, node } = house(
      ["zz", "a", "ab", "a/t1"],
      [
        ["a", "zz"],
        ["a", "ab"],
        ["a", "a/t1"],
      ],
    );
    const outside = listener(node("ab"), watching("<zz.99>"));
    const below = listener(node("a/t1"), watching("<zz.99>"));
    await time.advance(0);
    expect([told(outside.heard), told(below.heard)]).toEqual([["noconnection"], ["noproc"]]);
  });

  it("N1 does not lead up to what would be below", async () => {
    const { time, node } = house(["a", "a/t1"], [["a", "a/t1"]]);
    const { heard } = listener(node("a/t1"), watching("<a/t1/x.1>"));
    await time.advance(0);
    expect(told(heard)).toEqual(["noconnection"]);
  });
});

describe("N1 the loss of a node", () => {
  it("tells a process that is linked to somebody here, too, of the lost ones alone", async () => {
    const { time, node, wires } = house(["near", "far"], [["near", "far"]]);
    const far = listener(node("far"));
    const neighbour = listener(node("near"));
    const watcher = listener(node("near"), (self) => {
      self.link(far.process.pid);
      self.link(neighbour.process.pid);
    });
    await time.advance(0);
    wires[0]![1].close("noconnection");
    await time.advance(0);
    expect(watcher.heard).toEqual([new Exit(far.process.pid, "noconnection")]);
    expect(watcher.process.describe().links).toEqual([neighbour.process.pid]);
  });

  it("ends those who are linked to it and to each other once each", async () => {
    const { time, node, wires } = house(["near", "far"], [["near", "far"]]);
    const far = listener(node("far"));
    const ends: unknown[] = [];
    const mates = [1, 2, 3].map(() =>
      node("near").start(
        async (self: Self) => {
          self.link(far.process.pid);
          await self.receive();
        },
        { ender: { ended: (_process, reason) => void ends.push(reason) } },
      ),
    );
    await time.advance(0);
    for (const one of mates) for (const other of mates) one.link(other.pid);
    wires[0]![1].close();
    await time.advance(0);
    expect(ends).toEqual(["noconnection", "noconnection", "noconnection"]);
    expect(node("near").processCount).toBe(0);
  });

  it("by a wire that was refused, for its name was taken, is no loss of the one that has the name", async () => {
    const { time, node } = house(["near", "far"], [["near", "far"]]);
    const far = listener(node("far"));
    const watcher = listener(node("near"), (self) => void self.monitor(far.process.pid));
    await time.advance(0);
    const [refused] = memoryWire();
    expect(() => connect(node("near"), "far", refused)).toThrow(expect.objectContaining({ code: "name_taken" }) as Error);
    refused.lost("noconnection");
    node("near").send(far.process.pid, "still there");
    await time.advance(0);
    expect([far.heard, watcher.heard]).toEqual([["still there"], []]);
  });

  it("as another node tells of it goes with the reason that it gives", async () => {
    const { time, node } = house(["far", "near"], []);
    const [here, there] = memoryWire();
    connect(node("near"), "far", here);
    there.receive = () => undefined;
    const { heard } = listener(node("near"), (self) => void self.monitor("<far/t1.5>" as Pid));
    await time.advance(0);
    here.receive([Op.nodeDown, "far/t1", "it has been closed"]);
    await time.advance(0);
    expect(heard).toMatchObject([{ reason: "it has been closed" }]);
  });
});

describe("N5 what arrives for nobody", () => {
  it("harms nobody: the end of what a process does not watch, news and ends of what was never asked for, work where none is done", async () => {
    const { time, node } = house(["near", "far"], []);
    const [here, there] = memoryWire();
    connect(node("near"), "far", here);
    there.receive = () => undefined;
    const { heard, process } = listener(node("near"));
    await time.advance(0);
    here.receive([Op.down, process.pid, "<near#9>", "crash"]);
    here.receive([Op.message, 7, ["progress", 1]]);
    here.receive([Op.message, 7, "<far.1>"]);
    here.receive([Op.done, 7, "value", 1]);
    here.receive([Op.failed, 7, "reason", 1, false]);
    here.receive([Op.spawn, 1, { module: "", name: "x", key: 1 }, undefined, 0]);
    here.receive([Op.exit, 1, "<far.1>", "kill", ExitKind.signal]);
    here.receive([Op.message, process.pid, "arrives"]);
    await time.advance(0);
    expect([heard, node("near").refused]).toEqual([["arrives"], 0]);
  });
});
