import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/kernel/wire.js";
import { System, Violation, playSeed } from "./system.js";

/** The first of the seeds: another one each time, or SIMULATION=12345 to play those again. */
const first = Number(process.env["SIMULATION"] ?? Math.floor(Math.random() * 1e9));

describe("whole systems of simulated nodes", () => {
  it(
    `R1 R2 R5 R7 K1 K10 K14 N1 N2 N3 V1 V5 G2 P1 T1 T2 T14 S4 S5 keep what is promised, whatever goes wrong with their wires and nodes, from seed ${first} on`,
    { timeout: 180_000 },
    async () => {
      for (let seed = first; seed < first + 10_000; seed++)
        expect(await playSeed(seed), "npm run test:simulation -- --seeds 1 --seed <it>").toBeUndefined();
    },
  );

  it("are the same again from the same seed, to the last event", async () => {
    let lines = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const one = new System(seed);
      await one.play();
      const two = new System(seed); // one after the other: a simulation has the event loop to itself
      await two.play();
      expect(two.sim.trace).toEqual(one.sim.trace);
      lines += one.sim.trace.length;
    }
    expect(lines).toBeGreaterThan(2_000);
  });

  /** What is said of the first hundred systems, all of whose wires have something wrong with them. */
  const toldOf = async (breakIt: (system: System) => void): Promise<string[]> => {
    const found: string[] = [];
    for (let seed = 1; seed <= 100; seed++) {
      const told = await playSeed(seed, { breakIt });
      if (told !== undefined) found.push(told);
    }
    return found;
  };

  it.each<[string, (system: System) => void]>([
    [
      "lose a signal",
      (system) =>
        system.tap((batch, pass) => {
          if (!system.dice.chance(0.05)) pass(batch);
        }),
    ],
    [
      "bring a signal twice",
      (system) =>
        system.tap((batch, pass) => {
          pass(batch);
          if (system.dice.chance(0.05)) pass(batch);
        }),
    ],
    [
      "swap two signals",
      (system) => {
        const kept = new Map<unknown, Batch>();
        system.tap((batch, pass) => {
          const late = kept.get(pass);
          kept.delete(pass);
          if (late === undefined && system.dice.chance(0.05)) kept.set(pass, batch);
          else pass(batch);
          if (late !== undefined) pass(late);
        });
      },
    ],
  ])("are found out where wires %s now and then", async (_how, breakIt) => {
    expect((await toldOf(breakIt)).filter((told) => told.includes("Violation: ")).length).toBeGreaterThan(8);
  });

  it("are not where somebody only listens on their wires", async () => {
    expect(await toldOf((system) => system.tap((batch, pass) => pass(batch)))).toEqual([]);
  });

  it("tell of what does not hold with the seed and the last events, and do so again", async () => {
    const broken = async (seed: number): Promise<unknown> => {
      const system = new System(seed);
      const { sim } = system;
      const told = sim.nodes.a.run(async (self) => {
        const pid = sim.nodes.b.spawn((me) => me.sleep(10));
        self.monitor(pid);
        await self.receive();
        system.expect(false, "a Down came, which is wrong");
      });
      return system.play().then(
        () => told,
        (error: unknown) => error,
      );
    };
    let seed = 1;
    let found: unknown;
    while (!(found instanceof Violation)) found = await broken(++seed);
    expect(found.message).toContain(`a Down came, which is wrong (seed ${seed})`);
    expect(found.message).toMatch(/ms {2}b -> a {2}down "normal" to <a\.1>/);
    expect(((await broken(seed)) as Error).message).toBe(found.message);
  });
});
