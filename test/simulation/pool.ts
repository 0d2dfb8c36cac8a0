import { connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import type { FunctionRef } from "../../src/kernel/wire.js";
import { SharedBoard } from "../../src/places/board/shared-board.js";
import type { Identity } from "../../src/places/pool/beginning.js";
import type { Carrier, Death } from "../../src/places/pool/carrier.js";
import { checkPool } from "../../src/places/pool/options.js";
import { Pool } from "../../src/places/pool/pool.js";
import type { PlaceFactory } from "../../src/tasks/place.js";
import { SimulatedWire } from "../../src/testing/simulated-wire.js";
import type { Simulation } from "../../src/testing/simulation.js";

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
    const [home, away] = wire.ends;
    const board = new SharedBoard();
    const node = sim.time.addNode({ name, reporter: () => undefined });
    let die: (death: Death) => void = () => undefined;
    const exited = new Promise<Death>((resolve) => {
      die = (death) => {
        if (!this.#alive.delete(crash)) return;
        wire.cut("noconnection", home); // the pool learns of it by `exited`
        resolve(death);
      };
    });
    const crash = (): void => {
      sim.note(`${name} crashes`);
      die({ exitCode: 1 });
    };
    this.#alive.add(crash);
    const run = async ({ name: fn }: FunctionRef, args: readonly unknown[]): Promise<number> => {
      const { ms, end } = functions[fn as keyof typeof functions](args[0] as number);
      await new Promise<void>((resolve) => {
        if (ms !== Infinity) clock.set(resolve, ms);
      });
      if (end === "crash") crash();
      if (end === "fail") throw new RangeError("on purpose");
      return args[0] as number;
    };
    const resolve = (ref: FunctionRef) => ({ fn: ((...args: unknown[]) => run(ref, args)) as (...args: never[]) => unknown, takesSelf: false });
    const post = away.post.bind(away);
    away.post = (batch, list) => {
      post(batch, list);
      board.clear();
    };
    connect(node, parent, away, new LocalHost(node, resolve, { concurrency: 1, ledger: board }));
    board.up();
    const nothing = (): void => undefined;
    return {
      wire: Object.assign(home, { drain: nothing, unreadable: nothing, sayFarewell: () => die({ exitCode: 0 }) }),
      board,
      exited,
      ref: nothing,
      unref: nothing,
      terminate: () => die({ exitCode: 1 }),
      close: nothing,
    };
  }
}
