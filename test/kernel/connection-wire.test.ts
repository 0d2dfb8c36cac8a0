import { MessageChannel } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Spawner, connect } from "../../src/kernel/connection.js";
import type { Pid } from "../../src/kernel/ids.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import { gatherMarks, transfer } from "../../src/kernel/transfer.js";
import { type Batch, ExitKind, type FunctionRef, Op, type Wire } from "../../src/kernel/wire.js";
import { VirtualTime, settled } from "../../src/testing/virtual-time.js";

/** A node joined to one that is played by hand: what leaves, and what is told of spawns. */
function setUp() {
  const time = new VirtualTime({ name: "near", reporter: () => undefined });
  const posted: [Batch, (readonly object[])?][] = [];
  const wire: Wire = {
    post(batch, list) {
      structuredClone(batch, { transfer: [...(list ?? [])] as never[] });
      posted.push(list === undefined ? [batch] : [batch, list]);
    },
    receive: () => undefined,
    lost: () => undefined,
    close: () => undefined,
  };
  const connection = connect(time.node, "far", wire);
  const told: unknown[][] = [];
  const spawner = (name: string): Spawner => ({
    announced: (pid) => told.push([name, "announced", pid]),
    told: (what, value) => told.push([name, what, value]),
    spawnEnded: (...end) => told.push([name, ...end]),
  });
  const fn: FunctionRef = { module: "test:", name: "fn" };
  const spawn = (name: string, ...args: unknown[]): number => connection.spawn(fn, gatherMarks(args), undefined, spawner(name));
  /** The ops that have left, batch by batch. */
  const ops = (): unknown[] => posted.map(([batch]) => batch.filter((part, at) => at === 0 || part === Op.spawn).join(" "));
  return { time, near: time.node, wire, posted, connection, told, spawn, ops };
}

const mine = "<near.1>" as Pid;
const theirs = "<far.1>" as Pid;
const forms = { signal: ExitKind.signal, link: ExitKind.link, ask: ExitKind.ask };

describe("what leaves", () => {
  it("in one turn is in the order in which it was asked for, spawns among messages", async () => {
    const { near, spawn, posted } = setUp();
    near.send(theirs, 1);
    spawn("a", "arg");
    near.send(theirs, 2);
    await settled();
    expect(posted).toEqual([
      [[Op.message, theirs, 1, Op.spawn, 0, { module: "test:", name: "fn", key: 1 }, undefined, 1, "arg", Op.message, theirs, 2]],
    ]);
  });

  it("of what a spawned process tells is one batch, but what has something to move goes alone, with it", async () => {
    const { connection, posted } = setUp();
    connection.tell(7, "progress", 1);
    connection.tell(7, "progress", 2);
    await settled();
    expect(posted).toEqual([[[Op.message, 7, ["progress", 1], Op.message, 7, ["progress", 2]]]]);
    const { port1 } = new MessageChannel();
    onTestFinished(() => port1.close());
    const bytes = new Uint8Array([1]);
    connection.tell(7, "yielded", transfer({ bytes }, [bytes.buffer]));
    connection.sendMessage(theirs, transfer({ port1 } as object, [port1 as unknown as object]));
    await settled();
    expect(posted.slice(1).map(([batch]) => batch.slice(0, 2))).toEqual([
      [Op.message, 7],
      [Op.message, theirs],
    ]);
    expect((posted[1]?.[0][2] as [string, unknown])[0]).toBe("yielded");
    expect(posted.slice(1).map(([, list]) => list?.length)).toEqual([1, 1]);
    expect(bytes).toHaveLength(0);
  });

  it("takes null, undefined and other plain values as they are", async () => {
    const { near, posted } = setUp();
    for (const value of [null, undefined, 0, "", 1n, true]) near.send(theirs, value);
    await settled();
    expect(posted[0]?.[0].filter((_, at) => at % 3 === 2)).toEqual([null, undefined, 0, "", 1n, true]);
  });

  it.each([
    ["kill", "signal", 1],
    ["kill", "link", 0],
    ["kill", "ask", 0],
    ["other", "signal", 0],
  ] as const)("an exit %s by a %s tells whoever sees to infinite loops there so many times: %d", async (reason, form, times) => {
    const { connection, posted } = setUp();
    connection.send([Op.exit, theirs, mine, reason, forms[form]]); // nobody sees to them
    const killing = vi.fn();
    connection.killing = killing;
    connection.send([Op.exit, theirs, mine, reason, forms[form]]);
    await settled();
    expect(killing.mock.calls).toEqual(Array.from({ length: times }, () => [theirs]));
    expect(posted[0]?.[0]).toHaveLength(10);
  });

  it("N1 the loss of a node is told where anything has passed, either way, and else to nobody", async () => {
    const all = [setUp(), setUp(), setUp(), setUp()] as const;
    const [nothing, heard, posted, both] = all;
    for (const { wire } of [heard, both]) wire.receive([Op.message, mine, "hello"]);
    for (const { near } of [posted, both]) near.send(theirs, "hello");
    await settled();
    for (const { connection } of all) connection.sendNodeDown("near/t1", "why");
    await settled();
    const down = [Op.nodeDown, "near/t1", "why"];
    expect(nothing.posted).toEqual([]);
    expect(heard.posted).toEqual([[down]]);
    for (const { posted: all } of [posted, both]) expect(all[1]).toEqual([down]);
  });

  it("of the end of what was spawned here says how long it took, in whole microseconds", async () => {
    const { connection, posted } = setUp();
    connection.spawnDown(1, "normal", "value", 1.2345, false);
    connection.spawnDown(2, "crash", undefined, 2, true);
    await settled();
    expect(posted).toEqual([[[Op.done, 1, "value", 1_235, Op.failed, 2, "crash", 2_000, true]]]);
  });

  it("of a result that cannot go is a failure, of a function that does not run any more", async () => {
    const { connection, posted } = setUp();
    connection.spawnDown(1, "normal", () => 1, 2, false);
    await settled();
    expect(posted).toEqual([[[Op.failed, 1, expect.objectContaining({ "@error": "error" }), 2_000, false]]]);
  });
});

describe("what is told of a spawn", () => {
  it("is how long it took, in milliseconds, and whether its function still runs", () => {
    const { spawn, wire, told, connection } = setUp();
    const [one, two, three] = [spawn("one"), spawn("two"), spawn("three")];
    wire.receive([Op.message, one, theirs, Op.message, one, ["progress", 5]]);
    wire.receive([Op.done, one, "value", 1_500, Op.failed, two, "crash", 2_500, true, Op.failed, three, "crash", 0, false]);
    expect(told).toEqual([
      ["one", "announced", theirs],
      ["one", "progress", 5],
      ["one", "normal", "value", 1.5, false],
      ["two", "crash", undefined, 2.5, true],
      ["three", "crash", undefined, 0, false],
    ]);
    expect(connection.spawnCount).toBe(0);
  });

  it("is once that the connection is lost, whether it had been or not; what comes then is nobody's", async () => {
    const { spawn, wire, told, connection, near } = setUp();
    spawn("one");
    const heard: unknown[] = [];
    const pid = near.spawn(async (self) => heard.push(await self.receive()));
    await settled();
    wire.lost("noconnection");
    wire.lost("again");
    connection.close();
    wire.receive([Op.message, pid, "too late"]);
    wire.receive("no batch at all" as unknown as Batch);
    const late = spawn("late");
    expect(told).toEqual([["one", "noconnection", undefined, 0, false]]);
    await settled();
    expect(told.slice(1)).toEqual([["late", "noconnection", undefined, 0, false]]);
    expect(connection.disown(late)).toBeUndefined();
    expect([heard, near.refused]).toEqual([[], 0]);
  });

  it("by what something in its options cannot go is named by the option", async () => {
    const { connection, told } = setUp();
    const spawner: Spawner = { announced: () => undefined, told: () => undefined, spawnEnded: (...end) => told.push(end) };
    connection.spawn({ module: "test:", name: "fn" }, [() => 1], { context: { user: { log: () => 1 } } }, spawner);
    connection.spawn({ module: "test:", name: "fn" }, [1, () => 1], { context: { user: "kim" } }, spawner);
    await settled();
    expect(told).toMatchObject([
      [{ code: "not_cloneable", path: "context.user.log" }, undefined, 0, false],
      [{ code: "not_cloneable", path: "args[1]" }, undefined, 0, false],
    ]);
  });
});

describe("P4 what is moved leaves when it can start", () => {
  const moving = (): Uint8Array => transfer(new Uint8Array([1]));

  it("and those behind it that have nothing to move leave with it", async () => {
    const { spawn, connection, ops, wire } = setUp();
    connection.capacity = 1;
    const [first] = [spawn("moves", moving()), spawn("plain"), spawn("moves, too", moving()), spawn("plain, too")];
    await settled();
    expect(ops()).toEqual(["7", "7"]);
    wire.receive([Op.done, first, 1, 1, Op.done, 1, 1, 1]);
    await settled();
    expect(ops()).toEqual(["7", "7", "7", "7"]);
  });

  it("and fails alone, though others had waited with it", async () => {
    const { spawn, told, posted } = setUp();
    const bytes = new Uint8Array([1]);
    spawn("moves", moving());
    spawn("plain", "arg");
    spawn("gone", transfer({ bytes }, [bytes.buffer]));
    structuredClone(bytes, { transfer: [bytes.buffer] });
    await settled();
    expect(told).toEqual([["gone", expect.objectContaining({ code: "not_cloneable", path: "args[0].bytes" }), undefined, 0, false]]);
    expect(posted.map(([batch]) => batch[1])).toEqual([0, 1]);
    expect(posted[1]).toEqual([[Op.spawn, 1, 1, undefined, 1, "arg"]]);
  });

  it("and is ended here, as nothing that runs, when it is told to exit before, or was moved before", async () => {
    const { spawn, told, connection, wire } = setUp();
    connection.capacity = 1;
    spawn("moves", moving());
    const args = [moving()];
    const again = gatherMarks(args);
    const spawner: Spawner = { announced: () => undefined, told: () => undefined, spawnEnded: (...end) => told.push(["again", ...end]) };
    const fn: FunctionRef = { module: "test:", name: "fn" };
    connection.spawn(fn, again, undefined, spawner);
    connection.spawn(fn, again, undefined, spawner);
    const killed = spawn("killed", moving());
    await settled();
    connection.exitSpawned(killed, mine, "kill", ExitKind.signal);
    expect(told).toEqual([["killed", "killed", undefined, 0, false]]);
    wire.receive([Op.done, 0, 1, 1]);
    await settled();
    expect(told.slice(2)).toEqual([["again", expect.objectContaining({ code: "not_cloneable" }), undefined, 0, false]]);
  });
});

describe("a wire within an event loop", () => {
  it("carries nothing any more once it is closed, which both ends may do, and more than once", async () => {
    const [here, there] = memoryWire();
    const received = vi.fn();
    const lost = vi.fn();
    [here.receive, there.receive, here.lost, there.lost] = [received, received, lost, lost];
    here.post([1]);
    here.close();
    here.close();
    there.close();
    // What it would do in a later turn is done at once, and what goes wrong with it is seen.
    const immediate = vi.spyOn(globalThis, "setImmediate").mockImplementation(((callback: () => void) => callback()) as never);
    try {
      here.post([2]);
      there.post([3]);
    } finally {
      immediate.mockRestore();
    }
    await settled();
    expect(received.mock.calls).toEqual([[[1]]]);
    expect(lost.mock.calls).toEqual([["noconnection"]]);
  });
});
