import { InvalidOption, NoProcess, Task, TaskSupervisor, defaultNode, run, tasksFrom } from "taskward";
import { type Cluster, type ClusterOptions, type NodeEvent, joinCluster } from "taskward/cluster";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NatsServer, hasNats } from "./nats.js";

const own = tasksFrom<{ add(a: number, b: number): number; boom(): never; missing(): void; inner: () => string }>(
  new URL("./fixtures/jobs.mjs", import.meta.url),
);
const ofModule = tasksFrom<{ inner(): string }>("registered:tools", { as: "tools" });

describe.runIf(hasNats)("a cluster", () => {
  let nats: NatsServer;
  const joined: Cluster[] = [];
  const join = async (name: string, options: Partial<ClusterOptions> = {}): Promise<Cluster> => {
    const cluster = await joinCluster({ name, servers: nats.url, isDefault: false, reporter: () => undefined, ...options });
    joined.push(cluster);
    return cluster;
  };

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.kill());
  afterEach(async () => {
    await Promise.all(joined.splice(0).map((cluster) => cluster.leave()));
  });

  it("N4 nodes know each other when they have joined, and hear who comes and goes", async () => {
    const a = await join("a", { groups: ["workers", "gpu"], concurrency: 3 });
    const events: NodeEvent[] = [];
    const unwatch = a.watch((event) => events.push(event));
    const b = await join("b");
    expect(b.nodes()).toEqual([{ name: "a", incarnation: a.node.name, groups: ["workers", "gpu"], capacity: 3, load: 0, draining: false }]);
    expect(await a.whenUp("b", { timeout: 5_000 })).toMatchObject({ name: "b", incarnation: b.node.name });
    const gone = new Promise<void>((resolve) => {
      a.watch(({ type }) => {
        if (type === "down") resolve();
      });
    });
    await b.leave();
    await gone;
    expect(events.map(({ type, node }) => `${type} ${node.name}`)).toEqual(["up b", "down b"]);
    unwatch();
    await join("c");
    await a.whenUp("c");
    expect(events).toHaveLength(2);
    expect(a.nodes().map(({ name }) => name)).toEqual(["c"]);
  });

  it("N4 clusters of different names at one server know nothing of each other", async () => {
    const a = await join("a", { cluster: "one" });
    await join("b", { cluster: "two" });
    const c = await join("a", { cluster: "two" });
    expect(a.nodes()).toEqual([]);
    expect(c.nodes().map(({ name }) => name)).toEqual(["b"]);
  });

  it("N4 a name is taken as long as its node is there", async () => {
    const first = await join("a");
    await expect(join("a")).rejects.toMatchObject({ code: "name_taken", message: expect.stringContaining('the name "a" is taken') });
    await first.leave();
    const second = await join("a");
    expect(second.node.name).not.toBe(first.node.name);
  });

  it("N4 of two that come at once with the same name, one gets it", async () => {
    const outcomes = await Promise.allSettled([join("twin", { tick: 500 }), join("twin", { tick: 500 })]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  it("N4 K3 a process elsewhere is sent to by { name, node }, and nobody's name there takes it in silence", async () => {
    const [a, b] = [await join("a"), await join("b")];
    const got = b.node.run(async (self) => {
      self.register("ears");
      return self.receive();
    });
    a.node.send({ name: "nobody", node: "b" }, "lost");
    a.node.send({ name: "ears", node: "b" }, "heard");
    expect(await got).toBe("heard");
    expect(() => {
      a.node.send("ears", "here?");
    }).toThrow(NoProcess);
    // By its own name too a node is meant.
    const own = a.node.run(async (self) => {
      self.register("ears");
      self.send({ name: "ears", node: "a" }, "mine");
      return self.receive();
    });
    expect(await own).toBe("mine");
  });

  it("N5 R12 a node runs what is registered there, and says what there is when it is asked for something else", async () => {
    const a = await join("a");
    const b = await join("b", {
      functions: {
        add: (x: number, y: number) => x + y,
        boom: () => {
          throw new RangeError("boom");
        },
        tools: { inner: () => "tool", version: 3 },
      },
    });
    await using far = TaskSupervisor.start({ node: a.node, on: a.on("b") });
    expect(await Task.await(far.asyncNolink(own.add(40, 2)))).toBe(42);
    expect(await Task.await(far.asyncNolink(ofModule.inner()))).toBe("tool");
    await expect(Task.await(far.asyncNolink(own.boom()))).rejects.toMatchObject({ reason: expect.any(RangeError) });
    await expect(Task.await(far.asyncNolink(own.missing()))).rejects.toMatchObject({
      reason: {
        code: "load_failed",
        message: expect.stringContaining('"missing" is not registered on this node: its functions are add, boom, tools.inner'),
      },
    });
    await expect(Task.await(far.asyncNolink(own.inner()))).rejects.toMatchObject({ reason: { code: "load_failed" } });
    expect(() => far.asyncNolink(() => 1)).toThrow(/cannot run on node b: a closure stays on its event loop/);
    expect(b.info.load).toBe(0);
  });

  it("N5 a node without functions runs nothing", async () => {
    const a = await join("a");
    await join("b");
    await using far = TaskSupervisor.start({ node: a.node, on: a.on("b") });
    await expect(Task.await(far.asyncNolink(own.add(1, 2)))).rejects.toMatchObject({
      reason: { message: expect.stringContaining("it has no functions") },
    });
  });

  it("is the node of this event loop from then on", async () => {
    const before = defaultNode();
    const a = await join("a", { isDefault: true });
    expect(defaultNode()).toBe(a.node);
    expect(await run((self) => self.pid)).toMatch(/^<a~\w+\.\d+>$/);
    expect(before.name).toBe("main");
  });

  it("values of many megabytes go in pieces, both ways; one beyond maxMessage is refused, and says so", async () => {
    const a = await join("a", { maxMessage: 5_000_000 });
    await join("b", { functions: { echo: (text: string) => text } });
    const { echo } = tasksFrom<{ echo(text: string): string }>("registered:all");
    await using far = TaskSupervisor.start({ node: a.node, on: a.on("b") });
    const text = "0123456789".repeat(400_000);
    expect(await Task.await(far.asyncNolink(echo(text)))).toBe(text);
    await expect(Task.await(far.asyncNolink(echo(text + text)))).rejects.toMatchObject({
      reason: { code: "not_cloneable", message: expect.stringContaining("maxMessage") },
    });
    // What comes after it goes on.
    expect(await Task.await(far.asyncNolink(echo("next")))).toBe("next");
  });

  it("a supervisor of a cluster that was left ends its tasks, and takes no more for later", async () => {
    const a = await join("a");
    await using nowhere = TaskSupervisor.start({ node: a.node, on: a.group("nobody") });
    const waiting = nowhere.asyncNolink(own.add(1, 2));
    await a.leave();
    await expect(Task.await(waiting)).rejects.toMatchObject({ reason: "noconnection" });
    await expect(Task.await(nowhere.asyncNolink(own.add(1, 2)))).rejects.toMatchObject({ reason: "noconnection" });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string]>([
    ["no name", { name: undefined }, "name is undefined: give letters, digits, and any of _ - @"],
    ["a name that no subject can have", { name: "a.b" }, 'name is "a.b": give letters'],
    ["a cluster that no subject can have", { cluster: "*" }, 'cluster is "*"'],
    ["no server", { servers: [] }, "servers is []: give the address of a NATS server"],
    ["credentials of two kinds", { credentials: { user: "u", token: "secret" } }, 'credentials is ["user","token"]: give one of'],
    ["a group that is no name", { groups: ["a b"] }, 'groups[] is "a b"'],
    ["groups that are none", { groups: "workers" }, 'groups is "workers": give an array'],
    ["functions that are none", { functions: { five: 5 } }, "give functions by their names"],
    ["no functions at all", { functions: 5 }, "functions is 5: give functions by their names"],
    ["a tick that is too short", { tick: 5 }, "tick is 5: give 100 to 60000 milliseconds"],
    ["a negative concurrency", { concurrency: -1 }, "concurrency is -1"],
    ["runs that are kept for no time", { runs: { keep: 0 } }, "runs.keep is 0: give a whole number, 1000 or more"],
    ["runs that are kept nowhere", { runs: { replicas: 0 } }, "runs.replicas is 0"],
    ["an option that there is not", { server: "nats://x" }, "no such option; there are name, servers"],
  ])("T13 is not joined with %s", async (_what, options, message) => {
    const joining = joinCluster({ name: "a", servers: nats.url, isDefault: false, ...options });
    await expect(joining).rejects.toThrow(InvalidOption);
    await expect(joining).rejects.toThrow(message);
  });

  it("T13 is not joined where no server is: the client says so", async () => {
    await expect(joinCluster({ name: "a", servers: "nats://127.0.0.1:1", isDefault: false })).rejects.toThrow(/refused/i);
  });

  it("T13 asks for names of groups and nodes that can be", async () => {
    const a = await join("a");
    expect(() => a.group("")).toThrow(InvalidOption);
    expect(() => a.on("x.y")).toThrow(InvalidOption);
    expect(() => a.on("a")).toThrow("it is this node: leave `on` out, and tasks run here");
    await expect(a.whenUp("b", { timeout: -1 })).rejects.toThrow(InvalidOption);
    expect(await a.whenUp("b", { timeout: 0 })).toBeUndefined();
  });
});
