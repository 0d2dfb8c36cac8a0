import { type Pid, type Self, Task, TaskRunner, TaskSupervisor, collect, task, tasksFrom } from "taskward";
import { type Cluster, joinCluster } from "taskward/cluster";
import { stream } from "taskward/stream";
import { threads } from "taskward/threads";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type * as Jobs from "./fixtures/jobs.mjs";
import { NatsServer, hasNats } from "./nats.js";

const jobs = tasksFrom<typeof Jobs>(new URL("./fixtures/jobs.mjs", import.meta.url));

/** What the other node has registered, beside the references. */
const functions = {
  value: (x: unknown) => x,
  crash: (message: string) => {
    throw new RangeError(message);
  },
  gated: task(async (self: Self, keeper: Pid, name: string) => {
    self.send(keeper, { gate: name, pid: self.pid, parent: self.parent, callers: self.callers });
    return self.receive();
  }),
  tells: task((self: Self, n: number) => {
    for (let i = 0; i < n; i++) self.progress(i);
    return n;
  }),
  count: async function* (n: number) {
    for (let i = 0; i < n; i++) yield await Promise.resolve(i);
  },
};
const far = tasksFrom<typeof functions>("registered:all");

interface Arrival {
  readonly gate: string;
  readonly pid: Pid;
  readonly parent: Pid;
  readonly callers: readonly Pid[];
}
const arrival = async (self: Self): Promise<Arrival> =>
  (await self.receive((message) => typeof message === "object" && "gate" in (message as object))) as Arrival;

describe.runIf(hasNats)("S6 a TaskSupervisor of another node, as { name, node }", () => {
  let nats: NatsServer;
  let here: Cluster;
  let there: Cluster;
  let pool: TaskSupervisor;
  let remote: TaskSupervisor;

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.kill());
  beforeEach(async () => {
    const options = { servers: nats.url, isDefault: false, reporter: () => undefined };
    there = await joinCluster({ ...options, name: "there", functions: { ...functions, add: jobs.add, whereAmI: jobs.whereAmI }, concurrency: 0 });
    here = await joinCluster({ ...options, name: "here" });
    pool = TaskSupervisor.start({ name: "pool", node: there.node, concurrency: 2, maxChildren: 3 });
    remote = TaskSupervisor.start({ node: here.node, on: here.under({ name: "pool", node: "there" }), shutdown: 200 });
  });
  afterEach(async () => {
    await remote.stop();
    await pool.stop();
    await here.leave();
    await there.leave();
  });
  const play = (scene: (self: Self) => Promise<void>): Promise<void> => here.node.run(scene);

  it("S6 runs tasks under it: their parent is that supervisor, their callers are here", () =>
    play(async (self) => {
      expect(remote.place.kind).toBe("the supervisor pool of node there");
      expect(await Task.await(self, remote.asyncNolink(self, far.value(42)))).toBe(42);
      const one = remote.asyncNolink(self, far.gated(self.pid, "one"));
      const { pid, parent, callers } = await arrival(self);
      expect([parent, callers[0]]).toEqual([pool.pid, self.pid]);
      expect(pool.children()).toMatchObject([{ pid, runs: "gated", state: "running" }]);
      self.send(pid, "done");
      expect(await Task.await(self, one)).toBe("done");
      expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
    }));

  it("S6 its limits are those that hold: concurrency there, and maxChildren", () =>
    play(async (self) => {
      const tasks = ["a", "b", "c"].map((name) => remote.asyncNolink(self, far.gated(self.pid, name)));
      const first = await arrival(self);
      await arrival(self);
      expect(pool.countChildren()).toEqual({ active: 2, waiting: 1 });
      await expect(Task.await(self, remote.asyncNolink(self, far.value(1)))).rejects.toMatchObject({ reason: { code: "max_children" } });
      self.send(first.pid, "a");
      expect((await arrival(self)).gate).toBe("c");
      await Promise.all(tasks.slice(1).map((one) => Task.shutdown(self, one)));
      expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
    }));

  it("S6 crashes, progress and streams come back from it", () =>
    play(async (self) => {
      const { errors } = await collect(TaskRunner.run([[remote, far.crash("boom")]], { node: here.node }));
      expect(errors).toMatchObject([{ index: 0, reason: { name: "RangeError", message: "boom" } }]);
      const told: unknown[] = [];
      const run = TaskRunner.run([[remote, far.tells(3)]], { node: here.node, onProgress: (value) => told.push(value) });
      expect((await collect(run)).values).toEqual([3]);
      expect(told).toEqual([0, 1, 2]);
      const values: unknown[] = [];
      for await (const value of stream(remote, far.count(30))) values.push(value);
      expect(values).toEqual(Array.from({ length: 30 }, (_, n) => n));
      expect(await self.receive(undefined, { after: 0 })).toBeUndefined();
    }));

  it("S6 one on threads runs what was registered as a reference there, and refuses what is a function of its event loop", () =>
    play(async (self) => {
      await using onThreads = TaskSupervisor.start({ name: "threads", node: there.node, on: threads({ size: 2 }) });
      await using remote = TaskSupervisor.start({ node: here.node, on: here.under({ name: "threads", node: "there" }) });
      expect(onThreads.isRunning).toBe(true);
      expect(await Task.await(self, remote.asyncNolink(self, jobs.add(40, 2)))).toBe(42);
      const both = [remote.asyncNolink(self, jobs.whereAmI()), remote.asyncNolink(self, jobs.whereAmI())];
      for (const name of await Task.awaitMany(self, both)) expect(name).toMatch(/^there~\w+\/t[12]$/);
      await expect(Task.await(self, remote.asyncNolink(self, far.value(1)))).rejects.toMatchObject({ reason: { code: "not_portable" } });
    }));

  it("S6 what was given to it runs on when the node here is lost", () =>
    play(async () => {
      const keeper = there.node.run(async (me) => {
        me.register("keeper");
        return (await me.receive()) as Arrival;
      });
      remote.startChild(far.gated("<there!keeper>" as Pid, "orphan"));
      const { pid } = await keeper;
      await here.leave();
      await there.node.run(async (me) => {
        while (there.nodes().length > 0) await me.sleep(5);
      });
      expect(pool.children()).toMatchObject([{ pid, state: "running" }]);
      there.node.send(pid, "done");
    }));

  it("S6 where there is none of that name, or the node has not registered the function, the task says so", () =>
    play(async (self) => {
      await using nobody = TaskSupervisor.start({ node: here.node, on: here.under({ name: "nobody", node: "there" }) });
      await expect(Task.await(self, nobody.asyncNolink(self, far.value(1)))).rejects.toMatchObject({
        reason: { code: "supervisor_down", message: expect.stringContaining("nobody on node there is not running") },
      });
      const { nothing } = tasksFrom<{ nothing(): void }>("registered:all");
      await expect(Task.await(self, remote.asyncNolink(self, nothing()))).rejects.toMatchObject({ reason: { code: "load_failed" } });
    }));

  it("T13 asks for a name and a node", () => {
    expect(() => here.under({ name: "", node: "there" })).toThrow("under({ name, node }): name");
    expect(() => here.under({ name: "pool", node: "a b" })).toThrow("under({ name, node }): node");
    expect(() => here.under(undefined as never)).toThrow("under({ name, node }): name");
    expect(() => here.under({ name: "pool", node: "here" })).toThrow("it is this node: take TaskSupervisor.at(name)");
  });
});
