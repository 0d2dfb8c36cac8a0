import type { Clock } from "../kernel/clock.js";
import { Deadlock } from "../kernel/errors.js";
import { Node, type NodeOptions } from "../kernel/node.js";
import { Scheduler, isDeferred, nextTurn } from "../kernel/scheduler.js";
import type { ProcessFunction } from "../kernel/self.js";
import { noteOn, seedNote } from "./note.js";
import type { Random } from "./random.js";
import { SeededScheduler, stepMade } from "./seeded-scheduler.js";
import { VirtualClock } from "./virtual-clock.js";

/** Processes that message each other for ever must not stop the time: after so many turns it passes all the same. */
const mostTurns = 1_000;
/** A turn of a seeded scheduler is one step, where others take many. */
const stepsPerTurn = 1_000;

/** Resolves when everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  stepMade();
  for (let spent = 0; spent < mostTurns * stepsPerTurn; spent += stepMade() ? 1 : stepsPerTurn) {
    await new Promise<void>(nextTurn);
    if (spent > 0 && !isDeferred()) return;
  }
}

/** What a node in virtual time is made with. */
export type VirtualNodeOptions = Omit<NodeOptions, "clock" | "scheduler">;

/** What virtual time is made with, and its first node. */
export interface VirtualTimeOptions extends VirtualNodeOptions {
  /** Chance decides who goes on among those who are ready: the same seed, the same run. Default: first come, first served. */
  readonly seed?: number | undefined;
}

/** Somebody who waits for time to pass, and until when at most. */
interface Call {
  readonly holds: () => boolean;
  readonly end: number;
  readonly resolve: (holds: boolean) => void;
}

/** Makes the nodes, on the time that it is given. */
export type MakeNode = (options: NodeOptions & { readonly clock: Clock; readonly scheduler: Scheduler }) => Node;

/**
 * A node in virtual time: a second passes when nothing else is left to do, and takes none. What runs on it must wait by the node's own means
 * (`self.sleep`, `sendAfter`, timeouts), not by timers of the host.
 *
 * @throws InvalidOption for an option that cannot be
 * @example
 * const time = new VirtualTime();
 * const value = await time.run(async (self) => { await self.sleep(60_000); return 42; });
 * time.now; // 60000
 */
export class VirtualTime {
  /** What chance goes by; undefined where it has no part. */
  readonly seed: number | undefined;
  readonly clock: VirtualClock;
  /** The first node. */
  readonly node: Node;
  /** What those who chance has a part in draw from. */
  readonly random: Random | undefined;
  readonly #scheduler: Scheduler;
  readonly #make: MakeNode;
  readonly #nodes: Node[] = [];
  readonly #calls: Call[] = [];

  constructor({ seed, ...options }: VirtualTimeOptions = {}, make: MakeNode = (all) => new Node(all)) {
    this.seed = seed;
    this.#make = make;
    if (seed === undefined) {
      this.clock = new VirtualClock();
      this.#scheduler = new Scheduler(() => 0);
    } else {
      const scheduler = new SeededScheduler(seed);
      this.random = scheduler.random;
      this.clock = new VirtualClock(() => scheduler.rank);
      this.#scheduler = scheduler;
    }
    this.node = this.addNode(options);
  }

  /** One more node on the same time: what happens on all of them has one order. Wires join them (`connect`). */
  addNode(options: VirtualNodeOptions = {}): Node {
    return this.addNodeBy(this.clock, options);
  }

  /** @internal One whose clock goes by this time, and may stand still. */
  addNodeBy(clock: Clock, options: VirtualNodeOptions): Node {
    const node = this.#make({ ...options, clock, scheduler: this.#scheduler });
    this.#nodes.push(node);
    return node;
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.clock.now();
  }

  /**
   * Runs a process on the node and lets time pass until it has ended.
   * @throws what the process' function threw; Deadlock when nothing can happen any more and it has not ended. Where there is a seed, the error's
   *   message says it
   */
  run<R>(fn: ProcessFunction<unknown, R>): Promise<Awaited<R>> {
    return this.until(this.node.run(fn));
  }

  /** Lets time pass until `promise` is settled. @throws what it rejects with; Deadlock when nothing can happen any more */
  async until<R>(promise: PromiseLike<R>): Promise<Awaited<R>> {
    let over = false;
    const done = (): void => {
      over = true;
    };
    promise.then(done, done);
    try {
      if (await this.passUntil(() => over)) return await promise;
    } catch (error) {
      throw noteOn(error, seedNote(this.seed));
    }
    throw noteOn(new Deadlock(this.#who()), seedNote(this.seed));
  }

  /** Lets `ms` milliseconds pass, and everything happen that happens within them. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await this.passUntil(() => false, end);
    this.clock.moveTo(end);
  }

  /** Lets time pass until something holds; answers whether it does. False when nothing can happen any more, or not before the time `end`. */
  passUntil(holds: () => boolean, end = Infinity): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#calls.push({ holds, end, resolve }) === 1) void this.#pass();
    });
  }

  /** One loop for all who wait, for one may wait within what another waits for: time goes no further than the first of them wants to see. */
  async #pass(): Promise<void> {
    const calls = this.#calls;
    const answer = (call: Call, holds: boolean): void => {
      calls.splice(calls.indexOf(call), 1);
      call.resolve(holds);
    };
    while (calls.length > 0) {
      await settled();
      const [met] = calls.filter(({ holds }) => holds());
      const { next } = this.clock;
      const end = Math.min(...calls.map((call) => call.end));
      if (met !== undefined) answer(met, true);
      else if (next !== undefined && next <= end) this.#fire();
      else answer(calls.filter((call) => call.end === end).at(-1) as Call, false);
    }
  }

  /** With a seed, more than one of those that are due at the same time may fire before anybody goes on because of it. */
  #fire(): void {
    do this.clock.step();
    while (this.random !== undefined && this.clock.next === this.now && this.random.below(2) === 0);
  }

  #who(): string {
    const all = this.#nodes.flatMap((node) => [...node.processes()]);
    if (all.length === 0) return "No process is left.";
    return `Still there: ${all.map(({ pid, runs, status }) => `${pid} (${runs}, ${status})`).join(", ")}`;
  }
}
