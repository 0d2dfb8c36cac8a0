import type { Clock } from "../../../src/kernel/clock.js";
import { Node } from "../../../src/kernel/node.js";
import { Scheduler } from "../../../src/kernel/scheduler.js";
import type { Bus } from "../../../src/places/cluster/bus.js";
import { Membership } from "../../../src/places/cluster/membership.js";
import type { Functions } from "../../../src/places/cluster/functions.js";
import type { Log } from "../../../src/places/cluster/durable/log.js";
import { RunArchive } from "../../../src/places/cluster/durable/run-archive.js";
import type { Random } from "../../../src/testing/random.js";

import { SimulatedLog } from "./simulated-log.js";

type Take = (subject: string, payload: Uint8Array | "nobody", reply: string | undefined) => void;

/** What a pattern that ends with a wildcard begins with. */
const stem = (pattern: string): string => pattern.replace(/\.[>*]$/, "");

/** One node's connection. */
export class SimulatedConnection implements Bus {
  readonly maxPayload = 1_000;
  interrupted: () => void = () => undefined;
  restored: () => void = () => undefined;
  refused: (error: unknown) => void = () => undefined;
  failed: (error: unknown) => void = () => undefined;
  readonly subscriptions: (readonly [stem: string, take: Take])[] = [];
  state: "up" | "broken" | "stopped" | "gone" = "up";
  /** What arrives while its program stands still. */
  readonly held: (() => void)[] = [];
  /** When the last message that goes from here arrives: they keep their order. */
  lastArrival = 0;

  constructor(readonly nats: SimulatedNats) {}

  publish(subject: string, payload: Uint8Array, reply?: string): void {
    if (this.state === "up") this.nats.carry(this, subject, Uint8Array.from(payload), reply);
  }

  subscribe(pattern: string, take: Take): void {
    const subscription = [stem(pattern), take] as const;
    this.subscriptions.push(subscription);
    this.nats.add(this, subscription[0]);
  }

  takes(subject: string, payload: Uint8Array | "nobody", reply: string | undefined): void {
    const deliver = (): void => {
      for (const [start, take] of this.subscriptions) if (subject === start || subject.startsWith(`${start}.`)) take(subject, payload, reply);
    };
    if (this.state === "stopped") this.held.push(deliver);
    else if (this.state === "up") deliver();
  }

  log(): Promise<Log> {
    return Promise.resolve(this.nats.log.at(this));
  }

  flush(): Promise<void> {
    return new Promise((resolve) => this.nats.clock.set(resolve, 2 * this.nats.delay));
  }

  close(): Promise<void> {
    this.nats.kill(this);
    return Promise.resolve();
  }
}

/** NATS within one event loop, on virtual time: messages take their time and keep their order, and are lost when somebody says so. */
export class SimulatedNats {
  readonly #listeners = new Map<string, Set<SimulatedConnection>>();
  /** How many of a thousand messages are lost. */
  loses = 0;
  /** And how many arrive twice. */
  doubles = 0;
  /** How many messages it has brought to somebody. */
  deliveries = 0;
  readonly log: SimulatedLog;

  constructor(
    readonly clock: Clock,
    readonly random: Random,
    /** How many milliseconds a message is under way at most. */
    readonly delay: number,
  ) {
    this.log = new SimulatedLog(this);
  }

  /** A node that joins; `connection` is how faults are made. */
  node(name: string, options: NodeOptions = {}): Simulated {
    const incarnation = options.incarnation ?? `i${this.random.below(1_000_000)}`;
    const node = new Node({ name: `${name}~${incarnation}`, clock: this.clock, scheduler: new Scheduler(() => 0), reporter: () => undefined });
    const connection = new SimulatedConnection(this);
    const { tick = 5_000, groups = [], functions = {}, concurrency = 8 } = options;
    const archive = new RunArchive(connection, "test", {});
    const { log } = archive;
    const membership = new Membership(connection, { node, name, cluster: "test", functions, groups, concurrency, tick, maxMessage: 1_000_000, log });
    archive.serve(membership);
    return { node, connection, membership };
  }

  add(connection: SimulatedConnection, start: string): void {
    let all = this.#listeners.get(start);
    if (all === undefined) this.#listeners.set(start, (all = new Set()));
    all.add(connection);
  }

  carry(from: SimulatedConnection, subject: string, payload: Uint8Array, reply: string | undefined): void {
    if (this.random.below(1_000) < this.loses) return;
    const copies = this.random.below(1_000) < this.doubles ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) this.#send(from, subject, payload, reply);
  }

  #send(from: SimulatedConnection, subject: string, payload: Uint8Array, reply: string | undefined): void {
    const now = this.clock.now();
    from.lastArrival = Math.max(from.lastArrival, now + this.random.between(0, this.delay));
    this.clock.set(() => {
      this.#bring(from, subject, payload, reply);
    }, from.lastArrival - now);
  }

  #bring(from: SimulatedConnection, subject: string, payload: Uint8Array, reply: string | undefined): void {
    let isHeard = false;
    for (let start = subject; start !== ""; start = start.slice(0, Math.max(0, start.lastIndexOf("."))))
      for (const one of [...(this.#listeners.get(start) ?? [])]) {
        if (one === from) continue;
        isHeard = true;
        this.deliveries++;
        one.takes(subject, payload, reply);
      }
    if (!isHeard && reply !== undefined) from.takes(reply, "nobody", undefined);
  }

  /** Its program is gone: nobody listens there any more. */
  kill(connection: SimulatedConnection): void {
    connection.state = "gone";
    this.#forget(connection);
  }

  #forget(connection: SimulatedConnection): void {
    for (const [start] of connection.subscriptions) this.#listeners.get(start)?.delete(connection);
  }

  /** Its connection breaks, and is there again after so many milliseconds. */
  blink(connection: SimulatedConnection, milliseconds: number): void {
    if (connection.state !== "up") return;
    connection.state = "broken";
    this.#forget(connection);
    connection.interrupted();
    this.clock.set(() => {
      if (connection.state !== "broken") return;
      connection.state = "up";
      for (const [start] of connection.subscriptions) this.add(connection, start);
      connection.restored();
    }, milliseconds);
  }
}

export interface NodeOptions {
  readonly tick?: number;
  readonly incarnation?: string;
  readonly groups?: readonly string[];
  readonly functions?: Functions;
  readonly concurrency?: number;
}

export interface Simulated {
  readonly node: Node;
  readonly connection: SimulatedConnection;
  readonly membership: Membership;
}
