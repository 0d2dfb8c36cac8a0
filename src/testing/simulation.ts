import type { Clock } from "../kernel/clock.js";
import { connect } from "../kernel/connection.js";
import { type CrashReport, formatCrash } from "../kernel/crash-report.js";
import { InvalidOption, describeReason } from "../kernel/errors.js";
import type { Node } from "../kernel/node.js";
import { checkOptions } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { ProcessFunction } from "../kernel/self.js";
import { defer } from "../kernel/scheduler.js";
import { type Wire, nextSignal } from "../kernel/wire.js";
import { describeSignal } from "./describe-signal.js";
import type { CrashMatch, ExpectCrashOptions } from "./expected-crashes.js";
import { noteOn } from "./note.js";
import { type Delay, SimulatedWire, type Surroundings } from "./simulated-wire.js";
import { type SimulationOptions, checkNames, simulationChecks } from "./simulation-options.js";
import { VirtualTime } from "./virtual-time.js";
import { Watch } from "./watch.js";
import { WatchedNode } from "./watched-node.js";

/** How many milliseconds what is under way in the end has to arrive. */
const patience = 5_000;
/** So many of the last lines of its trace a failed run shows. */
const lastLines = 30;

/**
 * Several nodes in one event loop, on one virtual time, joined by wires that take their time. Made by `simulate`.
 *
 * @example
 * await using sim = simulate({ nodes: ["a", "b"], seed: 7 });
 * const echo = sim.nodes.b.spawn(async (self) => self.send("<a.1>", await self.receive()));
 */
export class Simulation<N extends string = string> implements AsyncDisposable {
  /** The nodes, by their names: of each the last incarnation. */
  readonly nodes: Readonly<Record<N, Node>> = {} as Record<N, Node>;
  readonly time: VirtualTime;
  readonly seed: number;
  /** What happened, a line each: signals as they arrive, wires that were cut, crashes, and what was noted. */
  readonly trace: string[] = [];
  readonly #all = new Map<string, WatchedNode>();
  readonly #wires = new Map<string, SimulatedWire>();
  readonly #incarnations = new Map<string, number>();
  /** What ends the nodes that belong to another one. */
  readonly #below = new Map<WatchedNode, () => void>();
  readonly #watch: Watch;
  readonly #around: Surroundings;
  readonly #reporter = (report: CrashReport): void => {
    this.note(formatCrash(report).split("\n")[0] as string);
  };

  /** @internal */
  constructor(options: SimulationOptions<N>, isPlayed = false) {
    checkOptions("simulate options", options, simulationChecks);
    const { nodes, seed = 1, delay = [0, 10], freeze = true, handles = true } = options;
    checkNames("nodes", nodes);
    this.seed = seed;
    const [first, ...others] = nodes as readonly [N, ...N[]];
    this.time = new VirtualTime({ name: first, seed, reporter: this.#reporter }, (all) => new WatchedNode({ ...all, freeze }));
    this.#watch = new Watch([], { handles, seed });
    this.#add(first, this.time.node);
    for (const name of others) this.#add(name, this.time.addNode({ name, reporter: this.#reporter }));
    this.#around = {
      clock: this.time.clock,
      random: this.time.random as NonNullable<VirtualTime["random"]>,
      delay,
      arrived: (from, to, batch) => {
        for (let at = 0; at < batch.length; at = nextSignal(batch, at)) this.note(`${from} -> ${to}  ${describeSignal(batch, at)}`);
      },
      cut: (one, two, reason) => {
        this.note(`${one} -- ${two}  cut: ${describeReason(reason)}`);
      },
    };
    for (const [at, one] of nodes.entries()) for (const two of nodes.slice(at + 1)) this.join(one, two);
    if (!isPlayed) this.#watch.enter();
  }

  #add(name: N, node: Node): void {
    this.#all.set(name, node as WatchedNode);
    (this.nodes as Record<N, Node>)[name] = node;
    this.#watch.add(node as WatchedNode);
  }

  /** Every crash on any node, in order of the nodes. */
  get reports(): readonly CrashReport[] {
    return this.#watch.reports;
  }

  /** Says that something is going to crash, or has, and nobody else is told: without it, the simulation fails for it. @throws InvalidOption when the match is none */
  expectCrash(match: CrashMatch, options?: ExpectCrashOptions): void {
    this.#watch.expectCrash(match, options);
  }

  /** Adds a line to the trace, with the time. */
  note(text: string): void {
    this.trace.push(`${String(this.time.now).padStart(6)} ms  ${text}`);
  }

  /** The wire between two nodes, whether it is cut or not. @throws InvalidOption when one of them is none of the simulation's */
  wire(one: N, two: N): SimulatedWire {
    const wire = this.#wires.get(pair(one, two));
    if (wire === undefined) throw new InvalidOption("wire(one, two)", [one, two], `give two of ${[...this.#all.keys()].join(", ")}`);
    return wire;
  }

  /** Joins two nodes by a new wire; where there is one that is not cut, it is that. */
  join(one: N, two: N): SimulatedWire {
    const there = this.#wires.get(pair(one, two));
    if (there?.isCut === false) return there;
    there?.tell();
    const [near, far] = [this.#node(one), this.#node(two)];
    const wire = new SimulatedWire(near.name, far.name, this.#around);
    this.connect(near, far, wire.ends[0]);
    this.connect(far, near, wire.ends[1]);
    this.#wires.set(pair(one, two), wire);
    return wire;
  }

  /** @internal Has a node use its end of a wire. */
  protected connect(node: Node, peer: Node, end: Wire): void {
    connect(node, peer.name, end);
  }

  /** Has a node die at once: its wires are cut, and what runs on it ends without telling anybody, on the nodes that belong to it, too. */
  crash(name: N, reason: ExitReason = "noconnection"): void {
    const node = this.#node(name);
    if (node.hasCrashed) return;
    this.note(`${node.name} crashes`);
    for (const other of this.#all.keys()) if (other !== name) this.wire(name, other as N).cut(reason);
    node.crash();
    for (const [below, die] of this.#below) if (below.name.startsWith(`${node.name}/`)) die();
  }

  /**
   * Has a node that has crashed return, as another incarnation: nothing runs on it, and the pids of before stay dead. From the next turn on it is joined with those
   * that live.
   * @throws InvalidOption when it has not crashed
   */
  restart(name: N): Node {
    if (!this.#node(name).hasCrashed) throw new InvalidOption("restart(name)", name, "it lives: crash it first");
    const incarnation = (this.#incarnations.get(name) ?? 1) + 1;
    this.#incarnations.set(name, incarnation);
    const node = this.time.addNode({ name: `${name}~${incarnation}`, reporter: this.#reporter });
    this.#add(name, node);
    this.note(`${node.name} starts`);
    // Those who have not heard of the end of the one before would take it for the same.
    defer(() => {
      for (const [other, { hasCrashed }] of this.#all)
        if (other !== name && !hasCrashed && this.nodes[name] === node && !(node as WatchedNode).hasCrashed) this.join(name, other as N);
    });
    return node;
  }

  /** @internal A node that belongs to one of these, behind a wire of its own. */
  nodeBelow(name: string, clock: Clock, die: () => void): WatchedNode {
    const node = this.time.addNodeBy(clock, { name, reporter: this.#reporter }) as WatchedNode;
    this.#watch.add(node);
    this.#below.set(node, die);
    return node;
  }

  /** @internal A wire to such a node. */
  wireBelow(one: string, two: string, delay: Delay, arrived: () => void): SimulatedWire {
    const around: Surroundings = {
      ...this.#around,
      delay,
      arrived: (...signals) => {
        this.#around.arrived(...signals);
        arrived();
      },
    };
    return new SimulatedWire(one, two, around);
  }

  /** Runs a process on a node and lets time pass until it has ended. @throws what its function threw; Deadlock, with the seed and the trace */
  run<R>(name: N, fn: ProcessFunction<unknown, R>): Promise<Awaited<R>> {
    return this.until(this.#node(name).run(fn));
  }

  /** Lets time pass until `promise` is settled. @throws what it rejects with; Deadlock when nothing can happen any more, with the seed and the trace */
  async until<R>(promise: PromiseLike<R>): Promise<Awaited<R>> {
    try {
      return await this.#watch.around(() => this.time.until(promise));
    } catch (error) {
      throw this.#withTrace(error);
    }
  }

  /** Lets `ms` milliseconds pass, and everything happen that happens within them. */
  advance(ms: number): Promise<void> {
    return this.time.advance(ms);
  }

  /** @internal */
  async play(fn: (sim: Simulation<N>) => unknown): Promise<void> {
    try {
      await this.until(this.#watch.around(() => Promise.resolve().then(() => fn(this)))); // when this waits for it
    } catch (error) {
      throw this.#watch.failed(error);
    }
    await this.end();
  }

  /** Lets arrive what is under way, and looks at what is left. @throws NotClean when that is anything */
  async end(): Promise<void> {
    for (const wire of this.#wires.values()) wire.release();
    await this.time.passUntil(() => [...this.#wires.values()].every(({ isIdle }) => isIdle), this.time.now + patience);
    await this.time.advance(0);
    try {
      await this.#watch.passed();
    } catch (error) {
      throw this.#withTrace(error);
    }
  }

  /** Looks at what is left, as `end` does. @throws NotClean when that is anything */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  #withTrace(error: unknown): unknown {
    const lines = this.trace.slice(-lastLines);
    return lines.length === 0
      ? error
      : noteOn(error, `trace${lines.length < this.trace.length ? `, the last ${lastLines} lines` : ""}:\n${lines.join("\n")}`);
  }

  #node(name: string): WatchedNode {
    const node = this.#all.get(name);
    if (node === undefined) throw new InvalidOption("node", name, `give one of ${[...this.#all.keys()].join(", ")}`);
    return node;
  }
}

const pair = (one: string, two: string): string => JSON.stringify([one, two].sort());
