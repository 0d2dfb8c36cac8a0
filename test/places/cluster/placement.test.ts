import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Pid, type Self, Task, TaskRunner, TaskSupervisor, type TaskSupervisorOptions, collect, run, tasksFrom } from "taskward";
import { type Cluster, joinCluster } from "taskward/cluster";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { Worker } from "./cluster.js";
import type * as Jobs from "./fixtures/jobs.mjs";
import { NatsServer, hasNats } from "./nats.js";

const module = new URL("./fixtures/jobs.mjs", import.meta.url);
const jobs = tasksFrom<typeof Jobs>(module);

interface Arrival {
  readonly gate: string;
  readonly pid: Pid;
  readonly node: string;
}

/** The next task that says that it runs. */
const arrival = async (self: Self): Promise<Arrival> =>
  (await self.receive((message) => typeof message === "object" && message !== null && "gate" in message)) as Arrival;

describe.runIf(hasNats)("nodes of a cluster as the place of tasks", () => {
  let nats: NatsServer;
  let here: Cluster;
  let folder: string;
  const workers: Worker[] = [];
  const supervisors: TaskSupervisor[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.kill());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taskward-"));
    here = await joinCluster({ name: "home", servers: nats.url, isDefault: false, reporter: () => undefined, tick: 1_000 });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.kill()));
    await Promise.all(supervisors.splice(0).map((one) => one.stop("killed")));
    await here.leave();
    await rm(folder, { recursive: true });
  });

  const worker = async (name: string, concurrency: number, groups = ["workers"]): Promise<Worker> => {
    const one = await Worker.start({ name, servers: nats.url, groups, concurrency, tick: 1_000, modules: [module] });
    workers.push(one);
    await here.whenUp(name);
    return one;
  };
  const supervisor = (options: TaskSupervisorOptions = {}): TaskSupervisor => {
    const one = TaskSupervisor.start({ node: here.node, on: here.group("workers"), shutdown: 100, ...options });
    supervisors.push(one);
    return one;
  };
  const file = (): string => join(folder, "ran");
  const ran = async (): Promise<string[]> => (await readFile(file(), "utf8")).trim().split("\n").sort();
  const bare = (node: string): string => node.slice(0, node.indexOf("~"));

  it("N4 a task goes to the node of the group with the least to do for what it can", () =>
    run(
      async (self) => {
        await worker("big", 4);
        await worker("small", 2);
        await worker("other", 8, ["others"]);
        const group = supervisor();
        expect(group.place).toMatchObject({ kind: "the nodes of group workers", parallelism: 6 });
        for (let n = 0; n < 6; n++) group.asyncNolink(jobs.noted(file(), self.pid, `job ${n}`));
        const nodes = [];
        for (let n = 0; n < 6; n++) nodes.push(bare((await arrival(self)).node));
        expect(nodes.sort()).toEqual(["big", "big", "big", "big", "small", "small"]);
      },
      { node: here.node },
    ));

  it("N4 tasks wait here while all are busy, or no node of the group is there; the first that comes runs them", () =>
    run(
      async (self) => {
        const group = supervisor();
        for (let n = 0; n < 3; n++) group.asyncNolink(jobs.noted(file(), self.pid, `job ${n}`));
        expect(group.countChildren()).toEqual({ active: 0, waiting: 3 });
        await worker("one", 1);
        const first = await arrival(self);
        expect(first.gate).toBe("job 0");
        expect(group.countChildren()).toEqual({ active: 1, waiting: 2 });
        await worker("two", 1);
        const second = await arrival(self);
        expect([second.gate, bare(second.node)]).toEqual(["job 1", "two"]);
        self.send(first.pid, "done");
        const third = await arrival(self);
        expect([third.gate, bare(third.node)]).toEqual(["job 2", "one"]);
      },
      { node: here.node },
    ));

  it("N4 when a node is lost, what it had been given ends with noconnection, and what waits runs elsewhere, once", () =>
    run(
      async (self) => {
        const one = await worker("one", 2);
        await worker("two", 2);
        const group = supervisor();
        const runner = TaskRunner.run(
          Array.from({ length: 10 }, (_, n) => [group, jobs.noted(file(), self.pid, `job ${n}`)] as const),
          { node: here.node },
        );
        const begun = [await arrival(self), await arrival(self), await arrival(self), await arrival(self)];
        const lost = begun.filter(({ node }) => bare(node) === "one").map(({ gate }) => gate);
        expect(lost).toHaveLength(2);
        await one.kill();
        for (const { node, pid } of begun) if (bare(node) === "two") self.send(pid, "done");
        const collected = collect(runner);
        for (let n = 0; n < 6; n++) self.send((await arrival(self)).pid, "done");
        const { indexes, errors } = await collected;
        expect(errors.map(({ index, reason }) => [`job ${index}`, reason]).sort()).toEqual(lost.sort().map((job) => [job, "noconnection"]));
        expect(indexes).toHaveLength(8);
        expect(await ran()).toEqual(Array.from({ length: 10 }, (_, n) => `job ${n}`));
      },
      { node: here.node },
    ));

  it("N4 with retry: { onNoConnection: true } what had begun on a lost node runs again on another", () =>
    run(
      async (self) => {
        const one = await worker("one", 1);
        const group = supervisor();
        const spec = [group, jobs.noted(file(), self.pid, "job"), { retry: { onNoConnection: true } }] as const;
        const runner = TaskRunner.run([spec, [group, jobs.crash("once"), { retry: { onNoConnection: true } }]], { node: here.node });
        expect(bare((await arrival(self)).node)).toBe("one");
        await one.kill();
        await worker("two", 1);
        const again = await arrival(self);
        expect([again.gate, bare(again.node)]).toEqual(["job", "two"]);
        self.send(again.pid, "value");
        expect(await collect(runner)).toMatchObject({ values: ["value"], indexes: [0], errors: [{ index: 1, reason: { message: "once" } }] });
        expect(await ran()).toEqual(["job", "job"]);
      },
      { node: here.node },
    ));

  it("N4 a node that drains gets nothing new, ends what it has, and can leave without harm", () =>
    run(
      async (self) => {
        const one = await worker("one", 2);
        const group = supervisor();
        const first = group.asyncNolink(self, jobs.noted(file(), self.pid, "first"));
        const begun = await arrival(self);
        one.tell("drain");
        await new Promise<void>((resolve) => {
          const timer = setInterval(() => {
            if (!here.nodes().some(({ draining }) => draining)) return;
            clearInterval(timer);
            resolve();
          }, 5);
        });
        group.asyncNolink(jobs.noted(file(), self.pid, "second"));
        expect(group.countChildren()).toEqual({ active: 1, waiting: 1 });
        const drained = one.says("drained");
        self.send(begun.pid, "done");
        expect(await Task.await(self, first)).toBe("done");
        await drained;
        await worker("two", 1);
        const second = await arrival(self);
        expect([second.gate, bare(second.node)]).toEqual(["second", "two"]);
        const left = one.says("left");
        one.tell("leave");
        await left;
        expect(await ran()).toEqual(["first", "second"]);
      },
      { node: here.node },
    ));

  it("N4 two callers share the nodes of a group", () =>
    run(
      async (self) => {
        await worker("one", 2);
        const other = await joinCluster({ name: "elsewhere", servers: nats.url, isDefault: false });
        await using theirs = TaskSupervisor.start({ node: other.node, on: other.group("workers"), shutdown: "brutal_kill" });
        const ours = supervisor();
        await here.whenUp("elsewhere");
        for (let n = 0; n < 2; n++) theirs.asyncNolink(jobs.noted(file(), self.pid, `their ${n}`));
        await arrival(self);
        const pid = (await arrival(self)).pid;
        // It may wait there, behind theirs, and runs when one of those ends.
        ours.asyncNolink(jobs.noted(file(), self.pid, "our 0"));
        self.send(pid, "done");
        expect((await arrival(self)).gate).toBe("our 0");
        await theirs.stop();
        await other.leave();
      },
      { node: here.node },
    ));

  /** Two tasks of another program keep a node busy, and one from here waits there. */
  const waitingBehindOthers = async (self: Self) => {
    const one = await worker("one", 2);
    const other = await joinCluster({ name: "elsewhere", servers: nats.url, isDefault: false });
    onTestFinished(() => other.leave());
    const theirs = TaskSupervisor.start({ node: other.node, on: other.group("workers"), shutdown: "brutal_kill" });
    supervisors.push(theirs);
    const ours = supervisor();
    for (let n = 0; n < 2; n++) theirs.asyncNolink(jobs.noted(file(), self.pid, `their ${n}`));
    await here.whenUp("elsewhere");
    const begun = [await arrival(self), await arrival(self)];
    const task = ours.asyncNolink(self, jobs.noted(file(), self.pid, "ours"));
    while (here.nodes().find(({ name }) => name === "one")?.load !== 3) await self.sleep(5);
    return { one, task, begun, ours };
  };

  it("N4 what had to wait at a lost node, behind the tasks of others, has not begun, and runs elsewhere, once", () =>
    run(
      async (self) => {
        const { one, task } = await waitingBehindOthers(self);
        await one.kill();
        await worker("two", 2);
        const { gate, node, pid } = await arrival(self);
        expect([gate, bare(node)]).toEqual(["ours", "two"]);
        self.send(pid, "done");
        expect(await Task.await(self, task)).toBe("done");
        expect(await ran()).toEqual(["ours", "their 0", "their 1"]);
      },
      { node: here.node },
    ));

  it("N4 what waits at a node that stands still is ended without it, and does not begin there when it goes on", () =>
    run(
      async (self) => {
        const { one, task, begun, ours } = await waitingBehindOthers(self);
        one.signal("SIGSTOP");
        expect(await Task.shutdown(self, task)).toBe(null);
        expect(ours.countChildren()).toEqual({ active: 0, waiting: 0 });
        one.signal("SIGCONT");
        for (const { pid } of begun) self.send(pid, "done");
        const last = ours.asyncNolink(self, jobs.noted(file(), self.pid, "last"));
        self.send((await arrival(self)).pid, "done");
        expect(await Task.await(self, last)).toBe("done");
        expect(await ran()).toEqual(["last", "their 0", "their 1"]);
      },
      { node: here.node },
    ));

  it("R2 R10 the deadline and cancel reach tasks on other nodes", () =>
    run(
      async (self) => {
        await worker("one", 4);
        const group = supervisor();
        const specs = [
          [group, jobs.add(1, 2)],
          [group, jobs.noted(file(), self.pid, "late")],
        ] as const;
        const runner = TaskRunner.run(specs, { node: here.node, timeout: 300 });
        const events = [];
        for await (const event of runner) events.push(event.type);
        expect(events).toEqual(["ok", "timeout"]);
        const second = TaskRunner.run(specs.slice(1), { node: here.node });
        await arrival(self);
        await second.cancel();
        await runner.cancel();
        expect(group.countChildren()).toEqual({ active: 0, waiting: 0 });
      },
      { node: here.node },
    ));
});
