import { Down, Exit, type Pid, type Self, Task, TaskSupervisor, type Node, tasksFrom } from "taskward";
import { type Cluster, joinCluster } from "taskward/cluster";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Worker } from "./cluster.js";
import type * as Jobs from "./fixtures/jobs.mjs";
import { NatsServer, hasNats } from "./nats.js";
import { Proxy } from "./proxy.js";

const module = new URL("./fixtures/jobs.mjs", import.meta.url);
const jobs = tasksFrom<typeof Jobs>(module);
const tick = 1_000;

/** A process on another node that answers what it is sent. */
async function echo(self: Self, supervisor: TaskSupervisor, name: string): Promise<Pid> {
  supervisor.startChild(jobs.echo(self.pid, name));
  const { pid } = (await self.receive((message) => (message as { gate?: unknown }).gate === name)) as { pid: Pid };
  return pid;
}

const answer = async (self: Self): Promise<unknown> => ((await self.receive((message) => "echo" in (message as object))) as { echo: unknown }).echo;

const down = (self: Self, ref: unknown): Promise<Down> => self.receive((message): message is Down => message instanceof Down && message.ref === ref);

describe.runIf(hasNats)("a cluster whose nodes or servers are lost", () => {
  let nats: NatsServer;
  const workers: Worker[] = [];
  const closers: (() => unknown)[] = [];

  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.kill());
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  });

  const home = async (servers: string | string[] = nats.url): Promise<Cluster> => {
    const cluster = await joinCluster({ name: "home", servers, tick, isDefault: false, reporter: () => undefined });
    closers.push(() => cluster.leave());
    return cluster;
  };
  const worker = async (name: string, servers: string | string[] = nats.url): Promise<Worker> => {
    const one = await Worker.start({ name, servers, tick, groups: ["workers"], modules: [module] });
    workers.push(one);
    return one;
  };
  const proxy = async (): Promise<Proxy> => {
    const one = await Proxy.start(nats.port);
    closers.push(() => {
      one.close();
    });
    return one;
  };
  const supervisor = (here: Cluster, name = "w"): TaskSupervisor => {
    const one = TaskSupervisor.start({ node: here.node, on: here.on(name) });
    closers.push(() => one.stop());
    return one;
  };
  const play = (node: Node, scene: (self: Self) => Promise<void>): Promise<void> => node.run(scene);

  it.each(["SIGKILL", "SIGSTOP", "leaving"] as const)("N1 %s of a node ends all that is tied to it with noconnection", async (how) => {
    const one = await worker("w");
    const here = await home();
    await play(here.node, async (self) => {
      const pid = await echo(self, supervisor(here), "echo");
      const task = supervisor(here).asyncNolink(self, jobs.noted("/dev/null", self.pid, "job"));
      self.trapExit = true;
      self.link(pid);
      const [byPid, byName, ofNode] = [self.monitor(pid), self.monitor({ name: "echo", node: "w" }), here.monitor(self, "w")];
      await self.receive((message) => (message as { gate?: unknown }).gate === "job");
      if (how === "SIGKILL") await one.kill();
      else if (how === "SIGSTOP") one.signal("SIGSTOP");
      else one.tell("leave");
      expect(await self.receive((message) => message instanceof Exit)).toEqual(new Exit(pid, "noconnection"));
      expect(await down(self, byPid)).toMatchObject({ from: pid, reason: "noconnection" });
      expect(await down(self, byName)).toMatchObject({ from: { name: "echo", node: "w" }, reason: "noconnection" });
      expect(await down(self, ofNode)).toMatchObject({ from: { name: "net_kernel", node: "w" }, reason: "noconnection" });
      await expect(Task.await(self, task)).rejects.toMatchObject({ reason: "noconnection" });
      // And what is asked of it now: at once.
      expect(await down(self, self.monitor(pid))).toMatchObject({ reason: "noconnection" });
      expect(here.nodes()).toEqual([]);
    });
  });

  it("N1 of a node that stood still for longer than the tick, the pids are what they were: both ends hear that they were apart", async () => {
    const one = await worker("w");
    const here = await home();
    await play(here.node, async (self) => {
      const pid = await echo(self, supervisor(here), "echo");
      const ref = here.monitor(self, "w");
      one.signal("SIGSTOP");
      await down(self, ref);
      one.signal("SIGCONT");
      expect(await here.whenUp("w")).toMatchObject({ incarnation: pid.slice(1, pid.indexOf(".")) });
      // What this node had started there was ended, for it was lost to it.
      expect(await down(self, self.monitor(pid))).toMatchObject({ reason: "noproc" });
      expect(await Task.await(self, supervisor(here).asyncNolink(self, jobs.add(1, 2)))).toBe(3);
    });
  });

  it("N3 a node that returns is a new incarnation: old pids stay dead, its name leads to the new one", async () => {
    const one = await worker("w");
    const here = await home();
    await play(here.node, async (self) => {
      const old = await echo(self, supervisor(here), "echo");
      const ref = self.monitor(old);
      await one.kill();
      expect(await down(self, ref)).toMatchObject({ reason: "noconnection" });
      await worker("w");
      await here.whenUp("w");
      const young = await echo(self, supervisor(here), "echo");
      expect(young).not.toBe(old);
      expect(await down(self, self.monitor(old))).toMatchObject({ reason: "noconnection" });
      self.send(old, { from: self.pid, what: "to the old one" });
      self.send({ name: "echo", node: "w" }, { from: self.pid, what: "to the new one" });
      expect(await answer(self)).toBe("to the new one");
    });
  });

  it("N3 one that returns before its loss was seen takes the place of the old one, whose ties hear of it", async () => {
    const one = await worker("w");
    const here = await home();
    await play(here.node, async (self) => {
      const ref = self.monitor(await echo(self, supervisor(here), "echo"));
      one.signal("SIGSTOP");
      // It does not answer whether the name is taken, and another takes it.
      await worker("w");
      expect(await down(self, ref)).toMatchObject({ reason: "noconnection" });
      expect(await Task.await(self, supervisor(here).asyncNolink(self, jobs.add(1, 2)))).toBe(3);
    });
  });

  it("N2 a NATS server that is started again is ridden out: nothing is lost, nothing comes twice, and no tie breaks", async () => {
    const server = await NatsServer.start();
    closers.push(() => server.kill());
    await worker("w", server.url);
    const here = await home(server.url);
    await play(here.node, async (self) => {
      const pid = await echo(self, supervisor(here), "echo");
      const ref = self.monitor(pid);
      const count = 400;
      for (let n = 0; n < count; n++) {
        self.send(pid, { from: self.pid, what: n });
        await self.sleep(1);
        if (n === 100) await server.kill();
        if (n === 200) await server.start();
      }
      for (let n = 0; n < count; n++) expect(await answer(self)).toBe(n);
      expect(self.demonitor(ref)).toBe(true);
    });
  });

  it("N2 a connection that breaks again and again is ridden out", async () => {
    const between = await proxy();
    await worker("w", between.url);
    const here = await home();
    await play(here.node, async (self) => {
      const pid = await echo(self, supervisor(here), "echo");
      const ref = self.monitor(pid);
      const count = 500;
      let answered = 0;
      for (let n = 0; n < count; n++) {
        self.send(pid, { from: self.pid, what: n });
        if (n % 10 === 0) await self.sleep(2);
        if (n % 100 !== 50) continue;
        // Not before it is whole again.
        while (answered <= n - 50) expect(await answer(self)).toBe(answered++);
        between.blink();
      }
      while (answered < count) expect(await answer(self)).toBe(answered++);
      expect(self.demonitor(ref)).toBe(true);
    });
  });

  it("N1 N2 a network that is cut for longer than the tick: both sides hear it, and find each other again when it heals", async () => {
    const between = await proxy();
    await worker("w", between.url);
    const here = await home();
    await play(here.node, async (self) => {
      const pid = await echo(self, supervisor(here), "echo");
      const ref = self.monitor(pid);
      between.cut();
      self.send(pid, { from: self.pid, what: "into the void" });
      expect(await down(self, ref)).toMatchObject({ reason: "noconnection" });
      between.heal();
      await here.whenUp("w");
      const again = await echo(self, supervisor(here), "echo");
      self.send(again, { from: self.pid, what: "healed" });
      expect(await answer(self)).toBe("healed");
    });
  });

  it("N2 three NATS servers lose one: nodes at it go to another, and nothing is lost", async () => {
    const names = ["s1", "s2", "s3"];
    const first = await NatsServer.start("--cluster_name", "test", "--cluster", "nats://127.0.0.1:-1", "--name", "s1");
    const others = await Promise.all(
      names
        .slice(1)
        .map((name) =>
          NatsServer.start(
            "--cluster_name",
            "test",
            "--cluster",
            "nats://127.0.0.1:-1",
            "--name",
            name,
            "--routes",
            `nats://127.0.0.1:${first.routePort}`,
          ),
        ),
    );
    const servers = [first, ...others];
    closers.push(() => Promise.all(servers.map((server) => server.kill())));
    const [second] = others as [NatsServer, NatsServer];
    // It hears of the others from the one that it knows.
    await worker("w", second.url);
    const here = await home(first.url);
    await here.whenUp("w");
    await play(here.node, async (self) => {
      const pid = await echo(self, supervisor(here), "echo");
      const ref = self.monitor(pid);
      const count = 300;
      for (let n = 0; n < count; n++) {
        self.send(pid, { from: self.pid, what: n });
        await self.sleep(1);
        if (n === 100) await second.kill();
      }
      for (let n = 0; n < count; n++) expect(await answer(self)).toBe(n);
      expect(self.demonitor(ref)).toBe(true);
    });
  });
});
