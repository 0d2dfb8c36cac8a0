import { type Down, NameTaken, Node, type Pid, Scheduler, type Self } from "taskward";
import { VirtualTime, connect, memoryWire } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { quiet } from "./venues.js";

type Wired = ReturnType<typeof connect>;

/**
 * A house of nodes: `a~1` with `a~1/t1` below it and `a~1/t1/p1` below that; beside it `b~1` with `b~1/t1`, and `c~1`. Those of the first floor have wires to each other.
 */
function house() {
  const time = new VirtualTime({ name: "a~1", reporter: quiet });
  const nodes = new Map<string, Node>([["a~1", time.node]]);
  const wires = new Map<string, Wired>();
  const nodeOf = (name: string): Node => {
    let node = nodes.get(name);
    if (node === undefined) nodes.set(name, (node = new Node({ name, clock: time.clock, scheduler: new Scheduler(() => 0), reporter: quiet })));
    return node;
  };
  const join = (one: string, two: string): void => {
    const [here, there] = memoryWire();
    wires.set(`${one} ${two}`, connect(nodeOf(one), two, here));
    wires.set(`${two} ${one}`, connect(nodeOf(two), one, there));
  };
  for (const [one, two] of [
    ["a~1", "b~1"],
    ["a~1", "c~1"],
    ["b~1", "c~1"],
    ["a~1", "a~1/t1"],
    ["a~1/t1", "a~1/t1/p1"],
    ["b~1", "b~1/t1"],
  ] as const)
    join(one, two);
  return { time, nodeOf, join, cut: (one: string, two: string) => wires.get(`${one} ${two}`)?.close() };
}

/** A process that monitors and hears; what it heard is noted. */
function watcher(node: Node, ...targets: readonly (Pid | { readonly name: string; readonly node: string })[]): unknown[] {
  const heard: unknown[] = [];
  node.spawn(async (self: Self) => {
    for (const target of targets) self.monitor(target);
    for (;;) {
      const { from, reason } = (await self.receive()) as Down;
      heard.push([from, reason]);
    }
  });
  return heard;
}

const waiting = (node: Node, name?: string): Pid =>
  node.spawn(async (self) => {
    if (name !== undefined) self.register(name);
    await self.receive();
  });

describe("the ways between nodes", () => {
  it("N4 lead up, across and down again, and to nobody who is not there", async () => {
    const { time, nodeOf } = house();
    const [deep, far] = [nodeOf("a~1/t1/p1"), nodeOf("b~1/t1")];
    const got: unknown[] = [];
    const ear = far.spawn(async (self) => {
      for (;;) got.push(await self.receive());
    });
    deep.send(ear, "from the depth");
    time.node.send(ear, "from above");
    await time.advance(10);
    expect(got).toEqual(["from above", "from the depth"]);
    const heard = watcher(deep, ear, "<b~1/t9.1>" as Pid, "<x~1.1>" as Pid, "<a~1/t9.1>" as Pid);
    await time.advance(10);
    // A node that has no way to it says so.
    expect(heard.sort()).toEqual([
      ["<a~1/t9.1>", "noconnection"],
      ["<b~1/t9.1>", "noconnection"],
      ["<x~1.1>", "noconnection"],
    ]);
  });

  it("N4 a node is found by its name without its incarnation, and itself by both", async () => {
    const { time, nodeOf } = house();
    const b = nodeOf("b~1");
    waiting(b, "db");
    waiting(time.node, "own");
    await time.advance(1);
    const heard = watcher(
      time.node,
      { name: "db", node: "b" },
      { name: "db", node: "b~1" },
      { name: "none", node: "b" },
      { name: "own", node: "a" },
      { name: "own", node: "a~1" },
    );
    const below = watcher(nodeOf("a~1/t1"), { name: "db", node: "b" }, { name: "own", node: "a" });
    await time.advance(10);
    expect(heard).toEqual([[{ name: "none", node: "b" }, "noproc"]]);
    expect(below).toEqual([]);
    b.send({ name: "db", node: "b" }, "end");
    time.node.send({ name: "own", node: "a" }, "end");
    await time.advance(10);
    expect(heard.slice(1)).toEqual([
      [{ name: "own", node: "a" }, "normal"],
      [{ name: "own", node: "a~1" }, "normal"],
      [{ name: "db", node: "b" }, "normal"],
      [{ name: "db", node: "b~1" }, "normal"],
    ]);
    expect(below).toHaveLength(2);
  });

  it("N3 of two incarnations only one is known at a time", () => {
    const { time, join } = house();
    expect(() => {
      join("a~1", "b~2");
    }).toThrow(NameTaken);
    expect(() => {
      join("a~1", "b~1");
    }).toThrow('the name "b~1" is taken by a node that a~1 knows already');
    expect(() => connect(time.node, "a~1", memoryWire()[0])).toThrow(NameTaken);
  });
});

describe("the loss of a node", () => {
  it("N1 is told to those that are tied to it or to what is behind it, by either of its names, and to nobody else", async () => {
    const { time, nodeOf, cut } = house();
    const pids = ["b~1", "b~1/t1", "c~1"].map((name) => waiting(nodeOf(name), "door"));
    await time.advance(1);
    const here = watcher(time.node, ...pids, { name: "door", node: "b" }, { name: "door", node: "c" });
    const below = watcher(nodeOf("a~1/t1/p1"), ...pids, { name: "door", node: "b" });
    const beside = watcher(nodeOf("c~1"), ...pids.slice(0, 2));
    await time.advance(10);
    cut("a~1", "b~1");
    await time.advance(10);
    const lost = [
      [pids[0], "noconnection"],
      [pids[1], "noconnection"],
      [{ name: "door", node: "b" }, "noconnection"],
    ];
    expect(here).toEqual(lost);
    expect(below).toEqual(lost);
    expect(beside).toEqual([]); // it has its own way there
  });

  it("N1 of a node above is, for those below, the loss of all but themselves", async () => {
    const { time, nodeOf, cut } = house();
    const deep = nodeOf("a~1/t1/p1");
    const t1 = nodeOf("a~1/t1");
    const own = waiting(deep);
    const pids = [waiting(time.node), waiting(nodeOf("b~1")), waiting(t1)];
    await time.advance(1);
    const heard = watcher(deep, own, ...pids);
    const between = watcher(t1, own, ...pids);
    await time.advance(10);
    cut("a~1", "a~1/t1");
    await time.advance(10);
    expect(heard).toEqual([
      [pids[0], "noconnection"],
      [pids[1], "noconnection"],
    ]);
    expect(between).toEqual(heard);
  });

  it("N1 of a node behind another is told to those who have had to do with that one", async () => {
    const { time, nodeOf, cut } = house();
    const deep = waiting(nodeOf("a~1/t1/p1"));
    await time.advance(1);
    const here = watcher(time.node, deep);
    const beside = watcher(nodeOf("b~1"), deep);
    const behind = watcher(nodeOf("b~1/t1"), deep);
    await time.advance(10);
    cut("a~1/t1", "a~1/t1/p1");
    await time.advance(10);
    for (const heard of [here, beside, behind]) expect(heard).toEqual([[deep, "noconnection"]]);
  });

  it("N1 leaves nothing of those who watched from there", async () => {
    const { time, nodeOf, cut } = house();
    const target = waiting(time.node);
    watcher(nodeOf("b~1"), target);
    watcher(nodeOf("c~1"), target);
    await time.advance(10);
    expect(time.node.info(target)?.monitoredBy).toHaveLength(2);
    cut("a~1", "b~1");
    await time.advance(10);
    expect(time.node.info(target)?.monitoredBy).toEqual([expect.stringMatching(/^<c~1/)]);
  });

  it("N1 a wire that is closed twice is lost once, and its name is free again", async () => {
    const { time, nodeOf, join, cut } = house();
    const old = waiting(nodeOf("b~1"));
    await time.advance(1);
    const heard = watcher(time.node, old);
    await time.advance(1);
    cut("a~1", "b~1");
    await time.advance(1);
    join("a~1", "b~2");
    cut("a~1", "b~1"); // long lost
    await time.advance(1);
    expect(heard).toEqual([[old, "noconnection"]]);
    const young = waiting(nodeOf("b~2"), "db");
    await time.advance(1);
    const again = watcher(time.node, { name: "db", node: "b" }, young);
    await time.advance(1);
    expect(again).toEqual([]);
  });
});
