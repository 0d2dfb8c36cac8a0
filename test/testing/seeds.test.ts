import { Node, type Pid, type Self, TaskRunner, TaskSupervisor } from "taskward";
import { SeededScheduler, VirtualTime, supervised } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** Five processes that pass numbers around for a while, and sleep now and then; everything that happens is written down. */
async function run(seed: number | undefined): Promise<string> {
  const time = new VirtualTime({ seed });
  const trace: string[] = [];
  await time.run(async (self) => {
    const pids: Pid<number>[] = [];
    const ends: unknown[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) {
      const { pid } = self.spawnMonitor(async (one: Self<number>) => {
        for (let n = 0; n < 8; n++) {
          const hops = (await one.receive()) as number;
          trace.push(`${time.now} ${name} ${hops}`);
          if (hops % 3 === 0) await one.sleep(5);
          one.send(pids[(hops + n) % pids.length] as Pid<number>, hops + 1);
        }
      });
      pids.push(pid);
    }
    for (const pid of pids) for (let n = 0; n < 8; n++) self.send(pid, n);
    for (const _pid of pids) ends.push(await self.receive());
  });
  return trace.join("\n");
}

describe("a seed", () => {
  it("gives the same run, each time", async () => {
    for (const seed of [1, 2, 2 ** 40, 0.5, -7]) expect(await run(seed)).toBe(await run(seed));
  });

  it("that is another gives another run: thirty give thirty, none of them what first come, first served gives", async () => {
    const runs = new Set([await run(undefined)]);
    for (let seed = 1; seed <= 30; seed++) runs.add(await run(seed));
    expect(runs.size).toBe(31);
  });

  it("tells when a run fails", async () => {
    const time = new VirtualTime({ seed: 42 });
    await expect(time.run((self) => self.receive())).rejects.toThrow(/Still there: <main\.1> .*\nseed: 42 /);
    await expect(time.run(() => Promise.reject(new RangeError("x")))).rejects.toThrow(/x\nseed: 42/);
    await expect(time.run(() => Promise.reject("text"))).rejects.toThrow(/"text"\nseed: 42/);
    expect(() => new VirtualTime({ seed: Number.NaN })).toThrow(/seed is NaN/);
  });

  it("goes with a node in real time, too", async () => {
    const node = new Node({ scheduler: new SeededScheduler(7) });
    expect(await node.run((self) => orderly(self, 20))).toBe(20);
  });
});

/** Four senders with their numbers; what each has sent must arrive in its order, whoever takes it. */
async function orderly(self: Self, count: number): Promise<number> {
  const senders = [0, 1, 2, 3];
  for (const sender of senders) {
    self.spawnLink(async (one) => {
      for (let n = 0; n < count; n++) {
        one.send(self.pid, [sender, n]);
        if (n % 3 === sender) await one.sleep(0);
        if (n % 5 === sender) {
          one.send(one.pid, "turn");
          await one.receive();
        }
      }
    });
  }
  const next = senders.map(() => 0);
  const taken: Promise<void>[] = [];
  // Several receives at a time: a process' own steps stay in order, too.
  for (let n = 0; n < senders.length * count; n++) {
    taken.push(
      self.receive().then((message) => {
        const [sender, number] = message as [number, number];
        expect(number).toBe(next[sender]);
        next[sender]!++;
      }),
    );
    if (n % 7 === 0) await Promise.all(taken);
  }
  await Promise.all(taken);
  return Math.min(...next);
}

describe("whatever the seed", () => {
  it(
    "K1 messages from one process to another arrive in the order sent, and a process' own steps keep theirs",
    supervised({ seeds: 50 }, async ({ self }) => {
      expect(await orderly(self, 12)).toBe(12);
    }),
  );

  it(
    "K1 a message and the end of its sender arrive in that order",
    supervised({ seeds: 50 }, async ({ self }) => {
      self.trapExit = true;
      const pid = self.spawnLink((one) => one.send(self.pid, "last words"));
      self.spawn((one) => one.send(self.pid, "other")); // only for somebody else to be ready, too
      const heard = [await self.receive(), await self.receive(), await self.receive()];
      expect(heard).toContain("other");
      expect(heard.filter((message) => message !== "other")).toEqual(["last words", expect.objectContaining({ from: pid, reason: "normal" })]);
    }),
  );

  it(
    "K13 timers fire in the order of their times, those that were set in one step in the order in which they were set",
    supervised({ seeds: 20 }, async ({ self }) => {
      for (const [message, delay] of [
        ["third", 40],
        ["first", 5],
        ["second", 5],
      ] as const)
        self.sendAfter(self.pid, message, delay);
      expect([await self.receive(), await self.receive(), await self.receive()]).toEqual(["first", "second", "third"]);
    }),
  );

  it(
    "R1 every task of a run is told of once",
    supervised({ seeds: 50 }, async ({ self }) => {
      await using supervisor = TaskSupervisor.start({ concurrency: 3 });
      const specs = Array.from({ length: 12 }, (_, n) => [supervisor, (one: Self) => one.sleep(n % 4).then(() => n)] as const);
      const values: unknown[] = [];
      for await (const event of TaskRunner.run(specs, { owner: self, timeout: 60_000 })) if (event.type === "ok") values.push(event.value);
      expect((values as number[]).sort((one, two) => one - two)).toEqual(Array.from({ length: 12 }, (_, n) => n));
    }),
  );
});

describe("chance finds", () => {
  it("which of two that are ready at the same time comes first", async () => {
    const firsts = new Set<unknown>();
    for (let seed = 1; seed <= 20; seed++) {
      firsts.add(
        await new VirtualTime({ seed }).run((self) => {
          for (const name of ["one", "two"]) self.spawn((child) => child.send(self.pid, name));
          return self.receive();
        }),
      );
    }
    expect(firsts).toEqual(new Set(["one", "two"]));
  });

  it("which of two timers that are due at the same time fires first", async () => {
    const firsts = new Set<unknown>();
    for (let seed = 1; seed <= 20; seed++) {
      firsts.add(
        await new VirtualTime({ seed }).run((self) => {
          for (const name of ["one", "two"]) self.spawn((child) => child.sendAfter(self.pid, name, 10));
          return self.receive();
        }),
      );
    }
    expect(firsts).toEqual(new Set(["one", "two"]));
  });

  it("a race that first come, first served never shows: an update that is lost", async () => {
    /** A deposit reads and then writes: between the two another may have done the same. */
    const program = async (self: Self): Promise<number> => {
      const kept = { balance: 0 };
      const cell = self.spawnLink(async (one: Self) => {
        for (;;) {
          const [what, from, value] = (await one.receive()) as ["get" | "set", Pid, number];
          if (what === "set") kept.balance = value;
          one.send(from, kept.balance);
        }
      });
      const ask = (one: Self, ...message: unknown[]): Promise<unknown> => {
        one.send(cell, [message[0], one.pid, message[1]]);
        return one.receive();
      };
      const deposit = async (one: Self): Promise<void> => {
        await ask(one, "set", ((await ask(one, "get")) as number) + 10);
      };
      self.spawnMonitor(deposit);
      // The second begins a few messages later: by turns, the first is done by then.
      const relay = [1, 2, 3, 4, 5, 6].reduce<Pid>(
        (next) => self.spawn(async (one) => one.send(next, await one.receive())),
        self.spawnMonitor(async (one) => {
          await one.receive();
          await deposit(one);
        }).pid,
      );
      self.send(relay, "go");
      await self.receive();
      await self.receive();
      return kept.balance;
    };
    expect(await new VirtualTime().run(program)).toBe(20);
    const balances: number[] = [];
    for (let seed = 1; seed <= 100 && !balances.includes(10); seed++) balances.push(await new VirtualTime({ seed }).run(program));
    expect(balances).toContain(10);
  });
});
