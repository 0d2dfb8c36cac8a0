import { checkCount, checkFunction, checkOptions } from "../kernel/options.js";
import { type SimulationOptions, simulationChecks } from "./simulation-options.js";
import { Simulation } from "./simulation.js";

/** Which nodes there are, what chance may do, and how often. */
export interface SimulateOptions<N extends string> extends SimulationOptions<N> {
  /** Plays it under so many seeds, one after the other: from `seed` on. */
  readonly seeds?: number;
}

const checks = { ...simulationChecks, seeds: (option: string, value: unknown) => checkCount(option, value, { infinity: false }) };

/**
 * Several nodes in one event loop, on one virtual time, joined by wires that delay and that break on command; the same seed gives the same run.
 * Given a function, answers one for the runner, which fails as a `supervised` test does when something is left. The error of a failed run says the
 * seed, and what happened last.
 *
 * @throws InvalidOption for an option that cannot be
 * @example
 * it("hears of the loss of a node", simulate({ nodes: ["a", "b"], seeds: 100 }, async (sim) => {
 *   const far = sim.nodes.b.spawn((self) => self.receive());
 *   await sim.run("a", async (self) => {
 *     const ref = self.monitor(far);
 *     sim.crash("b");
 *     expect(await self.receive()).toMatchObject({ ref, reason: "noconnection" });
 *   });
 * }));
 */
export function simulate<N extends string>(options: SimulateOptions<N>, play: (sim: Simulation<N>) => unknown): () => Promise<void>;
/**
 * The same around a test: what is left is looked for when the simulation is disposed of.
 *
 * @example
 * await using sim = simulate({ nodes: ["a", "b", "c"], seed: 7, delay: [1, 50] });
 */
export function simulate<N extends string>(options: SimulationOptions<N>): Simulation<N>;
export function simulate<N extends string>(options: SimulateOptions<N>, ...given: readonly unknown[]): Simulation<N> | (() => Promise<void>) {
  if (given.length === 0) return new Simulation(options);
  const [play] = given;
  checkFunction("simulate(options, play): play", play);
  checkOptions("simulate options", options, checks);
  const { seeds = 1, ...rest } = options;
  return async () => {
    for (let at = 0, first = rest.seed ?? 1; at < seeds; at++) {
      await new Simulation({ ...rest, seed: first + at }, true).play(play as (sim: Simulation<N>) => unknown);
    }
  };
}
