import type { FunctionRef } from "../../src/kernel/wire.js";
import type { Identity } from "../../src/places/pool/beginning.js";
import type { Carrier } from "../../src/places/pool/carrier.js";
import { checkPool } from "../../src/places/pool/options.js";
import { Pool } from "../../src/places/pool/pool.js";
import type { PlaceFactory } from "../../src/tasks/place.js";
import { SimulatedWire } from "../../src/testing/simulated-wire.js";
import type { Simulation } from "../../src/testing/simulation.js";
import { inside, running } from "../places/pool/inside.js";

/** What the tasks of a simulated pool do. They are named by `simulated:` and their name. */
const functions = {
  take: (ms: number) => ({ ms, end: "value" }),
  fail: (ms: number) => ({ ms, end: "fail" }),
  never: () => ({ ms: Infinity, end: "value" }),
  crash: (ms: number) => ({ ms, end: "crash" }),
} as const;

/** A pool whose nodes are in this event loop, behind wires that take their time, and die when a task says so, or the one who plays. */
export class SimulatedPool {
  readonly #sim: Simulation;
  readonly #alive = new Set<() => void>();

  constructor(sim: Simulation) {
    this.#sim = sim;
  }

  /** As the place of a supervisor. */
  get on(): PlaceFactory {
    const settings = checkPool({ size: 2 }, "concurrency", 1, structuredClone);
    return (host) => new Pool(host, { kind: "a simulated node", letter: "s", ...settings, launch: (identity) => this.#launch(identity) });
  }

  /** Ends one of the nodes that are there, as a crash would. */
  crash(which: number): void {
    const all = [...this.#alive];
    all[which % all.length]?.();
  }

  #launch({ name, parent }: Identity): Carrier {
    const sim = this.#sim;
    const { clock } = sim.time;
    const random = sim.time.random!;
    const wire = new SimulatedWire(parent, name, {
      clock,
      random,
      delay: [0, 5],
      arrived: () => undefined,
      cut: () => sim.note(`${parent} -- ${name}  cut`),
    });
    const crash = (): void => {
      sim.note(`${name} crashes`);
      die({ exitCode: 1 });
    };
    const run = async ({ name: fn }: FunctionRef, input: number): Promise<number> => {
      const { ms, end } = functions[fn as keyof typeof functions](input);
      await new Promise<void>((resolve) => {
        if (ms !== Infinity) clock.set(resolve, ms);
      });
      if (end === "crash") crash();
      if (end === "fail") throw new RangeError("on purpose");
      return input;
    };
    const gone = (): void => {
      this.#alive.delete(crash);
      wire.cut("noconnection", wire.ends[0]); // the pool learns of it by the carrier
    };
    const { carrier, board, die } = inside(wire.ends, sim.time.addNode({ name, reporter: () => undefined }), parent, running(run), gone);
    this.#alive.add(crash);
    board.up();
    return carrier;
  }
}
