import { Down, Exit, Node, type Pid, Scheduler, type Self, TaskSupervisor, run, tasksFrom } from "taskward";
import { VirtualTime, connect, memoryWire, settled } from "taskward/testing";
import { threads } from "taskward/threads";
import { describe, expect, it } from "vitest";
import type * as Victim from "./fixtures/victim.js";
import { quiet } from "./venues.js";

const time = (): VirtualTime => new VirtualTime({ name: "a", reporter: quiet });
const node = (name: string, { clock }: VirtualTime): Node => new Node({ name, clock, scheduler: new Scheduler(() => 0), reporter: quiet });

/** Joins two nodes; what it answers takes them apart. */
function join(one: Node, two: Node): () => void {
  const [here, there] = memoryWire();
  const connection = connect(one, two.name, here);
  connect(two, one.name, there);
  return () => connection.close();
}

describe("a wire that is lost", () => {
  it("tells links and monitors on both sides of noconnection, once each", async () => {
    const near = time();
    const far = node("b", near);
    const part = join(near.node, far);
    const heard: unknown[] = [];
    await near.run(async (self) => {
      self.trapExit = true;
      const other = far.spawn(async (one) => {
        one.trapExit = true;
        one.monitor(self.pid);
        self.send(self.pid, "ready");
        for (;;) heard.push(await one.receive());
      });
      await self.receive();
      const ref = self.monitor(other);
      self.link(other);
      await self.sleep(1);
      part();
      const got = [await self.receive(), await self.receive()];
      expect(got).toContainEqual(new Down(ref, other, "noconnection"));
      expect(got).toContainEqual(new Exit(other, "noconnection"));
      expect(await self.receive(undefined, { after: 10 })).toBeUndefined();
      expect(heard).toEqual([new Down(expect.any(String) as never, self.pid, "noconnection"), new Exit(self.pid, "noconnection")]);
      expect(self.info(self.pid)).toMatchObject({ links: [], monitors: [], monitoredBy: [] });
    });
  });

  it("ends linked processes that do not trap exits, on both sides, and nobody else", async () => {
    const near = time();
    const far = node("b", near);
    const part = join(near.node, far);
    const bystander = far.spawn((one) => one.receive());
    const linked = far.spawn((one) => one.receive());
    await near.run(async (self) => {
      const child = self.spawn(async (one) => {
        one.link(linked);
        await one.receive();
      });
      const ref = self.monitor(child);
      await self.sleep(1);
      part();
      expect(await self.receive()).toEqual(new Down(ref, child, "noconnection"));
    });
    await settled();
    expect([...far.processes()].map(({ pid }) => pid)).toEqual([bystander]);
  });

  it("is forgotten: what links, monitors or sends later finds no connection, and a new wire may take its place", async () => {
    const near = time();
    const far = node("b", near);
    const part = join(near.node, far);
    const other = far.spawn(async (one) => {
      for (;;) {
        const message = await one.receive();
        near.node.send(home, ["echo", message]);
      }
    });
    let home: Pid = other;
    await near.run(async (self) => {
      home = self.pid;
      part();
      await self.sleep(1);
      self.send(other, "lost");
      const ref = self.monitor(other);
      expect(await self.receive()).toEqual(new Down(ref, other, "noconnection"));
      self.trapExit = true;
      self.link(other);
      expect(await self.receive()).toEqual(new Exit(other, "noconnection"));
      join(near.node, far);
      self.send(other, "hello again");
      expect(await self.receive()).toEqual(["echo", "hello again"]);
    });
  });

  it("takes a second connection to a node that is known, or to itself, for a mistake", () => {
    const near = time();
    const far = node("b", near);
    join(near.node, far);
    expect(() => join(near.node, far)).toThrow(expect.objectContaining({ code: "name_taken" }));
    expect(() => connect(near.node, "a", memoryWire()[0])).toThrow(expect.objectContaining({ code: "name_taken" }));
    expect(() => connect(near.node, "not a name", memoryWire()[0])).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });
});

describe("signals that cross on a wire", () => {
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

  it.each([0, 1, 2, 3, 4, 5])("K9 K10 an exit and a Down that are %d turns on their way do not arrive after unlink and demonitor", async (turns) => {
    const near = new Node({ name: "near", reporter: quiet });
    const far = new Node({ name: "far", reporter: quiet });
    join(near, far);
    let watched: Self | undefined;
    const other = far.spawn(async (self) => {
      watched = self;
      await self.receive();
    });
    await near.run(async (self) => {
      self.trapExit = true;
      self.link(other);
      const ref = self.monitor(other);
      await settled();
      watched?.exit(other, "x");
      for (let n = 0; n < turns; n++) await turn();
      self.unlink(other);
      self.demonitor(ref, { flush: true });
      const early = await self.receive(undefined, { after: 0 });
      if (early !== undefined) expect(early).toEqual(new Exit(other, "x"));
      await settled();
      expect(await self.receive(undefined, { after: 0 })).toBeUndefined();
      expect(self.info(self.pid)).toMatchObject({ links: [], monitors: [] });
    });
  });

  it("a link made while the other side was made and taken back can be made again, and holds", async () => {
    const near = time();
    const far = node("b", near);
    join(near.node, far);
    await near.run(async (self) => {
      self.trapExit = true;
      let linkBack = (): void => undefined;
      const other = far.spawn(async (one) => {
        linkBack = () => one.link(self.pid);
        await one.receive();
        one.exit("told to");
      });
      await self.sleep(1);
      // The other's link is under way to here while this one's, and its end, are under way to there.
      linkBack();
      self.link(other);
      self.unlink(other);
      await self.sleep(1);
      self.link(other);
      await self.sleep(1);
      self.send(other, "exit");
      expect(await self.receive(undefined, { after: 10 })).toEqual(new Exit(other, "told to"));
    });
  });
});

describe("three nodes that all know each other", () => {
  it("one wire lost parts these two alone; what the third has with either holds", async () => {
    const near = time();
    const [b, c] = [node("b", near), node("c", near)];
    const part = join(near.node, b);
    join(near.node, c);
    join(b, c);
    const onB = b.spawn((one) => one.receive());
    await near.run(async (self) => {
      c.spawn(async (one) => {
        const ref = one.monitor(onB);
        one.send(self.pid, "watching");
        const down = (await one.receive()) as Down;
        one.send(self.pid, [down.ref === ref, down.reason]);
      });
      expect(await self.receive()).toBe("watching");
      const ref = self.monitor(onB);
      await self.sleep(1);
      part();
      expect(await self.receive()).toEqual(new Down(ref, onB, "noconnection"));
      expect(await self.receive(undefined, { after: 100 })).toBeUndefined();
      b.send(onB, "go");
      expect(await self.receive()).toEqual([true, "normal"]);
    });
  });

  it("a node that all lose is told of once to each, and the telling comes to rest", async () => {
    const near = time();
    const nodes = [near.node, node("b", near), node("c", near), node("d", near)] as const;
    const parts = nodes.flatMap((one, at) => nodes.slice(at + 1).map((two) => [two.name, join(one, two)] as const));
    const doomed = nodes[3].spawn((one) => one.receive());
    await near.run(async (self) => {
      for (const one of nodes.slice(0, 3)) {
        one.spawn(async (watcher) => {
          watcher.monitor(doomed);
          watcher.send(self.pid, "watching");
          for (;;) watcher.send(self.pid, [one.name, ((await watcher.receive()) as Down).reason]);
        });
        expect(await self.receive()).toBe("watching");
      }
      for (const [name, part] of parts) if (name === "d") part();
      const heard = [await self.receive(), await self.receive(), await self.receive()];
      expect(heard.sort()).toEqual(["a", "b", "c"].map((name) => [name, "noconnection"]));
      expect(await self.receive(undefined, { after: 100 })).toBeUndefined();
    });
    // Signals that went round for ever would keep this from ending.
    await settled();
    expect(near.clock.pending).toBe(0);
  });
});

describe("a thread that dies", () => {
  const victim = tasksFrom<typeof Victim>(new URL("./fixtures/victim.ts", import.meta.url));

  it("takes its processes along, with NodeDown and how, for links and monitors here and in other threads", async () => {
    const main = new Node({ name: "main", reporter: quiet });
    const place = () => TaskSupervisor.start({ node: main, on: threads({ size: 1, concurrentTasksPerThread: 10 }), shutdown: "brutal_kill" });
    const [one, two] = [place(), place()];
    try {
      await run(
        async (self) => {
          self.trapExit = true;
          const begin = async (supervisor: TaskSupervisor, work: Parameters<TaskSupervisor["startChild"]>[0]): Promise<Pid> => {
            supervisor.startChild(work);
            return (await self.receive()) as Pid;
          };
          const bystander = await begin(one, victim.idle(self.pid));
          const culprit = await begin(one, victim.exits(self.pid, 7));
          await begin(two, victim.watches(self.pid, bystander));
          const refs = [self.monitor(bystander), self.monitor(culprit)];
          self.link(bystander);
          self.send(culprit, "now");

          const heard: unknown[] = [];
          while (heard.length < 5) heard.push(await self.receive());
          const down = { code: "node_down", node: bystander.slice(1, bystander.indexOf(".")), exitCode: 7 };
          const downs = heard.filter((what) => what instanceof Down);
          expect(downs.map(({ ref }) => ref).sort()).toEqual([...refs].sort());
          for (const { reason } of downs) expect(reason).toMatchObject(down);
          expect(heard.filter((what) => what instanceof Exit)).toMatchObject([{ from: bystander, reason: down }]);
          // The watcher in the other thread heard of it by its link and by its monitor.
          const told = heard.filter((what) => !(what instanceof Down) && !(what instanceof Exit));
          expect(told).toHaveLength(2);
          for (const what of told) expect(what).toMatchObject({ name: "NodeDown", message: expect.stringContaining("exit code 7") });

          const late = self.monitor(bystander);
          expect(await self.receive((message) => message instanceof Down && message.ref === late)).toMatchObject({ reason: "noconnection" });
        },
        { node: main },
      );
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
    expect([main.processCount, main.table.size]).toEqual([0, 0]);
  });
});
