import { type Pid, type Self, TaskSupervisor, TaskwardError } from "taskward";
import {
  type ChildLike,
  type Deferred,
  DynamicSupervisor,
  GenServer,
  PartitionSupervisor,
  Registry,
  Supervisor,
  logReporter,
  startApplication,
} from "taskward/behaviours";
import { serversFrom } from "taskward/servers";
import { VirtualTime } from "taskward/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { Counter, quiet } from "./counter.js";
import type * as servers from "./fixtures/servers.mjs";

const { Counter: Elsewhere } = serversFrom<typeof servers>(new URL("./fixtures/servers.mjs", import.meta.url));

let time: VirtualTime;
beforeEach(() => {
  time = new VirtualTime({ reporter: quiet });
});

const waits = async (self: Self): Promise<void> => {
  self.exit(await self.receive());
};

const nothingIsLeft = async (): Promise<void> => {
  await time.advance(0);
  expect([time.node.processCount, time.node.names.size, time.clock.pending]).toEqual([0, 0, 0]);
};

/** What somebody who does not compile with types may write. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- all of it is wrong on purpose
type Loose = (...given: any[]) => unknown;
const loose = (fn: unknown): Loose => fn as Loose;

const { node } = new VirtualTime({ reporter: quiet });
const child = { id: "a", run: waits };
const part = () => child;
const cores = TaskSupervisor.start({ node });

const inProcess = (fn: (self: Self) => unknown): Promise<unknown> => node.run(async (self) => fn(self));

/** What starts things, and what is wrong with how it is called here. Each is refused where it is called, before anything starts. */
const refusals: readonly (readonly [what: string, call: () => unknown, message: string])[] = [
  ["GenServer.start, no class", () => loose(GenServer.start)(), "Class is undefined"],
  ["GenServer.start, unknown option", () => loose(GenServer.start)(Counter, [], { nmae: "x" }), "GenServer options.nmae"],
  ["GenServer.start, timeout", () => loose(GenServer.start)(Counter, [], { timeout: -1 }), "timeout is -1"],
  ["GenServer.start, timeout NaN", () => loose(GenServer.start)(Counter, [], { timeout: NaN }), "timeout is NaN"],
  ["GenServer.start, name", () => loose(GenServer.start)(Counter, [], { name: "<a>" }), 'name is "<a>"'],
  ["GenServer.start, node", () => loose(GenServer.start)(Counter, [], { node: "here" }), 'node is "here"'],
  ["GenServer.start, options", () => loose(GenServer.start)(Counter, [], 5), "GenServer options is 5"],
  ["GenServer.startLink, self", () => loose(GenServer.startLink)({}, Counter), "self"],
  ["GenServer.startLink, node", () => inProcess((self) => loose(GenServer.startLink.bind(GenServer))(self, Counter, [], { node })), "node"],
  ["GenServer.child, no class", () => loose(GenServer.child)("Counter"), 'Class is "Counter"'],
  ["GenServer.child, args", () => loose(GenServer.child)(Counter, 5), "args is 5"],
  ["GenServer.child, unknown option", () => loose(GenServer.child)(Counter, [], { nmae: "x" }), "GenServer options.nmae"],
  ["GenServer.child, timeout", () => loose(GenServer.child)(Counter, [], { timeout: -1 }), "timeout is -1"],
  ["GenServer.enter, ready", () => inProcess((self) => loose(GenServer.enter)(self, Counter, [], { raedy: self.pid })), "enter options.raedy"],
  ["GenServer.at, nothing", () => loose(GenServer.at)(undefined, { node }), "destination is undefined"],
  ["GenServer.at, unknown option", () => loose(GenServer.at)("a", { nod: node }), "at options.nod"],
  ["GenServer.at, self", () => loose(GenServer.at)("a", { self: {} }), "self"],
  ["a call's timeout", () => GenServer.at<Counter>("a", { node }).call({ timeout: -1 }), "timeout is -1"],
  ["a stop's timeout", () => GenServer.at("a", { node }).stop("normal", -1), "timeout is -1"],

  ["Supervisor.start, no list", () => loose(Supervisor.start)(), "children is undefined"],
  ["Supervisor.start, unknown option", () => loose(Supervisor.start)([], { restarts: 1 }), "Supervisor options.restarts"],
  ["Supervisor.start, maxChildren", () => loose(Supervisor.start)([], { maxChildren: 1 }), "Supervisor options.maxChildren"],
  ["Supervisor.start, maxRestarts", () => loose(Supervisor.start)([], { maxRestarts: 1.5 }), "maxRestarts is 1.5"],
  ["Supervisor.start, maxSeconds", () => loose(Supervisor.start)([], { maxSeconds: -5 }), "maxSeconds is -5"],
  ["Supervisor.start, autoShutdown", () => loose(Supervisor.start)([], { autoShutdown: "any" }), 'autoShutdown is "any"'],
  ["Supervisor.startLink, self", () => loose(Supervisor.startLink)([], {}), "self"],
  ["Supervisor.child, no list", () => loose(Supervisor.child)(child), "children is"],
  ["Supervisor.child, a bad spec", () => loose(Supervisor.child)([{ id: "a" }]), "children[0] is"],
  ["Supervisor.startLink, node", () => inProcess((self) => loose(Supervisor.startLink)(self, [], { node })), "Supervisor options.node"],
  ["Supervisor.child, node", () => loose(Supervisor.child)([], { node }), "Supervisor options.node"],
  ["Supervisor.child, strategy", () => loose(Supervisor.child)([], { strategy: "all" }), 'strategy is "all"'],
  ["Supervisor.at, nothing", () => loose(Supervisor.at)(), "address is undefined"],
  ["Supervisor.at, unknown option", () => loose(Supervisor.at)("a", { nod: node }), "at options.nod"],
  ["a supervisor's stop", () => Supervisor.at("a", { node }).stop("normal", NaN), "timeout is NaN"],

  ["DynamicSupervisor.start, strategy", () => loose(DynamicSupervisor.start)({ strategy: "one_for_all" }), "options.strategy"],
  ["DynamicSupervisor.start, maxChildren", () => loose(DynamicSupervisor.start)({ maxChildren: -1 }), "maxChildren is -1"],
  ["DynamicSupervisor.startLink, self", () => loose(DynamicSupervisor.startLink)({}), "self"],
  ["DynamicSupervisor.child, node", () => loose(DynamicSupervisor.child)({ node }), "DynamicSupervisor options.node"],
  ["DynamicSupervisor.child, maxChildren", () => loose(DynamicSupervisor.child)({ maxChildren: -1 }), "maxChildren is -1"],
  ["DynamicSupervisor.at, name", () => loose(DynamicSupervisor.at)({ name: "", node: "far" }), 'name is ""'],

  ["PartitionSupervisor.start, child", () => loose(PartitionSupervisor.start)(child), "child is"],
  ["PartitionSupervisor.start, a bad spec", () => loose(PartitionSupervisor.start)(() => ({ id: 1 }), { node }), "child(0) is"],
  ["PartitionSupervisor.start, partitions", () => loose(PartitionSupervisor.start)(part, { partitions: 0 }), "partitions is 0"],
  ["PartitionSupervisor.startLink, self", () => loose(PartitionSupervisor.startLink)(part), "self"],
  ["PartitionSupervisor.child, child", () => loose(PartitionSupervisor.child)(child), "child is"],
  ["PartitionSupervisor.child, node", () => loose(PartitionSupervisor.child)(part, { node }), "PartitionSupervisor options.node"],
  ["PartitionSupervisor.child, partitions", () => loose(PartitionSupervisor.child)(part, { partitions: Infinity }), "partitions is Infinity"],

  ["Registry.start, nothing", () => loose(Registry.start)({}), "keys is undefined"],
  ["Registry.start, keys", () => loose(Registry.start)({ keys: "some" }), 'keys is "some"'],
  ["Registry.start, listeners", () => loose(Registry.start)({ keys: "unique", listeners: [5] }), "listeners[0] is 5"],
  ["Registry.startLink, self", () => loose(Registry.startLink)({ keys: "unique" }), "self"],
  ["Registry.child, unknown option", () => loose(Registry.child)({ keys: "unique", node }), "Registry options.node"],

  ["TaskSupervisor.child, unknown option", () => loose(TaskSupervisor.child)({ size: 2 }), "TaskSupervisor options.size"],
  ["TaskSupervisor.child, concurrency", () => loose(TaskSupervisor.child)({ concurrency: 0 }), "concurrency is 0"],

  ["serversFrom(...).start, timeout", () => Elsewhere.start(cores, [1], { timeout: -1 }), "timeout is -1"],
  ["serversFrom(...).startLink, self", () => loose(Elsewhere.startLink)(cores, [1]), "self"],
  ["serversFrom(...).child, supervisor", () => loose(Elsewhere.child)([1]), "supervisor is [1]"],
  ["serversFrom(...).child, label", () => loose(Elsewhere.child)(cores, [1], { lable: "x" }), "server options.lable"],

  ["startApplication, no list", () => loose(startApplication)({}), "children is {}"],
  ["startApplication, signals", () => loose(startApplication)([], { signals: ["KILL"] }), 'signals is ["KILL"]'],
  ["startApplication, shutdown", () => loose(startApplication)([], { shutdown: -1 }), "shutdown is -1"],
  ["startApplication, exit", () => loose(startApplication)([], { exit: 0 }), "exit is 0"],
  ["startApplication, unknown option", () => loose(startApplication)([], { timeout: 5 }), "application options.timeout"],
  ["logReporter, logger", () => loose(logReporter)({ warn: () => undefined }), "logger is"],
];

describe("what starts something refuses, where it is called", () => {
  it.each(refusals)("%s", async (_what, call, message) => {
    const processes = node.processCount;
    // Thrown at once, or by the promise that is answered.
    await expect((async () => call())()).rejects.toMatchObject({ code: "invalid_option", message: expect.stringContaining(message) });
    await new Promise((resolve) => setImmediate(resolve));
    expect(node.processCount).toBe(processes);
  });
});

describe("bad input to a tree that runs", () => {
  /** A tree with one child that must not notice anything. */
  const tree = async (use: (app: Supervisor, spared: () => Promise<void>) => Promise<void>): Promise<void> => {
    const app = await time.until(Supervisor.start([{ id: "spared", run: waits }], { node: time.node, name: "app" }));
    const [before] = await time.until(app.whichChildren());
    await use(app, async () => {
      expect(await time.until(app.whichChildren())).toEqual([before]);
    });
    await time.until(app.stop());
    await nothingIsLeft();
  };

  it("V3 duplicate ids: of a list, before anything starts; of one more child, by the id that there is", () =>
    tree(async (app, spared) => {
      const twice: ChildLike[] = [
        { id: 1, run: waits },
        { id: 1, run: waits },
      ];
      expect(() => Supervisor.child(twice)).toThrow(expect.objectContaining({ code: "duplicate_child", id: 1 }));
      await expect(Supervisor.start(twice, { node: time.node })).rejects.toMatchObject({ code: "duplicate_child", id: 1 });
      await expect(time.until(app.startChild({ id: "spared", run: waits }))).rejects.toMatchObject({ code: "already_started" });
      // The same text and the same number are two ids.
      for (const id of ["7", 7]) await time.until(app.startChild({ id, run: waits, restart: "temporary" }));
      for (const id of ["7", 7]) await time.until(app.terminateChild(id));
      await spared();
    }));

  it.each([
    [{ id: "", run: waits }, 'child.id is ""'],
    [{ id: NaN, run: waits }, "child.id is NaN"],
    [{ id: "x", run: waits, start: waits }, "child (x).start"],
    [{ id: "x", run: "waits" }, 'child (x).run is "waits"'],
    [{ id: "x", start: waits, stop: true }, "child (x).stop is true"],
    [{ id: "x", run: waits, shutdown: "soon" }, 'child (x).shutdown is "soon"'],
    [{ id: "x", run: waits, shutdown: NaN }, "child (x).shutdown is NaN"],
    [{ id: "x", run: waits, type: "task" }, 'child (x).type is "task"'],
    [{ id: "x", run: waits, significant: 1 }, "child (x).significant is 1"],
    [{ id: "x", run: waits, restart: "transient", significant: true }, "autoShutdown"],
    [{ id: "x", run: waits, backoff: 100 }, "child (x).backoff is 100"],
    [{ id: "x", run: waits, backoff: { delay: -1 } }, "child (x).backoff.delay is -1"],
    [{ id: "x", run: waits, backoff: { delay: 1, factor: 0.5 } }, "child (x).backoff.factor is 0.5"],
    [{ id: "x", run: waits, backoff: { delay: 1, mx: 5 } }, "child (x).backoff.mx is 5"],
    [{ childSpec: () => ({ id: "x" }) }, "child is"],
  ])("V3 a child spec says which field, and what it got: %o", (spec, message) =>
    tree(async (app, spared) => {
      await expect(time.until(app.startChild(spec as never))).rejects.toMatchObject({
        code: "invalid_option",
        message: expect.stringContaining(message),
      });
      await spared();
    }),
  );

  it("V2 a start that answers nothing, at the start and at a restart", () =>
    tree(async (app, spared) => {
      const bad = { id: "x", start: () => undefined } as unknown as ChildLike;
      const message = expect.stringContaining("what start of child x answered is undefined: answer the child's pid");
      await expect(time.until(app.startChild(bad))).rejects.toMatchObject({ code: "start_failed", message });
      let starts = 0;
      const later = { id: "x", start: (self: Self) => (starts++ === 1 ? undefined : self.spawnLink(waits)) } as unknown as ChildLike;
      const pid = await time.until(app.startChild(later));
      time.node.send(pid!, "crash");
      await time.advance(0);
      expect(starts).toBe(3); // tried again, which counts
      await time.until(app.terminateChild("x"));
      await time.until(app.deleteChild("x"));
      await spared();
    }));

  it("G4 a name in use: says whose it is, wherever it is asked for", () =>
    tree(async (app, spared) => {
      const taken = expect.stringContaining(`taken by ${app.pid}`);
      for (const start of [
        GenServer.child(Counter, [], { name: "app" }),
        Supervisor.child([], { name: "app" }),
        DynamicSupervisor.child({ name: "app" }),
        PartitionSupervisor.child(part, { name: "app" }),
        Registry.child({ keys: "unique", name: "app" }),
        TaskSupervisor.child({ name: "app" }),
      ]) {
        const error: unknown = await time.until(app.startChild({ id: "x", start })).catch((one: unknown) => one);
        const reason = (error as { reason: { code: string; reason?: unknown } }).reason;
        expect(reason.code === "start_failed" ? reason.reason : reason).toMatchObject({ code: "name_taken", message: taken });
        await spared();
      }
    }));

  it("V2 a cyclic tree: a list that contains itself, a supervisor that is its own child or grandchild", () =>
    tree(async (app, spared) => {
      const children: ChildLike[] = [];
      children.push({ id: "inner", start: Supervisor.child([{ id: "again", start: (self) => Supervisor.startLink(self, children) }]) });
      const cyclic = { code: "start_failed", message: expect.stringContaining("cannot be among its own descendants") };
      await expect(time.until(app.startChild({ id: "x", start: Supervisor.child(children) }))).rejects.toMatchObject(cyclic);
      await expect(time.until(app.startChild({ id: "x", start: () => app }))).rejects.toMatchObject(cyclic);
      const grand = Supervisor.child([{ id: "up", start: () => app.pid }]);
      await expect(time.until(app.startChild({ id: "x", start: grand }))).rejects.toMatchObject(cyclic);
      await spared();
    }));

  it("V6 an init that never answers is gone when its supervisor is", async () => {
    class Hangs extends GenServer {
      override async init() {
        await this.self.receive(() => false);
      }
    }
    const starting = Supervisor.start([{ id: "hangs", start: GenServer.child(Hangs), shutdown: 50 }], { node: time.node, name: "app" });
    starting.catch(() => undefined);
    await time.advance(10);
    await time.until(Supervisor.at("app", { node: time.node }).stop());
    await expect(starting).rejects.toMatchObject({ code: "start_failed" });
    expect(time.now).toBe(60);
    await nothingIsLeft();
  });
});

describe("a supervised server that is misused", () => {
  class Odd extends GenServer {
    #answer: Deferred<number> | undefined;
    #rounds = 0;
    get #me() {
      return GenServer.at<Odd>("odd", { node: this.self.node });
    }
    fine() {
      return "fine";
    }
    throws(error: unknown) {
      throw error;
    }
    async rejects(error: Error) {
      await this.self.sleep(1);
      throw error;
    }
    never(): Promise<void> {
      return new Promise(() => undefined);
    }
    atOnce() {
      return this.#me.call.fine();
    }
    async later() {
      await this.self.sleep(1);
      return this.#me.from(this.self).call.fine();
    }
    deferred() {
      return (this.#answer = this.defer<number>());
    }
    answer(value: number) {
      this.#answer?.reply(value);
    }
    /** Casts itself for ever. */
    round() {
      this.#rounds++;
      this.cast.round();
    }
    rounds() {
      return this.#rounds;
    }
    /** A cast that calls itself. */
    castThatCalls() {
      return this.#me.call.fine();
    }
    unsendable() {
      return () => 1;
    }
  }

  const supervised = async (use: (odd: ReturnType<typeof GenServer.at<Odd>>, restarts: () => Promise<number>) => Promise<void>): Promise<void> => {
    const app = await time.until(
      Supervisor.start([{ id: "odd", start: GenServer.child(Odd, [], { name: "odd" }), shutdown: 100 }], { node: time.node }),
    );
    await use(GenServer.at<Odd>("odd", { node: time.node }), async () => {
      await time.advance(0);
      return (await time.until(app.whichChildren()))[0]!.restarts;
    });
    await time.until(app.stop());
    await nothingIsLeft();
  };

  it("G2 a handler that throws, or rejects, ends it: the caller is told, and the next one is served by another", () =>
    supervised(async (odd, restarts) => {
      const error = new RangeError("odd");
      await expect(time.until(odd.call.throws(error))).rejects.toMatchObject({ code: "call_failed", method: "throws", reason: error });
      expect(await restarts()).toBe(1);
      await expect(time.until(odd.call.rejects(error))).rejects.toMatchObject({ code: "call_failed", reason: error });
      await time.advance(0);
      // Whatever is thrown, though it is no error, or looks like an orderly end.
      await expect(time.until(odd.call.throws(undefined))).rejects.toMatchObject({ code: "call_failed", reason: undefined });
      expect(await restarts()).toBe(3);
      expect(await time.until(odd.call.fine())).toBe("fine");
    }));

  it("G2 a handler that never settles: calls time out and say so, and its supervisor stops it in time", () =>
    supervised(async (odd, restarts) => {
      odd.cast.never();
      await expect(time.until(odd.call({ timeout: 20 }).fine())).rejects.toMatchObject({
        code: "call_timeout",
        message: expect.stringContaining("it has been in never() for 20 ms, and 1 message waits behind it"),
      });
      expect(await restarts()).toBe(0);
    }));

  it("G2 a call to itself is refused, at once and after a while; it crashes by that and is started again", () =>
    supervised(async (odd, restarts) => {
      const itself = { code: "call_failed", message: expect.stringContaining("it called itself") };
      await expect(time.until(odd.call.atOnce())).rejects.toMatchObject(itself);
      await time.advance(0);
      await expect(time.until(odd.call.later())).rejects.toMatchObject(itself);
      expect(await restarts()).toBe(2);
      odd.cast.castThatCalls();
      expect(await restarts()).toBe(3);
      expect(await time.until(odd.call.fine())).toBe("fine");
    }));

  it("K18 one that casts itself for ever keeps nobody else from their turn, nor its supervisor from stopping it", () =>
    supervised(async (odd, restarts) => {
      odd.cast.round();
      expect(await odd.call.fine()).toBe("fine");
      expect(await odd.call.rounds()).toBeGreaterThan(0);
      expect((await Promise.all([odd.call.rounds(), odd.call.fine()]))[1]).toBe("fine");
      await odd.stop();
      expect(await restarts()).toBe(1);
    }));

  it("G1 a second reply is the mistake of whoever gives it, and the first one stands", () =>
    supervised(async (odd, restarts) => {
      const answer = odd.call.deferred();
      await time.until(odd.call.answer(1));
      await expect(time.until(odd.call.answer(2))).rejects.toMatchObject({
        code: "call_failed",
        reason: { code: "already_replied", method: "deferred" },
      });
      expect(await answer).toBe(1);
      expect(await restarts()).toBe(1);
    }));

  it("G2 a method that there is not is told to the caller, and harms nobody; a cast of it is a message", () =>
    supervised(async (odd, restarts) => {
      const wrong = odd as unknown as { call: Record<string, () => Promise<unknown>>; cast: Record<string, () => void> };
      for (const name of ["fien", "init", "handleInfo", "stop", "__proto__"])
        await expect(time.until(wrong.call[name]!.call(wrong.call))).rejects.toMatchObject({
          code: "call_failed",
          reason: expect.any(TaskwardError) as unknown,
          message: expect.stringContaining("it has fine, throws"),
        });
      wrong.cast["fien"]!.call(wrong.cast);
      expect(await time.until(odd.call.fine())).toBe("fine");
      expect(await restarts()).toBe(0);
    }));

  it("G2 whatever is sent to it, it stands", () =>
    supervised(async (odd, restarts) => {
      const hostile = new Proxy({}, { get: (_, name) => (name === "then" ? undefined : (expect.fail("looked at") as never)) });
      const pid = odd.pid as Pid;
      for (const message of [
        null,
        undefined,
        5,
        hostile,
        { $call: 5 },
        { $call: "fine" },
        { $call: "fine", args: [], to: 5, id: 1 },
        { $cast: "fine" },
      ])
        time.node.send(pid, message);
      for (const to of ["<gone.1>", "nobody", ""]) time.node.send(pid, { $call: "fine", args: [], to, id: 1 });
      expect(await time.until(odd.call.fine())).toBe("fine");
      expect(await restarts()).toBe(0);
    }));
});
