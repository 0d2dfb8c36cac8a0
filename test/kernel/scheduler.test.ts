import { afterEach, describe, expect, it, vi } from "vitest";
import { Node } from "../../src/kernel/node.js";
import { Scheduler } from "../../src/kernel/scheduler.js";
import type * as scheduling from "../../src/kernel/scheduler.js";
import type { Self } from "../../src/kernel/self.js";
import { VirtualTime, settled } from "../../src/testing/index.js";

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe("begin", () => {
  it("processes begin in the order in which they were started, and never within their parent's own step", async () => {
    const order: string[] = [];
    await new VirtualTime().run(async (self) => {
      for (const name of ["a", "b", "c"]) self.spawn(() => order.push(name));
      order.push("parent");
      await self.sleep(1);
    });
    expect(order).toEqual(["parent", "a", "b", "c"]);
  });

  it("one that throws what the kernel does not expect does not keep the others from beginning", async () => {
    const scheduler = new Scheduler(() => 0);
    const begun: number[] = [];
    const failures: unknown[] = [];
    const caught = (error: unknown): void => void failures.push(error);
    process.on("unhandledRejection", caught);
    try {
      for (let n = 0; n < 3; n++) {
        scheduler.start({
          begin() {
            begun.push(n);
            if (n === 1) throw new Error("unexpected");
          },
        });
      }
      await settled();
      expect(begun).toEqual([0, 1, 2]);
      scheduler.start({ begin: () => void begun.push(3) });
      await settled();
    } finally {
      process.off("unhandledRejection", caught);
    }
    expect(begun).toEqual([0, 1, 2, 3]);
    expect(failures).toMatchObject([{ message: "unexpected" }]);
  });
});

describe("the budget", () => {
  it("is spent after a number of steps, and is there again after a turn of the event loop", async () => {
    const scheduler = new Scheduler(() => 0);
    let steps = 0;
    while (scheduler.spend()) steps++;
    expect(steps).toBeGreaterThan(1_000);
    expect(steps).toBeLessThan(10_000);
    expect(scheduler.spend()).toBe(false);
    await turn();
    expect(scheduler.spend()).toBe(true);
  });

  it("is spent after a number of milliseconds, too", () => {
    let now = 0;
    const scheduler = new Scheduler(() => now);
    let steps = 0;
    for (; scheduler.spend(); steps++) now += 0.5;
    expect(steps).toBeLessThan(64);
  });

  it("lasts for less than five milliseconds by the clock, which it looks at every thirty-second step", () => {
    for (const [passed, goesOn] of [
      [4.999, true],
      [5, false],
    ] as const) {
      let now = 100;
      const scheduler = new Scheduler(() => now);
      now += passed;
      for (let n = 0; n < 31; n++) expect(scheduler.spend()).toBe(true);
      expect([scheduler.spend(), scheduler.spend()]).toEqual([goesOn, goesOn]);
    }
  });

  it("goes by the time that passes, where no other is given", async () => {
    const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
    try {
      const scheduler = new Scheduler();
      let steps = 0;
      while (scheduler.spend()) steps++;
      expect(steps).toBeGreaterThan(1_000);
      await turn();
      now.mockReturnValue(1_006);
      const late = new Scheduler();
      now.mockReturnValue(1_020);
      for (steps = 0; late.spend();) steps++;
      expect(steps).toBe(31);
    } finally {
      now.mockRestore();
    }
  });

  it("is not spent for what time passed while nothing ran", async () => {
    let now = 0;
    const scheduler = new Scheduler(() => now);
    for (let n = 0; n < 31; n++) scheduler.spend();
    now += 60_000;
    // One look at the clock may take it for a long turn; the next turn is a whole one again.
    scheduler.spend();
    await turn();
    let steps = 0;
    while (scheduler.spend()) steps++;
    expect(steps).toBeGreaterThan(1_000);
  });

  it("what waits for it goes on in the order in which it came, those that were late before those that are new", async () => {
    const scheduler = new Scheduler(() => 0);
    const order: unknown[] = [];
    while (scheduler.spend());
    for (const value of [1, 2, 3]) scheduler.wake((woken) => order.push(woken), value);
    scheduler.start({ begin: () => order.push("begun") });
    expect(order).toEqual([]);
    await turn();
    expect(order).toEqual([1, 2, 3, "begun"]);
  });

  it("more than it allows is spread over as many turns as it takes", async () => {
    const scheduler = new Scheduler(() => 0);
    const begun: number[] = [];
    const count = 10_000;
    for (let n = 0; n < count; n++) scheduler.start({ begin: () => void begun.push(n) });
    await Promise.resolve();
    expect(begun.length).toBeGreaterThan(0);
    expect(begun.length).toBeLessThan(count);
    let turns = 0;
    while (begun.length < count) {
      await turn();
      turns++;
    }
    expect(turns).toBeGreaterThan(2);
    expect(begun).toEqual(Array.from({ length: count }, (_, n) => n));
  });
});

describe("where the host has no setImmediate", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("a turn is one of a message channel, and each of those who wait has its own, in order", async () => {
    const ports: { close(): void }[] = [];
    const Channel = MessageChannel;
    vi.stubGlobal(
      "MessageChannel",
      class extends Channel {
        constructor() {
          super();
          ports.push(this.port1);
        }
      },
    );
    vi.stubGlobal("setImmediate", undefined);
    // Beside the one that all other modules have.
    const another = new URL("../../src/kernel/scheduler.ts?another", import.meta.url).href;
    const { nextTurn } = (await import(another)) as typeof scheduling;
    const order: string[] = [];
    for (const name of ["a", "b", "c"])
      nextTurn(() => {
        order.push(name);
        void Promise.resolve().then(() => order.push(`after ${name}`));
      });
    expect(order).toEqual([]);
    await new Promise<void>((resolve) => nextTurn(resolve));
    expect(order).toEqual(["a", "after a", "b", "after b", "c", "after c"]);
    for (const port of ports) port.close();
    expect(ports).toHaveLength(1);
  });
});

describe("fairness", () => {
  /** A process that messages itself, or its partner, until it is killed, and counts how often. */
  const busy =
    (counts: number[], at: number) =>
    async (self: Self): Promise<never> => {
      for (;;) {
        self.send(self.pid, "again");
        await self.receive();
        counts[at] = (counts[at] ?? 0) + 1;
      }
    };

  it("processes that are all busy get about as many steps each", async () => {
    const node = new Node({ scheduler: new Scheduler(() => 0) });
    const counts: number[] = [];
    const pids = Array.from({ length: 10 }, (_, at) => node.spawn(busy(counts, at)));
    for (let n = 0; n < 20; n++) await turn();
    const most = Math.max(...counts);
    const least = Math.min(...counts);
    expect(counts).toHaveLength(10);
    expect(least).toBeGreaterThan(0);
    expect(most - least).toBeLessThan(most * 0.1 + 10);
    await node.run((self) => pids.forEach((pid) => self.exit(pid, "kill")));
  });

  it("one that floods its own mailbox has the turns that it had before, and no more", async () => {
    const node = new Node({ scheduler: new Scheduler(() => 0) });
    const counts: number[] = [];
    const quiet = node.spawn(busy(counts, 0));
    let received = 0;
    const flooding = node.spawn(async (self) => {
      for (;;) {
        for (let n = 0; n < 100; n++) self.send(self.pid, n);
        await self.receive();
        received++;
      }
    });
    for (let n = 0; n < 10; n++) await turn();
    expect(counts[0]).toBeGreaterThan(received * 0.9 - 10);
    await node.run((self) => [quiet, flooding].forEach((pid) => self.exit(pid, "kill")));
  });

  it("a new process begins although more are busy than the budget has steps", async () => {
    const node = new Node({ scheduler: new Scheduler(() => 0) });
    const counts: number[] = [];
    const pids = Array.from({ length: 6_000 }, (_, at) => node.spawn(busy(counts, at)));
    while (counts.length < pids.length) await turn();
    let begun = false;
    node.spawn(() => (begun = true));
    for (let turns = 0; !begun && turns < 50; turns++) await turn();
    expect(begun).toBe(true);
    const most = Math.max(...counts);
    expect(most - Math.min(...counts)).toBeLessThan(most * 0.1 + 10);
    node.spawn((self) => pids.forEach((pid) => self.exit(pid, "kill")));
    while (node.processCount > 0) await turn();
  });

  it("timers fire and new processes begin in the middle of a storm", async () => {
    const node = new Node();
    const counts: number[] = [];
    const pids = Array.from({ length: 3 }, (_, at) => node.spawn(busy(counts, at)));
    const seen: string[] = [];
    await node.run(async (self) => {
      await self.sleep(5);
      seen.push("timer");
      self.spawn(() => self.send(self.pid, "begun"));
      seen.push((await self.receive()) as string);
      for (const pid of pids) self.exit(pid, "kill");
    });
    expect(seen).toEqual(["timer", "begun"]);
  });
});
