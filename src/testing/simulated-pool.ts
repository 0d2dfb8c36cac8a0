import { InvalidOption, LoadFailed } from "../kernel/errors.js";
import { type Check, anything, checkOptions } from "../kernel/options.js";
import type { Resolved, Resolver } from "../kernel/work.js";
import type { Identity } from "../places/pool/beginning.js";
import type { Launch } from "../places/pool/carrier.js";
import { Pool } from "../places/pool/pool.js";
import { type SizeOptions, type SizeSettings, checkSize, sizeOptions } from "../places/pool/size-options.js";
import { resolvedFunction } from "../tasks/module-reference.js";
import type { PlaceFactory } from "../tasks/place.js";
import { PoolNode } from "./pool-node.js";
import type { Delay } from "./simulated-wire.js";
import { checkDelay } from "./simulation-options.js";
import type { Simulation } from "./simulation.js";
import { VirtualTimers } from "./virtual-timers.js";

/** What a simulated pool can be given: what pools of threads and of child processes can, and what chance may do. */
export interface SimulatedPoolOptions extends SizeOptions {
  /** What its tasks may call, by the names of their references: what `import * as` gives of a module. */
  readonly functions: Readonly<Record<string, unknown>>;
  /** How many tasks run at once on each node. Default 1. */
  readonly concurrentTasksPerNode?: number;
  /** How many milliseconds a signal to or from a node is under way, at least and at most. Default `[0, 5]`. */
  readonly delay?: Delay;
  /** How many milliseconds a node takes to start, at least and at most. Default `[0, 0]`. */
  readonly starts?: Delay;
}

const checkFunctions: Check = (option, functions) => {
  if (typeof functions !== "object" || functions === null)
    throw new InvalidOption(option, functions, "give functions by their names, such as a module that exports them");
};

const checks: Readonly<Record<string, Check>> = {
  ...Object.fromEntries([...sizeOptions, "concurrentTasksPerNode"].map((name) => [name, anything])), // a pool looks at them
  functions: checkFunctions,
  delay: checkDelay,
  starts: checkDelay,
};

/** As many nodes as there are at most where nobody says it. */
const fewNodes = 2;

/**
 * A pool whose nodes are simulated: the place of a TaskSupervisor that behaves as `threads()` and `processes()` do, on virtual time, by chance from the simulation's seed.
 * Its nodes can be made to crash and to stall. Made by `simulatedPool`.
 *
 * @example
 * const pool = simulatedPool(sim, { functions: computation, size: 2 });
 * const cores = TaskSupervisor.start({ node: sim.nodes.a, on: pool.on });
 * pool.nodes[0]?.crash();
 */
export class SimulatedPool {
  readonly #nodes = new Set<PoolNode>();
  readonly #settings: SizeSettings;
  readonly #launch: (identity: Identity) => PoolNode;
  readonly #timers: VirtualTimers;

  /** @internal */
  constructor(sim: Simulation, options: SimulatedPoolOptions) {
    checkOptions("simulatedPool options", options, checks);
    const { functions, concurrentTasksPerNode, delay = [0, 5], starts = [0, 0], ...size } = options;
    checkFunctions("simulatedPool options: functions", functions);
    this.#settings = checkSize(size, "concurrentTasksPerNode", concurrentTasksPerNode, () => fewNodes);
    this.#timers = new VirtualTimers(sim.time.clock);
    const { concurrency } = this.#settings;
    const resolve = resolverOf(functions);
    const gone = (node: PoolNode): void => void this.#nodes.delete(node);
    this.#launch = (identity) => new PoolNode(identity, { sim, timers: this.#timers, resolve, concurrency, delay, starts, gone });
  }

  /** As the place of a supervisor: `TaskSupervisor.start({ node: sim.nodes.a, on: pool.on })`. */
  get on(): PlaceFactory {
    const launch: Launch = (identity) => {
      const node = this.#launch(identity);
      this.#nodes.add(node);
      return node.carrier;
    };
    const lines = { stdout: "inherit", stderr: "inherit" } as const;
    return (host) => new Pool(host, { kind: "a simulated node", letter: "s", ...this.#settings, lines, launch, timers: this.#timers });
  }

  /** The nodes that live now, oldest first: those that work, start or stand still. */
  get nodes(): readonly PoolNode[] {
    return [...this.#nodes];
  }
}

/** Functions are known by their names alone: what is simulated is loaded beforehand, for loading takes real time. */
function resolverOf(functions: Readonly<Record<string, unknown>>): Resolver {
  const known = new Map<string, Resolved>();
  for (const [name, fn] of Object.entries(functions)) if (typeof fn === "function") known.set(name, resolvedFunction(fn));
  return ({ name }) => {
    const found = known.get(name);
    if (found === undefined) {
      const names = [...known.keys()].join(", ");
      throw new LoadFailed(
        `this simulated pool has no function "${name}": ${names === "" ? "it has none" : `its functions are ${names}`}. Give it to simulatedPool(sim, { functions })`,
      );
    }
    return found;
  };
}

/**
 * A pool for a simulation, whose nodes stand for threads or child processes.
 *
 * @throws InvalidOption
 * @example
 * import * as computation from "./computation.js";
 * const pool = simulatedPool(sim, { functions: computation, size: 2, starts: [5, 50] });
 * await using cores = TaskSupervisor.start({ node: sim.nodes.a, on: pool.on });
 */
export function simulatedPool(sim: Simulation<never>, options: SimulatedPoolOptions): SimulatedPool {
  return new SimulatedPool(sim as Simulation, options);
}
