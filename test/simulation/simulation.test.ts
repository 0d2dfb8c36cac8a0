import { describe, expect, it } from "vitest";
import { System, Violation, playSeed } from "./system.js";

/** The first of the seeds: another one each time, or SIMULATION=12345 to play those again. */
const first = Number(process.env["SIMULATION"] ?? Math.floor(Math.random() * 1e9));

describe("whole systems of simulated nodes", () => {
  it(
    `R1 R2 R5 K1 K10 K14 N1 N2 V1 G2 P1 keep what is promised, whatever goes wrong with their wires and nodes, from seed ${first} on`,
    { timeout: 180_000 },
    async () => {
      for (let seed = first; seed < first + 10_000; seed++)
        expect(await playSeed(seed), "npm run test:simulation -- --seeds 1 --seed <it>").toBeUndefined();
    },
  );

  it("are the same again from the same seed, to the last event", async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const [one, two] = [new System(seed), new System(seed)];
      await one.play();
      await two.play();
      expect(two.sim.trace).toEqual(one.sim.trace);
      expect(one.sim.trace.length).toBeGreaterThan(1);
    }
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
