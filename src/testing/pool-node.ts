import type { Resolver } from "../kernel/work.js";
import type { Identity } from "../places/pool/beginning.js";
import type { Carrier } from "../places/pool/carrier.js";
import { type NodeInside, nodeInside } from "./node-inside.js";
import type { Delay, SimulatedWire } from "./simulated-wire.js";
import type { Simulation } from "./simulation.js";
import { StallingClock } from "./stalling-clock.js";
import type { VirtualTimers } from "./virtual-timers.js";

/** What the nodes of a simulated pool have in common. */
export interface PoolNodeOptions {
  readonly sim: Simulation;
  readonly timers: VirtualTimers;
  readonly resolve: Resolver;
  readonly concurrency: number;
  readonly delay: Delay;
  readonly starts: Delay;
  gone(node: PoolNode): void;
}

/**
 * A node of a simulated pool: it stands for a thread or a child process, and what goes wrong with those can be made to go wrong with it.
 *
 * @example
 * pool.nodes[0]?.crash();
 */
export class PoolNode {
  /** What pids of it begin with: `a/s1`. */
  readonly name: string;
  /** @internal */
  readonly carrier: Carrier;
  readonly #options: PoolNodeOptions;
  readonly #inside: NodeInside;
  readonly #wire: SimulatedWire;
  readonly #clock: StallingClock;
  #isAlive = true;
  #isStalled = false;

  /** @internal */
  constructor({ name, parent, supervisor }: Identity, options: PoolNodeOptions) {
    const { sim, timers, resolve, concurrency, delay, starts } = options;
    const { time } = sim;
    this.name = name;
    this.#options = options;
    this.#clock = new StallingClock(time.clock);
    const node = sim.nodeBelow(name, this.#clock, () => {
      this.#inside.die({ exitCode: 1 });
    });
    this.#wire = sim.wireBelow(parent, name, delay, () => {
      timers.news();
    });
    const gone = (): void => {
      this.#isAlive = false;
      this.#wire.die();
      node.crash();
      options.gone(this);
    };
    this.#inside = nodeInside(this.#wire.ends, node, parent, resolve, gone, { concurrency, supervisor });
    this.carrier = this.#inside.carrier;
    this.#start(time.random?.between(...starts) ?? 0);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** It stands still, until it is told to go on or its pool has stopped it. */
  get isStalled(): boolean {
    return this.#isStalled;
  }

  /** Until it is up it reads nothing. */
  #start(delay: number): void {
    const { board } = this.#inside;
    if (delay === 0) {
      board.up();
      return;
    }
    this.#wire.hold();
    this.#clock.set(() => {
      if (!this.#isAlive) return;
      board.up();
      this.#wire.release();
      this.#options.timers.news();
    }, delay);
  }

  /** Dies at once, as by `process.exit` or a signal: the tasks that ran on it end with NodeDown, and those that waited there run elsewhere. */
  crash(exitCode = 1): void {
    if (!this.#isAlive) return;
    this.#options.sim.note(`${this.name} crashes`);
    this.#options.timers.news();
    this.#inside.die({ exitCode });
  }

  /** Stands still, as in an endless loop or after SIGSTOP: nothing arrives there or comes from there, and its timers wait. */
  stall(): void {
    if (!this.#isAlive || this.#isStalled) return;
    this.#options.sim.note(`${this.name} stalls`);
    this.#isStalled = true;
    this.#clock.stall();
    this.#wire.hold();
    this.#options.timers.news();
  }

  /** Goes on after it stood still. */
  resume(): void {
    if (!this.#isAlive || !this.#isStalled) return;
    this.#options.sim.note(`${this.name} goes on`);
    this.#isStalled = false;
    this.#clock.resume();
    if (this.#inside.board.isUp) this.#wire.release();
    this.#options.timers.news();
  }
}
