import { Exited } from "../../src/kernel/errors.js";
import type { Batch } from "../../src/kernel/wire.js";
import type { PoolNode } from "../../src/testing/pool-node.js";
import { Simulation } from "../../src/testing/simulation.js";
import { Dice } from "../beam/trees/dice.js";
import type { SimulatedPool } from "../../src/testing/simulated-pool.js";
import { makePool } from "./pool.js";
import { type Workload, workloads } from "./workloads.js";

const names = ["a", "b", "c"] as const;
type Name = (typeof names)[number];

/** Something that must always hold did not. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** A whole system from a seed: nodes, what they do, and what goes wrong meanwhile. The same seed is the same run. */
export class System {
  readonly sim: Simulation<Name>;
  readonly dice: Dice;
  readonly pool: SimulatedPool;
  readonly #crashed = new Set<Name>();
  #names = 0;
  #violation: Violation | undefined;

  /** `doing`: which workloads there may be. */
  constructor(
    readonly seed: number,
    readonly doing: readonly string[] = Object.keys(workloads),
  ) {
    this.dice = new Dice(seed);
    this.sim = new Simulation({ nodes: names, seed, handles: false, delay: [0, this.dice.of([0, 5, 30])] });
    this.pool = makePool(this.sim, () => new RangeError("on purpose"));
  }

  /** Plays it to its end. @throws Violation, NotClean, Deadlock, with the trace */
  async play(): Promise<void> {
    const { sim, dice } = this;
    sim.expectCrash(() => true, { times: Infinity });
    const chosen = dice.times(dice.whole(2, 5), () => dice.of(this.doing));
    sim.note(`seed ${this.seed}: ${chosen.join(", ")}`);
    this.#plan();
    await sim.until(Promise.all(chosen.map((name) => (workloads[name] as Workload)(this))));
    if (this.#violation !== undefined) throw this.#violation;
    await sim.advance(3_000); // those that talk to nobody any more come to their end
    await sim.end();
  }

  // ——— What goes wrong ———

  #plan(): void {
    const { dice } = this;
    for (let faults = dice.whole(0, 4); faults > 0; faults--) {
      const [one, two] = this.twoNodes();
      const at = dice.whole(0, 120);
      const later = at + dice.whole(1, 150);
      dice.weighed([
        [3, () => this.#cut(one, two, at, later)],
        [3, () => this.#hold(one, two, at, later)],
        [2, () => this.#at(at, () => this.#poolNode()?.crash())],
        [1, () => this.#at(at, () => this.#crash(dice.of(["b", "c"] as const)))],
      ])();
    }
  }

  #poolNode(): PoolNode | undefined {
    const { nodes } = this.pool;
    return nodes.length === 0 ? undefined : this.dice.of(nodes);
  }

  #at(ms: number, act: () => void): void {
    this.sim.time.clock.set(act, ms);
  }

  #cut(one: Name, two: Name, at: number, later: number): void {
    this.#at(at, () => this.sim.wire(one, two).cut());
    this.#at(later, () => {
      if (!this.#crashed.has(one) && !this.#crashed.has(two)) this.sim.join(one, two);
    });
  }

  #hold(one: Name, two: Name, at: number, later: number): void {
    const { sim } = this;
    this.#at(at, () => sim.wire(one, two).hold());
    this.#at(later, () => sim.wire(one, two).release());
  }

  #crash(name: Name): void {
    this.#crashed.add(name);
    this.sim.crash(name);
  }

  /** From now on another one takes what arrives at the end of any wire, and may pass it on. */
  tap(take: (batch: Batch, pass: (batch: Batch) => void) => void): void {
    const wires = names.flatMap((one, n) => names.slice(n + 1).map((two) => this.sim.wire(one, two)));
    for (const end of wires.flatMap(({ ends }) => ends)) {
      const pass = end.receive;
      end.receive = (batch) => take(batch, pass);
    }
  }

  // ——— For what it does ———

  twoNodes(): [Name, Name] {
    const one = this.dice.of(names);
    const two = this.dice.of(names.filter((name) => name !== one));
    return [one, two];
  }

  newName(): string {
    return `name${++this.#names}`;
  }

  /** A process that waits may have ended with its node. @throws what it failed with, where that is no reason */
  mayEnd(node: Name, error: unknown): undefined {
    if (this.#crashed.has(node) || error instanceof Exited) return undefined;
    throw error;
  }

  expect(holds: boolean, otherwise: string): void {
    if (holds) return;
    this.sim.note(`VIOLATION ${otherwise}`);
    this.#violation ??= new Violation(`${otherwise} (seed ${this.seed})\n${this.sim.trace.slice(-40).join("\n")}`);
  }
}

/** Plays the system of a seed, which may be broken first; answers what did not hold, in words. */
export async function playSeed(seed: number, breakIt: (system: System) => void = () => undefined): Promise<string | undefined> {
  try {
    const system = new System(seed);
    breakIt(system);
    await system.play();
    return undefined;
  } catch (error) {
    return `seed ${seed}: ${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error)}`;
  }
}
