import { NodeDown } from "../../src/kernel/errors.js";
import type { Node } from "../../src/kernel/node.js";
import type { Pid } from "../../src/kernel/ids.js";
import type { CrashReport } from "../../src/kernel/crash-report.js";
import type { Self } from "../../src/kernel/self.js";
import type { Batch } from "../../src/kernel/wire.js";
import { resolvedFunction } from "../../src/tasks/module-reference.js";
import { type SimulatedPool, simulatedPool } from "../../src/testing/simulated-pool.js";
import type { WatchedNode } from "../../src/testing/watched-node.js";
import { Dice } from "../beam/trees/dice.js";
import { type Name, SimulatedCluster, everyName } from "./cluster.js";
import { planFaults } from "./faults.js";
import { type Doing, functionsOf } from "./functions.js";
import { workloads } from "./workloads/index.js";

/** Something that must always hold did not. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** A crash that was meant to be. */
class Planned extends Error {
  override readonly name = "Planned";
}

/** Something that a system does: resolves when it is over, and says what did not hold. */
export type Workload = (system: System) => Promise<void>;

/** A whole system from a seed: nodes, what they do, and what goes wrong meanwhile. The same seed is the same run. */
export class System {
  readonly sim: SimulatedCluster;
  readonly names: readonly Name[];
  readonly dice: Dice;
  readonly pool: SimulatedPool;
  /** Something goes wrong from outside. */
  isDisturbed = false;
  /** Where the functions of tasks run, by their keys. */
  readonly #running = new Map<string, readonly Node[]>();
  /** Those whose functions have ever run. */
  readonly begun = new Set<string>();
  readonly #planned = new Set<string>();
  #numbers = 0;
  #violation: Violation | undefined;

  /** `doing`: which workloads there may be. */
  constructor(
    readonly seed: number,
    readonly doing: readonly string[] = Object.keys(workloads),
  ) {
    this.dice = new Dice(seed);
    this.names = everyName.slice(0, this.dice.whole(2, 5));
    this.sim = new SimulatedCluster({ nodes: this.names, seed, handles: false, delay: [0, this.dice.of([0, 5, 30])] });
    const functions = functionsOf(this);
    this.pool = simulatedPool(this.sim, { functions, starts: [0, 20] });
    this.sim.resolve = ({ name }) => resolvedFunction(functions[name as Doing] as () => unknown);
  }

  /** Plays it to its end. @throws Violation, NotClean, Deadlock, with the trace */
  async play(): Promise<void> {
    const { sim, dice } = this;
    sim.expectCrash((report) => this.#isPlanned(report), { times: Infinity });
    const chosen = dice.times(dice.whole(1, 4), () => dice.of(this.doing));
    sim.note(`seed ${this.seed}: ${this.names.length} nodes, ${chosen.join(", ")}`);
    this.isDisturbed = planFaults(this) > 0;
    await sim.until(Promise.all(chosen.map((name) => (workloads[name] as Workload)(this))));
    await sim.advance(3_000); // those that talk to nobody any more come to their end
    this.#checkReports();
    const goOn = [...this.begun].filter((key) => this.isRunning(key));
    this.expect(goOn.length === 0, `tasks go on: ${goOn.join(", ")}`);
    if (this.#violation !== undefined) throw this.#violation;
    await sim.end();
  }

  /** From now on another one takes what arrives at the end of any wire, and may pass it on. */
  tap(take: (batch: Batch, pass: (batch: Batch) => void) => void): void {
    const wires = this.names.flatMap((one, n) => this.names.slice(n + 1).map((two) => this.sim.wire(one, two)));
    for (const end of wires.flatMap(({ ends }) => ends)) {
      const pass = end.receive;
      end.receive = (batch) => take(batch, pass);
    }
  }

  // ——— Crashes ———

  /** The error of a crash that is meant to be. */
  planned(what: string): Error {
    const message = `planned: ${what} (${++this.#numbers})`;
    this.#planned.add(message);
    return new Planned(message);
  }

  isPlanned(reason: unknown): boolean {
    return reason instanceof Error && this.#planned.has(reason.message);
  }

  /** However this process ends, it is meant to. */
  plansEnd(pid: Pid<never>): void {
    this.#planned.add(pid);
  }

  /** A node of the pool, or another one, is made to go down: what ran there crashes with it. */
  plansEndOf(node: string): void {
    this.#planned.add(node);
  }

  #isPlanned({ pid, reason }: CrashReport): boolean {
    return (
      this.isPlanned(reason) ||
      (reason === "noconnection" && this.isDisturbed) ||
      (pid !== undefined && this.#planned.has(pid)) ||
      (reason instanceof NodeDown && this.#planned.has(reason.node))
    );
  }

  /** Of a crash that is nobody's business there is one report (T14). */
  #checkReports(): void {
    const told = new Set<string>();
    for (const { pid, runs, args, reason, handled } of this.sim.reports) {
      const which = `the crash of ${pid ?? "nobody"}, which ran ${runs} with ${JSON.stringify(args)}, by ${reason instanceof Error ? reason.message : String(reason)}`;
      if (handled) continue;
      this.expect(!told.has(which), `${which} was reported twice`);
      told.add(which);
    }
  }

  // ——— For what it does ———

  /** Time passes. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.sim.time.clock.set(resolve, ms));
  }

  twoNodes(): [Name, Name] {
    const one = this.dice.of(this.names);
    const two = this.dice.of(this.names.filter((name) => name !== one));
    return [one, two];
  }

  newName(what = "name"): string {
    return `${what}${++this.#numbers}`;
  }

  /** The function of a task begins on a node; answers what says that it is over. */
  begins(key: string, node: Node): () => void {
    this.begun.add(key);
    this.#running.set(key, [...(this.#running.get(key) ?? []), node]);
    return () => {
      this.#running.set(
        key,
        (this.#running.get(key) ?? []).filter((one) => one !== node),
      );
    };
  }

  /** The function of a task runs. On a node that is gone nothing does, whatever has not come to its end there. */
  isRunning(key: string): boolean {
    return this.#running.get(key)?.some((node) => !this.isDown(node)) === true;
  }

  /** An incarnation of a node is gone. */
  isDown(node: Node): boolean {
    return (node as WatchedNode).hasCrashed;
  }

  /** Of restarts at these times there are never more within a second than may be. */
  expectIntensity(restarts: readonly number[], maxRestarts: number): void {
    for (const [n, at] of restarts.entries()) {
      const within = restarts.filter((other, m) => m >= n && other - at <= 1_000).length;
      this.expect(within <= maxRestarts, `${within} restarts within a second, of ${maxRestarts}`);
    }
  }

  /** A process that waits may have ended with its node. @throws what it failed with, where that is no reason */
  mayEnd(node: Node, error: unknown): undefined {
    if (this.isDown(node)) return undefined;
    throw error;
  }

  /** The same, said by a process: once it is dead, its code may see anything. */
  expectOf(self: Self, holds: boolean, otherwise: string): void {
    this.expect(holds || self.node.find(self.pid) === undefined, otherwise);
  }

  expect(holds: boolean, otherwise: string): void {
    if (holds) return;
    this.sim.note(`VIOLATION ${otherwise}`);
    this.#violation ??= new Violation(`${otherwise} (seed ${this.seed})\n${this.sim.trace.slice(-40).join("\n")}`);
  }
}

export interface PlayOptions {
  /** Which workloads there may be. Default: all. */
  readonly doing?: readonly string[] | undefined;
  /** Breaks the system before it is played. */
  readonly breakIt?: (system: System) => void;
}

/** Plays the system of a seed; answers what did not hold, in words. */
export async function playSeed(seed: number, { doing, breakIt }: PlayOptions = {}): Promise<string | undefined> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 4; // most of the time would go into stacks that nobody reads
  try {
    const system = new System(seed, doing);
    breakIt?.(system);
    await system.play();
    return undefined;
  } catch (error) {
    return `seed ${seed}: ${error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error)}`;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
