import { describe, expect, it } from "vitest";
import { type Spawner, connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import { memoryWire } from "../../src/kernel/memory-wire.js";
import { Node } from "../../src/kernel/node.js";
import type { ExitReason } from "../../src/kernel/reasons.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import type { Self } from "../../src/kernel/self.js";
import { type Batch, ExitKind, type FunctionRef, type Wire } from "../../src/kernel/wire.js";
import type { Resolved } from "../../src/kernel/work.js";
import { VirtualTime, settled } from "../../src/testing/virtual-time.js";

/** The end of a spawn, as its spawner is told. */
interface End {
  readonly reason: ExitReason;
  readonly value: unknown;
  readonly straggles: boolean;
}

class Recorder implements Spawner {
  readonly ends: End[] = [];
  readonly pids: string[] = [];
  readonly tidings: unknown[] = [];
  announced(pid: string): void {
    this.pids.push(pid);
  }
  told(what: string, value: unknown): void {
    this.tidings.push([what, value]);
  }
  spawnEnded(reason: ExitReason, value: unknown, _duration: number, straggles: boolean): void {
    this.ends.push({ reason, value, straggles });
  }
}

const never = new Promise<never>(() => undefined);

/** Two nodes joined by a wire; `far` runs these functions for `near`. */
function setUp(functions: Record<string, Resolved["fn"] | { self: Resolved["fn"] } | Promise<Resolved>> = {}, concurrency?: number) {
  const time = new VirtualTime({ name: "near", reporter: () => undefined });
  const near = time.node;
  const far = new Node({ name: "far", clock: time.clock, scheduler: new Scheduler(() => 0), reporter: () => undefined });
  const [here, there] = memoryWire();
  const posted: Batch[] = [];
  const post = here.post.bind(here);
  here.post = (batch) => {
    post(batch);
    posted.push([...batch]);
  };
  const resolve = ({ name }: FunctionRef): Resolved | Promise<Resolved> => {
    const found = functions[name];
    if (found === undefined) throw new Error(`no function ${name}`);
    if (typeof found === "function") return { fn: found, takesSelf: false };
    return "self" in found ? { fn: found.self, takesSelf: true } : found;
  };
  const host = new LocalHost(far, resolve, concurrency === undefined ? {} : { concurrency });
  const connection = connect(near, "far", here);
  const back = connect(far, "near", there, host);
  const refs: Record<string, FunctionRef> = {};
  const spawn = (name: string, args: readonly unknown[] = [], announce = false): Recorder & { id: number } => {
    const spawner = new Recorder();
    const id = connection.spawn((refs[name] ??= { module: "test:", name }), args, announce ? { announce } : undefined, spawner);
    return Object.assign(spawner, { id });
  };
  return { time, near, far, here, there, connection, back, posted, spawn };
}

const ok = (value: unknown): End => ({ reason: "normal", value, straggles: false });

describe("batches", () => {
  it("what one turn has to send leaves as one", async () => {
    const { near, far, posted } = setUp();
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    for (let n = 0; n < 100; n++) near.send(pid, n);
    await settled();
    expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(posted).toHaveLength(1);
  });

  it("a message is a copy of what it was when it was sent", async () => {
    const { near, far } = setUp();
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    const message = { list: [1] };
    near.send(pid, message);
    message.list.push(2);
    near.send(pid, message);
    await settled();
    expect(heard).toEqual([{ list: [1] }, { list: [1, 2] }]);
    expect(heard[0]).not.toBe(message);
  });
});

describe("what cannot be cloned", () => {
  it("as a message: its sender gets the error with the path, and all others arrive", async () => {
    const { time, far } = setUp();
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    await time.run(async (self) => {
      self.send(pid, 1);
      expect(() => self.send(pid, { deep: [{ fn() {} }] })).toThrow(expect.objectContaining({ code: "not_cloneable", path: "message.deep[0].fn" }));
      expect(() => self.send(pid, () => undefined)).toThrow(expect.objectContaining({ path: "message" }));
      expect(() => self.send(pid, Symbol("s"))).toThrow(expect.objectContaining({ path: "message" }));
      expect(() => self.sendAfter(pid, { fn() {} }, 10)).toThrow(expect.objectContaining({ path: "message.fn" }));
      expect(() => self.sendAfter({ name: "x", node: "far" }, { fn() {} }, 10)).toThrow(expect.objectContaining({ path: "message.fn" }));
      self.send(pid, 2);
    });
    expect(heard).toEqual([1, 2]);
  });

  it("K13 a message that was put off is taken as it is when the timer is set", async () => {
    const { time, far } = setUp();
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => heard.push(await self.receive()));
    const message: { list: unknown[] } = { list: [1] };
    await time.run(async (self) => {
      self.sendAfter(pid, message, 10);
      message.list.push(() => undefined);
      await self.sleep(20);
    });
    expect(heard).toEqual([{ list: [1] }]);
  });

  it("K13 a message that was put off for a node that is not joined yet is taken, or refused, when the timer is set", async () => {
    const time = new VirtualTime({ name: "near" });
    const far = new Node({ name: "far", clock: time.clock, scheduler: new Scheduler(() => 0) });
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    const message: { list: unknown[] } = { list: [1] };
    await time.run(async (self) => {
      expect(() => self.sendAfter(pid, { fn() {} }, 10)).toThrow(/could not be cloned/);
      self.sendAfter(pid, message, 10);
      for (const simple of [undefined, null, "x"]) self.sendAfter(pid, simple, 11);
      message.list.push(2);
      const [here, there] = memoryWire();
      connect(self.node, "far", here);
      connect(far, "near", there);
      await self.sleep(20);
    });
    expect(heard).toEqual([{ list: [1] }, undefined, null, "x"]);
    expect(time.clock.pending).toBe(0);
  });

  it("as an exit reason: it is described, and arrives", async () => {
    const { time, far } = setUp();
    await time.run(async (self) => {
      const pid = far.spawn(async (one) => {
        await one.receive();
        one.exit(function why() {});
      });
      self.monitor(pid);
      self.send(pid, "go");
      expect(await self.receive()).toMatchObject({ from: pid, reason: "the function why" });
    });
  });

  it("as an argument: that spawn alone ends, and others of its batch run, those of the same function too", async () => {
    const { spawn } = setUp({ double: (n: number) => n * 2, other: () => "other" });
    const bad = spawn("double", [1, { deep: () => undefined }]);
    const good = spawn("double", [21]);
    const other = spawn("other");
    const again = spawn("double", [4]);
    await settled();
    expect(bad.ends).toEqual([
      { reason: expect.objectContaining({ code: "not_cloneable", path: "args[1].deep" }), value: undefined, straggles: false },
    ]);
    expect([good.ends, other.ends, again.ends]).toEqual([[ok(42)], [ok("other")], [ok(8)]]);
    const later = spawn("double", [5]);
    await settled();
    expect(later.ends).toEqual([ok(10)]);
  });

  it("as a result: that spawn alone ends, and the others' results arrive", async () => {
    const { spawn } = setUp({ bad: () => ({ handlers: [() => undefined] }), good: () => "fine" });
    const spawned = [spawn("good"), spawn("bad"), spawn("good")];
    await settled();
    expect(spawned.map(({ ends }) => ends)).toEqual([
      [ok("fine")],
      [expect.objectContaining({ reason: expect.objectContaining({ code: "not_cloneable", path: "result.handlers[0]" }) })],
      [ok("fine")],
    ]);
  });

  it("that a wire refuses although it could be cloned: it alone is left out, and that is no secret", async () => {
    const { near, far, here, connection } = setUp();
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    const post = here.post.bind(here);
    here.post = (batch) => {
      if (batch.includes("poison")) throw new Error("refused");
      post(batch);
    };
    for (const message of [1, "poison", 2]) near.send(pid, message);
    expect(() => connection.flush()).toThrow(expect.objectContaining({ cause: expect.objectContaining({ message: "refused" }) }));
    await settled();
    expect(heard).toEqual([1, 2]);
  });
});

describe("spawns", () => {
  it("end once each, with a value, a reason, or what their function could not be found for", async () => {
    const { spawn } = setUp({
      value: () => [1, 2],
      nothing: () => undefined,
      late: async () => "late",
      throws: () => {
        throw new RangeError("thrown");
      },
      rejects: () => Promise.reject(),
      exits: { self: (self: Self) => self.exit({ shutdown: 1 }) },
      normal: { self: (self: Self) => self.exit("normal") },
    });
    const names = ["value", "nothing", "late", "throws", "rejects", "exits", "normal", "unknown"];
    const spawned = names.map((name) => spawn(name));
    await settled();
    expect(spawned.map(({ ends }) => ends)).toMatchObject([
      [ok([1, 2])],
      [ok(undefined)],
      [ok("late")],
      [{ reason: { name: "RangeError", message: "thrown" } }],
      [{ reason: undefined }],
      [{ reason: { shutdown: 1 } }],
      [ok(undefined)],
      [{ reason: { message: "no function unknown" } }],
    ]);
  });

  it("tell their pid where it is wanted, before they run", async () => {
    const { spawn } = setUp({ pid: { self: (self: Self) => self.pid } });
    const [quiet, announced] = [spawn("pid"), spawn("pid", [], true)];
    await settled();
    expect(quiet.pids).toEqual([]);
    expect(announced.ends).toEqual([ok(announced.pids[0])]);
  });

  it("run a few at a time, in order, and an exit takes one out of the queue, of loading or of running", async () => {
    const started: string[] = [];
    let load: (resolved: Resolved) => void = () => {};
    const loading = new Promise<Resolved>((resolve) => (load = resolve));
    const wait = (name: string) => {
      started.push(name);
      return never;
    };
    const { spawn, connection, near } = setUp({ wait, loading }, 1);
    const kill = (id: number, reason: unknown = "kill"): void =>
      connection.exitSpawned(
        id,
        near.spawn(() => 0),
        reason,
        ExitKind.signal,
      );
    const [first, slow, third, queued, last] = [
      spawn("wait", ["first"]),
      spawn("loading"),
      spawn("wait", ["third"]),
      spawn("wait", ["queued"]),
      spawn("wait", ["last"]),
    ];
    await settled();
    expect(started).toEqual(["first"]);
    kill(queued.id);
    kill(first.id);
    await settled();
    expect([first.ends, queued.ends]).toEqual([
      [{ reason: "killed", value: undefined, straggles: true }],
      [{ reason: "killed", value: undefined, straggles: false }],
    ]);
    expect(started).toEqual(["first"]);
    kill(slow.id, "enough");
    await settled();
    expect(slow.ends).toEqual([{ reason: "enough", value: undefined, straggles: false }]);
    expect(started).toEqual(["first", "third"]);
    load({ fn: () => started.push("loaded after all"), takesSelf: false });
    kill(third.id);
    await settled();
    expect(started).toEqual(["first", "third", "last"]);
    expect([first, slow, third, queued].map(({ ends }) => ends.length)).toEqual([1, 1, 1, 1]);
    expect(last.ends).toEqual([]);
  });

  it("that are disowned end for nobody", async () => {
    const { spawn, connection } = setUp({ value: () => 1 });
    const spawned = spawn("value");
    expect(connection.disown(spawned.id)).toBe(spawned);
    await settled();
    expect(spawned.ends).toEqual([]);
    expect(connection.spawnCount).toBe(0);
  });
});

describe("the end of a connection", () => {
  const lose: readonly (readonly [name: string, how: (all: ReturnType<typeof setUp>) => void])[] = [
    ["closed from this side", ({ connection }) => connection.close()],
    ["closed from the other side", ({ back }) => back.close()],
    ["cut", ({ here, there }) => [here, there].forEach((wire: Wire) => wire.lost("noconnection"))],
  ];

  it.each(lose)("%s: every spawn ends once, with noconnection, and what it ran there is ended", async (_name, how) => {
    const all = setUp({ wait: () => never, loading: never as Promise<Resolved> }, 2);
    const spawned = [all.spawn("wait"), all.spawn("loading"), all.spawn("wait")];
    await settled();
    how(all);
    await settled();
    expect(spawned.map(({ ends }) => ends)).toMatchObject([[{ reason: "noconnection" }], [{ reason: "noconnection" }], [{ reason: "noconnection" }]]);
    expect(all.connection.spawnCount).toBe(0);
    expect(all.far.processCount).toBe(0);
  });

  it("leaves the host with the room that it had, for the next connection", async () => {
    let load: (resolved: Resolved) => void = () => {};
    const loading = new Promise<Resolved>((resolve) => (load = resolve));
    const functions: Record<string, Resolved | Promise<Resolved>> = { loading, value: { fn: () => "here", takesSelf: false } };
    const far = new Node({ name: "far" });
    const host = new LocalHost(far, ({ name }) => functions[name] as Resolved, { concurrency: 2 });
    const join = (name: string) => {
      const [here, there] = memoryWire();
      const connection = connect(new Node({ name }), "far", here);
      connect(far, name, there, host);
      return connection;
    };
    const first = join("first");
    const recorders = [new Recorder(), new Recorder(), new Recorder()];
    for (const recorder of recorders) first.spawn({ module: "", name: "loading" }, [], undefined, recorder);
    await settled();
    first.close();
    await settled();
    const second = join("second");
    const recorder = new Recorder();
    second.spawn({ module: "", name: "value" }, [], undefined, recorder);
    await settled();
    expect(recorder.ends).toEqual([ok("here")]);
    load({ fn: () => "nobody wants it", takesSelf: false });
    await settled();
    expect(recorders.map(({ ends }) => ends.length)).toEqual([1, 1, 1]);
    expect(far.processCount).toBe(0);
  });

  it("lets what was sent before it arrive, and nothing after it", async () => {
    const { near, far, connection, back } = setUp();
    const heard: unknown[] = [];
    const pid = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    near.send(pid, "sent before");
    connection.close();
    near.send(pid, "sent after");
    back.sendMessage(
      near.spawn((self) => self.receive()),
      "too late",
    );
    await settled();
    expect(heard).toEqual(["sent before"]);
    expect([...near.processes()].map(({ status }) => status)).toEqual(["waiting"]);
  });

  it("ends a spawn that is asked for after it, too", async () => {
    const { connection, spawn } = setUp({ value: () => 1 });
    connection.close();
    const spawned = spawn("value");
    await settled();
    expect(spawned.ends).toMatchObject([{ reason: "noconnection" }]);
    expect(connection.spawnCount).toBe(0);
  });
});
