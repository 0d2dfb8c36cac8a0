import { Down, Exit, Node, type Pid, type Ref, Scheduler, type Self, TaskSupervisor } from "taskward";
import { type ChildLike, ChildNotFound, DynamicSupervisor, PartitionSupervisor, StartFailed, Supervisor, SupervisorDown } from "taskward/behaviours";
import { VirtualTime, connect, memoryWire } from "taskward/testing";
import { describe, expect, it } from "vitest";

const boom = new Error("boom");
const waits = async (self: Self): Promise<void> => {
  const message = await self.receive();
  self.exit(message);
};
const quiet = (): VirtualTime => new VirtualTime({ reporter: () => undefined });

describe("V5 DynamicSupervisor", () => {
  it("V5 starts, tells of, and terminates children by their pids; ids need not differ", async () => {
    const time = quiet();
    const { node } = time;
    const pool = await time.until(DynamicSupervisor.start({ node, name: "pool" }));
    const pids: Pid[] = [];
    for (let n = 0; n < 3; n++) pids.push((await time.until(pool.startChild({ id: "same", run: waits })))!);
    expect((await time.until(pool.whichChildren())).map(({ pid }) => pid)).toEqual(pids);
    await time.until(DynamicSupervisor.at("pool", { node }).terminateChild(pids[1]!));
    await expect(time.until(pool.terminateChild(pids[1]!))).rejects.toMatchObject({ code: "not_found" });
    expect(await time.until(pool.countChildren())).toEqual({ specs: 2, active: 2, supervisors: 0, workers: 2 });
    await time.until(pool.stop());
    expect(node.processCount).toBe(0);
  });

  it("V5 maxChildren counts those that are being restarted", async () => {
    const time = quiet();
    const pool = await time.until(DynamicSupervisor.start({ node: time.node, maxChildren: 1 }));
    const pid = await time.until(pool.startChild({ id: "a", run: waits, backoff: { delay: 1_000 } }));
    time.node.send(pid!, boom);
    await time.advance(1);
    expect(await time.until(pool.whichChildren())).toMatchObject([{ state: "restarting" }]);
    await expect(time.until(pool.startChild({ id: "b", run: waits }))).rejects.toMatchObject({ code: "max_children" });
    await time.advance(1_000);
    const [again] = await time.until(pool.whichChildren());
    expect(again).toMatchObject({ state: "running", restarts: 1 });
    time.node.send(again!.pid!, boom);
    await time.advance(1);
    await time.until(pool.terminateChild(again!.pid!)); // while it is being restarted, it is known by the pid that it had
    expect(await time.until(pool.whichChildren())).toEqual([]);
    await time.advance(10_000);
    expect(await time.until(pool.countChildren())).toMatchObject({ specs: 0 });
  });

  it("V5 a child that fails while restarting is tried again, and counts", async () => {
    const time = quiet();
    let failures = 0;
    const fails = {
      id: "a",
      start: (self: Self) => {
        if (failures-- > 0) throw boom;
        return self.spawnLink(waits);
      },
    };
    const pool = await time.until(DynamicSupervisor.start({ node: time.node, maxRestarts: 3 }));
    const pid = await time.until(pool.startChild(fails));
    failures = 2;
    time.node.send(pid!, boom);
    await time.advance(0);
    const [child] = await time.until(pool.whichChildren());
    expect(child).toMatchObject({ state: "running", restarts: 1 });
    failures = 9;
    time.node.send(child!.pid!, boom);
    await time.advance(0);
    expect(await pool.ended).toBe("shutdown");
  });

  it("V5 stops all at once, each within its own time", async () => {
    const time = quiet();
    const pool = await time.until(DynamicSupervisor.start({ node: time.node }));
    const deaf = async (self: Self): Promise<void> => {
      self.trapExit = true;
      for (;;) await self.receive();
    };
    for (const shutdown of [100, 300, 200]) await time.until(pool.startChild({ id: "deaf", run: deaf, shutdown }));
    await time.advance(0);
    await time.until(pool.stop());
    expect([time.now, time.node.processCount]).toEqual([300, 0]);
  });
});

describe("what can be a child", () => {
  const startAll = async (time: VirtualTime, children: readonly ChildLike[]): Promise<Supervisor> => {
    const app = await time.until(Supervisor.start(children, { node: time.node }));
    await time.advance(0);
    return app;
  };

  it("V1 a function, a class, a class with arguments, supervisors of all kinds, tasks", async () => {
    class Server {
      static childSpec(name = "plain"): ChildLike {
        return { id: name, run: waits };
      }
    }
    async function worker(self: Self): Promise<void> {
      await waits(self);
    }
    const time = quiet();
    const app = await startAll(time, [
      worker,
      Server,
      [Server, "named"],
      { id: "dynamic", start: DynamicSupervisor.child() },
      { id: "static", start: Supervisor.child([worker]) },
      { id: "parts", start: PartitionSupervisor.child((part) => ({ id: part, run: waits }), { partitions: 2 }) },
      { id: "pool", start: TaskSupervisor.child({ name: "pool" }) },
    ]);
    expect((await time.until(app.whichChildren())).map(({ id, type, state }) => [id, type, state])).toEqual([
      ["worker", "worker", "running"],
      ["plain", "worker", "running"],
      ["named", "worker", "running"],
      ["dynamic", "supervisor", "running"],
      ["static", "supervisor", "running"],
      ["parts", "supervisor", "running"],
      ["pool", "supervisor", "running"],
    ]);
    expect(time.node.info(time.node.whereis("pool")!)?.links).toEqual([app.pid]);
    await time.until(app.stop());
    expect(time.node.processCount).toBe(0);
  });

  it("S6 a TaskSupervisor ends after its tasks, within their shutdown time", async () => {
    const time = quiet();
    let pool: TaskSupervisor | undefined;
    const log: string[] = [];
    const start = TaskSupervisor.child({ shutdown: 1_000 });
    const app = await startAll(time, [
      { id: "db", start: () => "db", stop: () => log.push("db stopped") },
      { id: "pool", start: async (self) => (pool = (await start(self)) as TaskSupervisor), type: "supervisor" },
    ]);
    pool!.startChild(async (self) => {
      self.trapExit = true;
      await self.receive();
      await self.sleep(700);
      log.push("task ended");
    });
    await time.advance(0);
    await time.until(app.stop());
    expect(log).toEqual(["task ended", "db stopped"]);
    expect([time.now, pool!.isRunning]).toEqual([700, false]);
  });

  it("V1 a plain service is started, held, and stopped with what it gave", async () => {
    const time = quiet();
    const log: unknown[] = [];
    let fail: ((error: Error) => void) | undefined;
    const service: ChildLike = {
      id: "http",
      start: async (self) => {
        fail = (error) => self.exit(self.pid, error);
        log.push("start");
        return Promise.resolve({ port: 8080 });
      },
      stop: (handle: { port: number }, reason) => log.push(handle.port, reason),
    };
    const app = await startAll(time, [service]);
    fail!(boom);
    await time.advance(0);
    expect(log).toEqual(["start", 8080, boom, "start"]);
    await time.until(app.stop());
    expect(log.slice(4)).toEqual([8080, "shutdown"]);
    const refuses: ChildLike = { id: "http", start: () => Promise.reject(boom), stop: () => undefined };
    await expect(startAll(time, [refuses])).rejects.toMatchObject({ code: "start_failed", reason: boom });
    expect(time.node.processCount).toBe(0);
  });

  it("V1 a plain service ends by an orderly end of its own, but not by that of others", async () => {
    const time = quiet();
    const log: unknown[] = [];
    let own: Self | undefined;
    const start = (self: Self): string => {
      own = self;
      return "handle";
    };
    const service: ChildLike = { id: "http", start, stop: (_handle, reason) => log.push(reason), restart: "transient" };
    const app = await startAll(time, [service]);
    await time.run((self) => self.exit(own!.pid, "normal"));
    own!.spawnLink(() => undefined); // a normal exit by a link
    await time.advance(0);
    expect([log, (await time.until(app.whichChildren()))[0]?.state]).toEqual([[], "running"]);
    own!.exit(own!.pid, "normal");
    await time.advance(0);
    expect([log, (await time.until(app.whichChildren()))[0]?.state]).toEqual([["normal"], "stopped"]);
    await time.until(app.stop());
  });

  it("V1 backoff: each restart in a row waits longer, up to the most", async () => {
    const time = quiet();
    const starts: number[] = [];
    const run = (): void => {
      starts.push(time.now);
      throw boom;
    };
    const app = await time.until(
      Supervisor.start([{ id: "a", run, backoff: { delay: 100, factor: 3, max: 500 } }], { node: time.node, maxRestarts: 10, maxSeconds: 60 }),
    );
    await time.advance(2_000);
    expect(starts).toEqual([0, 100, 400, 900, 1_400, 1_900]);
    await time.until(app.stop());
  });

  it("V1 children on another node are started again when that is lost", async () => {
    const time = quiet();
    const other = new Node({ name: "other", clock: time.clock, scheduler: new Scheduler(() => 0), reporter: () => undefined });
    const [a, b] = memoryWire();
    connect(time.node, "other", a);
    connect(other, "main", b);
    const remote = (): Pid => other.spawn(waits);
    let starts = 0;
    const child: ChildLike = { id: "remote", start: (self) => (++starts === 1 ? remote() : self.spawnLink(waits)) };
    const app = await time.until(Supervisor.start([child], { node: time.node, name: "app" }));
    const fromThere = Supervisor.at({ name: "app", node: "main" }, { node: other });
    expect((await time.until(fromThere.whichChildren()))[0]?.pid).toMatch(/^<other/);
    await expect(time.until(fromThere.deleteChild("none"))).rejects.toBeInstanceOf(ChildNotFound);
    await expect(time.until(fromThere.startChild({ id: "b", run: waits }))).rejects.toMatchObject({ code: "not_cloneable" });
    b.close();
    await time.advance(0);
    expect((await time.until(app.whichChildren()))[0]).toMatchObject({ state: "running", restarts: 1 });
    expect(starts).toBe(2);
    const [c, d] = memoryWire();
    const third = new Node({ name: "third", clock: time.clock, scheduler: new Scheduler(() => 0) });
    connect(time.node, "third", c);
    connect(third, "main", d);
    await time.until(Supervisor.at(app.pid, { node: third }).stop(new RangeError("enough")));
    expect(await app.ended).toBeInstanceOf(RangeError);
  });
});

describe("V1 PartitionSupervisor", () => {
  it("V1 the same key always has the same partition, and who is started again takes its place", async () => {
    const time = quiet();
    const parts = await time.until(PartitionSupervisor.start((part) => ({ id: part, run: waits }), { node: time.node, partitions: 3 }));
    expect([0, 1, 2, 3, -4].map((key) => parts.partitionOf(key))).toEqual([0, 1, 2, 0, 1]);
    expect(parts.partitionOf("alice")).toBe(parts.partitionOf("alice"));
    const before = parts.whose("alice")!;
    time.node.send(before, boom);
    await time.advance(0);
    expect(parts.whose("alice")).not.toBe(before);
    expect((await time.until(parts.whichChildren())).map(({ id }) => id)).toEqual([0, 1, 2]);
    await time.until(parts.stop());
  });

  it("G4 V1 is found by its name, and a key's partition by the key", async () => {
    const time = quiet();
    const { node } = time;
    const named = PartitionSupervisor.at("parts", { node });
    expect(named.isRunning).toBe(false);
    expect(() => named.whose("alice")).toThrow(SupervisorDown);
    const alice = named.via("alice");
    expect(alice.holder()).toBeUndefined();
    const parts = await time.until(PartitionSupervisor.start((part) => ({ id: part, run: waits }), { node, name: "parts", partitions: 3 }));
    for (const key of ["alice", "bob", 7]) expect([named.whose(key), named.via(key).holder()]).toEqual([parts.whose(key), parts.whose(key)]);
    expect([named.partitions, PartitionSupervisor.at(parts.pid, { node }).partitionOf(4)]).toEqual([3, 1]);
    const before = alice.holder();
    node.send(alice, boom);
    await time.advance(0);
    expect([alice.holder() === before, alice.holder() === parts.whose("alice"), String(alice)]).toEqual([false, true, "parts[alice]"]);
    await time.until(parts.stop());
    expect(alice.holder()).toBeUndefined();
    expect(() => node.send(alice, boom)).toThrow(expect.objectContaining({ code: "noproc" }));
  });

  it("K14 G4 is never led to a dead one: not while its restart is put off, and not after the end of all", async () => {
    const time = quiet();
    const { node } = time;
    const parts = await time.until(
      PartitionSupervisor.start((part) => ({ id: part, run: waits, backoff: { delay: 1_000 } }), { node, name: "parts", partitions: 2 }),
    );
    const one = parts.via(1);
    const before = one.holder();
    node.send(one, boom);
    await time.advance(500);
    expect([parts.whose(1), one.holder(), parts.whose(0)]).toEqual([undefined, undefined, expect.any(String)]);
    await time.advance(600);
    expect([one.holder() === before, parts.whose(1)]).toEqual([false, one.holder()]);
    await time.until(parts.stop());
    expect([parts.whose(0), parts.whose(1)]).toEqual([undefined, undefined]);
  });

  it("G4 what is no supervisor of partitions is told so, and so is a name that cannot be taken", async () => {
    const time = quiet();
    const { node } = time;
    const app = await time.until(Supervisor.start([waits], { node, name: "app" }));
    expect(() => PartitionSupervisor.at("app", { node }).whose("a")).toThrow("this process is no PartitionSupervisor");
    expect(() => PartitionSupervisor.at({ name: "app", node: "far" } as never, { node })).toThrow("known on the node of their supervisor alone");
    expect(() => PartitionSupervisor.at("app", { node }).via(1.5)).toThrow("key is 1.5: give a string or a whole number");
    await time.run((self) => {
      expect(() => self.register(PartitionSupervisor.at("app", { node }).via("a"))).toThrow("has this name by being started");
      expect(self.unregister(PartitionSupervisor.at("app", { node }).via("a"))).toBe(false);
    });
    await time.until(app.stop());
  });
});

describe("bad input", () => {
  const time = quiet();
  const start = (children: unknown, options: object = {}): Promise<unknown> =>
    time.until(Supervisor.start(children as ChildLike[], { node: time.node, ...options }));

  it.each([
    [[{ id: "a", start: waits, restart: "always" }], 'children[0] (a).restart is "always"'],
    [[{ id: "a", start: waits, shutdwn: 1 }], "children[0] (a).shutdwn is 1: no such option"],
    [[{ id: "a", start: waits, shutdown: -1 }], "children[0] (a).shutdown is -1"],
    [[{ id: "a", start: waits, backoff: { factor: 2 } }], "children[0] (a).backoff.delay is undefined"],
    [[{ start: waits }], "children[0].id is undefined"],
    [[{ id: "a", start: 1 }], "children[0] (a).start is 1"],
    [[{ id: "a" }], "children[0] is"],
    [[null], "children[0] is null"],
    [[() => undefined], "a child needs an id"],
    [[TaskSupervisor.child()], "a child needs an id"],
    // eslint-disable-next-line @typescript-eslint/no-extraneous-class -- what somebody may give
    [[class {}], "no static childSpec"],
    [[[waits]], "children[0][0] is"],
    [{}, "children is {}"],
  ])("V3 %o", async (children, message) => {
    await expect(start(children)).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining(message) });
  });

  it.each([
    [{ strategy: "all" }, 'strategy is "all"'],
    [{ maxRestarts: -1 }, "maxRestarts is -1"],
    [{ restarts: 1 }, "no such option"],
  ])("V3 options %o", async (options, message) => {
    await expect(start([], options)).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining(message) });
  });

  it.each([
    [() => undefined, "what start of child a answered is undefined"],
    [() => ({}), "what start of child a answered is {}"],
    [() => "pid", 'what start of child a answered is "pid"'],
    [() => Promise.reject(new Error("async")), "async"],
    [(self: Self) => self.pid, "stands above it"],
  ])("V2 a start that answers no pid: %s", async (bad, message) => {
    const app = (await start([{ id: "b", run: waits }])) as Supervisor;
    await expect(time.until(app.startChild({ id: "a", start: bad as never }))).rejects.toMatchObject({
      code: "start_failed",
      message: expect.stringContaining(message),
    });
    expect(await time.until(app.countChildren())).toMatchObject({ specs: 1, active: 1 });
    await time.until(app.stop());
  });

  it("V2 whatever is sent to it, it stands", async () => {
    const app = (await start([{ id: "b", run: waits }])) as Supervisor;
    const hostile = new Proxy(
      {},
      {
        get: (_, name) => {
          if (name !== "then") throw boom;
        },
      },
    );
    for (const message of [
      null,
      hostile,
      { $supervisor: null, from: 5 },
      { $supervisor: { op: "x" }, from: app.pid },
      { $supervisor: { op: "startChild" }, from: app.pid },
      new Down("<main#9999>" as Ref, app.pid, "forged"),
    ])
      time.node.send(app.pid, message);
    await time.advance(0);
    expect(await time.until(app.countChildren())).toMatchObject({ specs: 1, active: 1 });
    await time.until(app.stop());
  });

  it("V2 a name in use, at its own place", async () => {
    const app = (await start([], { name: "taken" })) as Supervisor;
    await expect(start([], { name: "taken" })).rejects.toMatchObject({ code: "name_taken" });
    const nested = [{ id: "sub", start: Supervisor.child([], { name: "taken" }) }];
    await expect(start(nested)).rejects.toMatchObject({ code: "start_failed", reason: { code: "name_taken" } });
    await expect(start([{ id: "pool", start: TaskSupervisor.child({ name: "taken" }) }])).rejects.toMatchObject({ reason: { code: "name_taken" } });
    await time.until(app.stop());
  });

  it("V2 a list of children that contains itself", async () => {
    const children: ChildLike[] = [{ id: "a", run: waits }];
    children.push({ id: "again", start: Supervisor.child(children) });
    await expect(start(children)).rejects.toMatchObject({ code: "start_failed", reason: { code: "cyclic_tree" } });
    expect(time.node.processCount).toBe(0);
  });

  it("V6 a start that never answers does not keep its supervisor for longer than the child may take to stop", async () => {
    const own = quiet();
    const starting = Supervisor.start([{ id: "hangs", start: () => new Promise<Pid>(() => undefined), shutdown: 50 }], { node: own.node, name: "s" });
    const rejected = expect(starting).rejects.toBeInstanceOf(StartFailed);
    await own.advance(10);
    await own.until(Supervisor.at("s", { node: own.node }).stop());
    await rejected;
    expect([own.now, own.node.processCount]).toEqual([60, 0]);
    expect(Exit.name).toBe("Exit");
  });
});
