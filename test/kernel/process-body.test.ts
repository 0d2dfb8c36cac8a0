import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/kernel/clock.js";
import { Exit } from "../../src/kernel/messages.js";
import { type Pid, type Ref, type Self, systemClock } from "../../src/kernel/index.js";
import { Node } from "../../src/kernel/node.js";
import type { Process } from "../../src/kernel/process.js";
import type { Ender } from "../../src/kernel/process-body.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import { ExitKind, Op } from "../../src/kernel/wire.js";
import { VirtualTime, settled } from "../../src/testing/virtual-time.js";

const make = (): Node => new Node({ scheduler: new Scheduler(() => 0), reporter: () => undefined });
const forEver = (): Promise<never> => new Promise(() => undefined);
const someone = "<elsewhere.1>" as Pid;
const nothing = "<elsewhere#1>" as Ref;

describe("a process that is tied to nobody and holds nothing", () => {
  it("has nothing taken from it, and is not harmed by what comes for somebody else", async () => {
    const node = make();
    const process = node.start(forEver, {});
    await settled();
    expect([process.dropLink(someone), process.dropWatcher(nothing), process.flush(() => true)]).toEqual([false, false, 0]);
    process.down(nothing, "crash");
    process.signalled(someone, "crash", ExitKind.link);
    process.unwatch({ ended: () => undefined });
    expect(process.describe()).toMatchObject({ mailboxLength: 0, links: [], monitors: [], monitoredBy: [] });
    process.terminate("killed");
  });

  it("tells of its end nobody but those who asked, and takes no message after it", async () => {
    const node = make();
    const process = node.start(forEver, {});
    await settled();
    expect(process.deliver("before")).toMatchObject({ message: "before" });
    process.terminate("killed");
    expect(process.deliver("after")).toBeNull();
    expect(process.describe().mailboxLength).toBe(0);
  });

  it("can take back what it has not done: no monitor, no alias, of its own or of another's", () =>
    make().run((self) => {
      expect([self.demonitor(nothing), self.demonitor(nothing, { flush: true }), self.unalias(nothing)]).toEqual([false, false, false]);
      self.trapExit = false;
      expect(self.trapExit).toBe(false);
      self.label = "that holds something";
      expect(self.unalias(nothing)).toBe(false);
      self.alias();
      expect(self.unalias(nothing)).toBe(false);
    }));

  it("links itself to itself without a link", () =>
    make().run((self) => {
      self.link(self.pid);
      expect(self.info(self.pid)?.links).toEqual([]);
    }));
});

describe("K2 messages", () => {
  it("are taken out by where they lie, once, and by what they are, counted", async () => {
    const process = make().start(forEver, {});
    await settled();
    const entries = [1, 2, 3, 4].map((message) => process.deliver(message));
    expect([process.take(entries[1]!), process.take(entries[1]!)]).toEqual([true, false]);
    expect(process.flush((message) => (message as number) > 2)).toBe(2);
    expect(process.describe().mailboxLength).toBe(1);
    process.terminate("killed");
    expect([process.take(entries[0]!), process.flush(() => true)]).toEqual([false, 0]);
  });
});

describe("aliases", () => {
  it("are taken back by whoever has them alone", async () => {
    const time = new VirtualTime();
    const heard: unknown[] = [];
    await time.run(async (self) => {
      let theirs: Ref | undefined;
      self.spawn(async (other) => {
        theirs = other.alias();
        heard.push(await other.receive());
      });
      const mine = self.alias();
      await self.sleep(1);
      expect(self.unalias(theirs!)).toBe(false);
      self.send(theirs!, "hello");
      await self.sleep(1);
      expect([self.unalias(mine), self.unalias(mine)]).toEqual([true, false]);
    });
    expect(heard).toEqual(["hello"]);
  });

  it("are for messages: no signal harms who has one, and none arrives by it", () =>
    make().run(async (self) => {
      const { node } = self as unknown as Process;
      const alias = self.alias() as string as Pid;
      for (const kind of [ExitKind.signal, ExitKind.link, ExitKind.ask]) node.route([Op.exit, alias, someone, "kill", kind]);
      node.route([Op.link, alias, self.pid]);
      node.route([Op.unlink, alias, self.pid]);
      node.route([Op.monitor, alias, self.pid, nothing]);
      node.route([Op.demonitor, alias, nothing]);
      expect(await self.receive(undefined, { after: 0 })).toBeUndefined();
      expect(self.info(self.pid)).toMatchObject({ links: [], monitoredBy: [] });
    }));
});

describe("how a process is described", () => {
  it("says whether it has begun, runs or waits, and what it runs, though that has no name", async () => {
    const node = make();
    const process = node.start(async (self: Self) => {
      await Promise.resolve();
      await self.receive();
    }, {});
    expect(process.describe()).toMatchObject({ status: "runnable", runs: "(anonymous function)", label: undefined });
    await settled();
    expect(process.describe().status).toBe("waiting");
    const busy = node.start(forEver, {});
    await settled();
    expect(busy.describe()).toMatchObject({ status: "running", runs: "forEver" });
    for (const one of [process, busy]) one.terminate("killed");
  });

  it("says since when it is there", async () => {
    const time = new VirtualTime();
    await time.advance(5_000);
    const node = time.addNode({ name: "later" });
    await time.advance(1_500);
    expect(node.age()).toBe(1_500);
    await node.run((self) => {
      expect(self.info(self.pid)?.since).toBe(6_500);
    });
  });

  it("tells of those that still live when it comes to them", async () => {
    const node = make();
    const [older, younger] = [node.start(forEver, {}), node.start(forEver, {})];
    const told: string[] = [];
    for (const { pid } of node.processes()) {
      told.push(pid);
      older.terminate("killed");
    }
    expect(told).toEqual([younger.pid]);
    younger.terminate("killed");
  });
});

describe("K12 how often a process ends", () => {
  /** Answers twice: a promise may not, one that inherits from it may do as it likes. */
  const twice = (...answers: ("fulfils" | "rejects")[]): Promise<unknown> => {
    class Twice extends Promise<unknown> {
      override then(fulfilled?: ((value: unknown) => unknown) | null, rejected?: ((error: unknown) => unknown) | null): never {
        for (const answer of answers) (answer === "fulfils" ? fulfilled : rejected)?.(answer);
        return undefined as never;
      }
    }
    return new Twice(() => undefined);
  };

  it.each([
    [["fulfils", "fulfils"], "normal"],
    [["fulfils", "rejects"], "normal"],
    [["rejects", "fulfils"], "rejects"],
    [["rejects", "rejects"], "rejects"],
  ] as const)("is once, by the first answer of what its function returned: %o", async (answers, reason) => {
    const ends: unknown[] = [];
    const ender: Ender = { ended: (_process, why) => void ends.push(why) };
    const process = make().start(() => twice(...answers), { ender });
    await settled();
    expect([ends, process.dead]).toEqual([[reason], true]);
  });

  it("with the first reason that it was asked to end for, where it was asked twice", async () => {
    const ends: unknown[] = [];
    const ender: Ender = { ended: (_process, why) => void ends.push(why) };
    const process = make().start(
      (self: Self) => new Promise((_resolve, reject) => self.signal.addEventListener("abort", () => setImmediate(reject))),
      { ender },
    );
    await settled();
    process.signalled(someone, "first", ExitKind.ask);
    process.signalled(someone, "second", ExitKind.ask);
    await settled();
    expect(ends).toEqual(["first"]);
  });

  it("has one signal, however often it is asked for", () =>
    make().run((self) => {
      expect(self.signal).toBe(self.signal);
    }));
});

describe("T7 what a process tells of its work", () => {
  it("is told to whoever listens, while it lives, and else to nobody", async () => {
    const told: unknown[] = [];
    const node = make();
    const work = async (self: Self): Promise<void> => {
      self.progress(1);
      await self.receive().catch(() => undefined);
      self.progress(2);
    };
    node.start(work, {});
    node.start(work, { ender: { ended: () => undefined } });
    const process = node.start(work, { ender: { ended: () => undefined, told: (what, value) => void told.push([what, value]) } });
    await settled();
    process.terminate("killed");
    await settled();
    expect(told).toEqual([["progress", 1]]);
    expect(node.processCount).toBe(2);
    for (const { pid } of node.processes()) node.find(pid)?.terminate("killed");
  });
});

describe("K13 time", () => {
  it("sleep(0) ends for a dead process as all its waiting does", async () => {
    const time = new VirtualTime();
    let outcome: unknown;
    const pid = time.node.spawn((self) =>
      self.sleep(0).then(
        () => (outcome = "went on"),
        (error: unknown) => (outcome = error),
      ),
    );
    await Promise.resolve();
    await Promise.resolve();
    time.node.find(pid)?.terminate("killed");
    await time.advance(1);
    expect(outcome).toMatchObject({ code: "exited", reason: "killed" });
  });

  it("a timer that has fired is not cleared, and one whose process has ended can be cancelled all the same", async () => {
    let cleared = 0;
    const time = new VirtualTime();
    const clock: Clock = {
      now: () => time.clock.now(),
      coarse: () => time.clock.coarse(),
      set: (fire, delay) => time.clock.set(fire, delay),
      clear: (handle) => {
        cleared++;
        time.clock.clear(handle);
      },
    };
    const node = new Node({ clock, scheduler: new Scheduler(() => 0) });
    const process = node.start(forEver, {});
    node.sendAfter(process.pid, "soon", 1);
    const late = node.sendAfter(process.pid, "late", 1_000);
    await time.advance(10);
    expect(process.describe().mailboxLength).toBe(1);
    process.terminate("killed");
    expect(cleared).toBe(1); // the one that had not fired
    expect(late.cancel()).toBe(false);
    expect(systemClock.clear(undefined)).toBeUndefined();
  });
});

describe("K5 an exit by a link", () => {
  it("that is not there any more is dropped, also of a process that traps exits", async () => {
    const node = make();
    const heard: unknown[] = [];
    const process = node.start(async (self: Self) => {
      self.trapExit = true;
      for (;;) heard.push(await self.receive());
    }, {});
    await settled();
    process.signalled(someone, "crash", ExitKind.link);
    process.signalled(someone, "told", ExitKind.signal);
    await settled();
    expect(heard).toEqual([new Exit(someone, "told")]);
    process.terminate("killed");
  });
});
