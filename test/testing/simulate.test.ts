import { Deadlock, Down, Exit, type Pid, type Self } from "taskward";
import { type Simulation, simulate } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** Answers what it is sent. */
const echo = async (self: Self): Promise<void> => {
  for (;;) {
    const [from, value] = (await self.receive()) as [Pid, unknown];
    self.send(from, [self.pid, value]);
  }
};

/** The same errand on every seed: a asks both others, and stops them. */
async function errand(sim: Simulation<"a" | "b" | "c">): Promise<unknown[]> {
  const { b, c } = sim.nodes;
  return sim.run("a", async (self) => {
    const [one, two] = [b.spawn(echo), c.spawn(echo)];
    for (const pid of [one, two]) for (let n = 0; n < 3; n++) self.send(pid, [self.pid, n]);
    const heard: unknown[] = [];
    for (let n = 0; n < 6; n++) heard.push(await self.receive());
    for (const pid of [one, two]) {
      const ref = self.monitor(pid);
      self.exit(pid, "kill");
      await self.receive((message) => (message as Partial<Down>).ref === ref);
    }
    return heard;
  });
}

describe("several nodes on one virtual time", () => {
  it(
    "keep their signals' order on each wire, whatever the seed",
    simulate({ nodes: ["a", "b", "c"], seeds: 30 }, async (sim) => {
      const heard = (await errand(sim)) as [Pid, number][];
      for (const node of ["<b.", "<c."]) expect(heard.filter(([pid]) => pid.startsWith(node)).map(([, n]) => n)).toEqual([0, 1, 2]);
    }),
  );

  it("give the same run again from the same seed, and others from others", async () => {
    const traceOf = async (seed: number): Promise<string> => {
      await using sim = simulate({ nodes: ["a", "b", "c"], seed });
      await errand(sim);
      return sim.trace.join("\n");
    };
    const traces = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const trace = await traceOf(seed);
      expect(await traceOf(seed)).toBe(trace);
      traces.add(trace);
    }
    expect(traces.size).toBe(20);
  });

  it("interleave what comes over different wires", async () => {
    const orders = new Set<string>();
    for (let seed = 1; seed <= 30; seed++) {
      await using sim = simulate({ nodes: ["a", "b", "c"], seed });
      const heard = (await errand(sim)) as [Pid, number][];
      orders.add(heard.map(([pid]) => pid[1]).join(""));
    }
    expect(orders.size).toBeGreaterThan(5);
    expect([...orders].some((order) => order.startsWith("c"))).toBe(true);
  });

  it(
    "have signals under way for as long as was said",
    simulate({ nodes: ["a", "b"], seeds: 20, delay: [7, 9] }, async (sim) => {
      const far = sim.nodes.b.spawn(async (self) => {
        await self.receive();
        sim.note(`it took ${sim.time.now}`);
      });
      await sim.run("a", (self) => self.send(far, "x"));
      await sim.advance(10);
      const [, took] = /it took (\d+)/.exec(sim.trace.join("\n")) ?? [];
      expect(Number(took)).toBeGreaterThanOrEqual(7);
      expect(Number(took)).toBeLessThanOrEqual(9);
    }),
  );
});

describe("the trace", () => {
  it("tells of signals, cuts and crashes, with the time", async () => {
    await using sim = simulate({ nodes: ["a", "b"], delay: [5, 5] });
    sim.expectCrash("boom");
    const far = sim.nodes.b.spawn(async (self) => {
      self.trapExit = true;
      await self.receive();
      await self.receive();
      throw new Error("boom");
    });
    await sim.run("a", async (self) => {
      self.monitor(far);
      self.send(far, { hello: "there" });
      await self.sleep(5);
      self.exit(far, "please");
      expect(await self.receive()).toMatchObject({ reason: { message: "boom" } });
      sim.wire("a", "b").cut("for a test");
    });
    expect(sim.trace).toEqual([
      "     5 ms  a -> b  monitor from <a.1> to <b.1>",
      '     5 ms  a -> b  message {"hello":"there"} to <b.1>',
      '    10 ms  a -> b  exit "please" from <a.1> to <b.1>',
      "    10 ms  process <b.1> crashed: Error: boom",
      "    15 ms  b -> a  down Error: boom to <a.1>",
      '    15 ms  a -- b  cut: "for a test"',
    ]);
  });

  it("is told, with the seed, by the error of a run that fails", async () => {
    const test = simulate({ nodes: ["a", "b"], seed: 9 }, async (sim) => {
      const far = sim.nodes.b.spawn((self) => self.receive());
      await sim.run("a", async (self) => {
        self.send(far, "hello");
        await self.receive();
      });
    });
    const error: unknown = await test().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Deadlock);
    expect((error as Error).message).toMatch(/Still there: <a\.1> .*\nseed: 9 .*\ntrace:\n +\d+ ms {2}a -> b {2}message "hello" to <b\.1>$/s);
  });

  it("is cut to its end where it is long", async () => {
    const test = simulate({ nodes: ["a"] }, (sim) => {
      for (let n = 0; n < 100; n++) sim.note(`note ${n}.`);
      throw new Error("x");
    });
    await expect(test()).rejects.toThrow(/the last 30 lines:\n +0 ms {2}note 70\./);
  });
});

describe("what can go wrong", () => {
  it(
    "N1 a wire that is cut tells both sides once, with the reason, and loses what is under way",
    simulate({ nodes: ["a", "b"], seeds: 20, delay: [3, 9] }, async (sim) => {
      const heard: unknown[] = [];
      await sim.run("a", async (self) => {
        self.trapExit = true;
        const far = sim.nodes.b.spawn(async (other) => {
          other.trapExit = true;
          other.link(self.pid);
          heard.push(await other.receive());
        });
        await self.sleep(20);
        self.send(far, "lost");
        sim.wire("a", "b").cut("the cable");
        expect(await self.receive()).toEqual(new Exit(far, "the cable"));
        const ref = self.monitor(far);
        expect(await self.receive()).toEqual(new Down(ref, far, "noconnection"));
        await self.sleep(1);
        expect(heard).toEqual([new Exit(self.pid, "the cable")]);
        sim.wire("a", "b").cut();
        expect(sim.wire("a", "b").isCut).toBe(true);
      });
    }),
  );

  it(
    "N1 a node that crashes takes what runs on it along, and its monitors elsewhere are told of the connection",
    simulate({ nodes: ["a", "b", "c"], seeds: 20 }, async (sim) => {
      const far = sim.nodes.b.spawn((self) => self.receive());
      await sim.run("a", async (self) => {
        const ref = self.monitor(far);
        await self.sleep(20);
        sim.crash("b");
        expect(await self.receive()).toEqual(new Down(ref, far, "noconnection"));
        expect(await self.receive(undefined, { after: 100 })).toBeUndefined();
      });
      expect(sim.nodes.b.processCount).toBe(0);
      expect(sim.wire("a", "c").isCut).toBe(false);
    }),
  );

  it(
    "N2 a wire that is held delays, and loses nothing",
    simulate({ nodes: ["a", "b"], seeds: 20 }, async (sim) => {
      await sim.run("a", async (self) => {
        const far = sim.nodes.b.spawn(echo);
        sim.wire("a", "b").hold();
        for (let n = 0; n < 5; n++) self.send(far, [self.pid, n]);
        expect(await self.receive(undefined, { after: 1_000 })).toBeUndefined();
        sim.wire("a", "b").release();
        for (let n = 0; n < 5; n++) expect(await self.receive()).toEqual([far, n]);
        self.exit(far, "kill");
      });
    }),
  );

  it.each(["at once", "later"])("N1 a new wire joins nodes again, %s", (when) =>
    simulate({ nodes: ["a", "b"], seeds: 20 }, async (sim) => {
      await sim.run("a", async (self) => {
        const far = sim.nodes.b.spawn(echo);
        const ref = self.monitor(far);
        sim.wire("a", "b").cut();
        if (when === "later") await self.sleep(0);
        self.send(far, [self.pid, "lost"]);
        const wire = sim.join("a", "b");
        expect(sim.join("b", "a")).toBe(wire);
        self.send(far, [self.pid, "again"]);
        expect(await self.receive()).toMatchObject({ ref, reason: "noconnection" });
        expect(await self.receive()).toEqual([far, "again"]);
        self.exit(far, "kill");
      });
    })(),
  );
});

describe("what is left", () => {
  it("is found on every node", async () => {
    const test = simulate({ nodes: ["a", "b"] }, (sim) => {
      for (const node of [sim.nodes.a, sim.nodes.b]) node.spawn((self) => self.receive());
      sim.nodes.b.sendAfter("nobody", "x", 60_000);
      sim.nodes.b.spawn(() => Promise.reject(new Error("boom")));
    });
    const error: unknown = await test().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "not_clean" });
    expect((error as { findings: { kind: string }[] }).findings.map(({ kind }) => kind)).toEqual(["process", "process", "timer", "crash"]);
    expect((error as Error).message).toMatch(/process: <b\.1> runs .*seed: 1 .*trace:\n/s);
  });

  it("is found of processes that never stop sending over a wire", async () => {
    const test = simulate({ nodes: ["a", "b"], delay: [1, 5] }, (sim) => {
      const one = sim.nodes.a.spawn(echo);
      sim.nodes.b.spawn(async (self) => {
        for (;;) {
          self.send(one, [self.pid, "again"]);
          await self.receive();
        }
      });
    });
    await expect(test()).rejects.toMatchObject({ findings: [{ kind: "process" }, { kind: "process" }] });
  });
});

describe("bad input", () => {
  it("is refused before anything runs", async () => {
    for (const options of [
      {},
      { nodes: [] },
      { nodes: ["a", "a"] },
      { nodes: ["a b"] },
      { nodes: ["a"], delay: [5, 1] },
      { nodes: ["a"], delay: [-1, 1] },
      { nodes: ["a"], delay: 5 },
      { nodes: ["a"], delay: [1, 2, 3] },
      { nodes: ["a"], seed: "x" },
      { nodes: ["a"], freeze: 1 },
      { nodes: ["a"], sede: 1 },
    ]) {
      expect(() => simulate(options as never)).toThrow(expect.objectContaining({ code: "invalid_option" }));
    }
    expect(() => simulate({ nodes: ["a"], seeds: 0 }, () => undefined)).toThrow(/seeds is 0/);
    expect(() => simulate({ nodes: ["a"] }, 7 as never)).toThrow(/play is 7/);
    await using sim = simulate({ nodes: ["a", "b"] });
    expect(() => sim.wire("a", "x" as never)).toThrow(/give two of a, b/);
    expect(() => sim.join("a", "x" as never)).toThrow(/give one of a, b/);
    expect(() => sim.crash("x" as never)).toThrow(/give one of a, b/);
  });
});
