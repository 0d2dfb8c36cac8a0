import type { Connection, SpawnHost } from "./connection.js";
import type { Pid } from "./ids.js";
import type { Node } from "./node.js";
import type { Process } from "./process.js";
import type { ExitReason } from "./reasons.js";
import type { ExitKind, FunctionRef, SpawnId, SpawnOptions } from "./wire.js";
import { type Resolver, Work } from "./work.js";

/** What a place wants to know of the work on its node, so that nothing is lost when the node dies. */
export interface Ledger {
  /** The task is about to start; false when it has been taken back meanwhile. */
  claim(id: SpawnId): boolean;
  /** A task ended with this value, which has not been sent yet. Answers false when it must be sent before anything else runs. */
  record(id: SpawnId, value: unknown): boolean;
}

/** One piece of spawned work, from its arrival to its end. */
class Spawned extends Work {
  #startedAt = 0;

  constructor(
    readonly host: LocalHost,
    readonly connection: Connection,
    readonly id: SpawnId,
    readonly ref: FunctionRef,
    readonly args: readonly unknown[],
    readonly options: SpawnOptions | undefined,
  ) {
    super();
  }

  get label(): string | undefined {
    return this.options?.label;
  }

  get callers(): readonly Pid[] | undefined {
    return this.options?.callers;
  }

  get parent(): Pid | undefined {
    return this.options?.callers?.[0];
  }

  get runs(): string {
    return this.ref.name;
  }

  get started(): boolean {
    return this.#startedAt > 0;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.startReference(this.host.node, this.ref, this.host.resolve);
  }

  protected begun(process: Process): void {
    if (this.options?.announce === true) this.connection.announce(this.id, process.pid);
  }

  finish(reason: ExitReason, value: unknown, straggles: boolean): void {
    this.over = true;
    this.host.finished(this, reason, value, performance.now() - this.#startedAt, straggles);
  }
}

/** How many milliseconds a task may take for its end to wait for those of others. */
const quick = 0.1;

/** Runs on this node what other nodes ask for, a few at a time, in the order in which it was asked for. */
export class LocalHost implements SpawnHost {
  readonly #queue: Spawned[] = [];
  readonly #known = new Map<Connection, Map<SpawnId, Spawned>>();
  readonly #ledger: Ledger | undefined;
  readonly #concurrency: number;
  #running = 0;
  #head = 0;

  constructor(
    readonly node: Node,
    readonly resolve: Resolver,
    options: { readonly concurrency?: number | undefined; readonly ledger?: Ledger | undefined } = {},
  ) {
    this.#concurrency = options.concurrency ?? Number.POSITIVE_INFINITY;
    this.#ledger = options.ledger;
  }

  spawn(connection: Connection, id: SpawnId, ref: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined): void {
    const spawned = new Spawned(this, connection, id, ref, args, options);
    let known = this.#known.get(connection);
    if (known === undefined) this.#known.set(connection, (known = new Map<SpawnId, Spawned>()));
    known.set(id, spawned);
    this.#queue.push(spawned);
    if (this.#running < this.#concurrency) this.#next();
  }

  exit(connection: Connection, id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void {
    const spawned = this.#known.get(connection)?.get(id);
    if (spawned === undefined) return;
    const end = reason === "kill" ? "killed" : reason;
    if (spawned.process !== undefined) spawned.process.signalled(from, reason, kind);
    else if (!spawned.started) {
      spawned.over = true;
      known(this.#known, spawned).delete(id);
      connection.spawnDown(id, end, undefined, 0, false);
    } else spawned.finish(end, undefined, false); // its module is still loading
  }

  #next(): void {
    while (this.#running < this.#concurrency && this.#head < this.#queue.length) {
      const spawned = this.#queue[this.#head++] as Spawned;
      if (spawned.over) continue;
      if (this.#ledger !== undefined && !this.#ledger.claim(spawned.id)) {
        known(this.#known, spawned).delete(spawned.id);
        continue;
      }
      this.#running++;
      spawned.start();
    }
    if (this.#head === this.#queue.length) {
      this.#queue.length = 0;
      this.#head = 0;
    } else if (this.#head > 1_024) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** Sends the end of a piece of work. */
  finished(spawned: Spawned, reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    const { connection, id } = spawned;
    known(this.#known, spawned).delete(id);
    this.#running--;
    connection.spawnDown(id, reason, value, duration, straggles);
    // The ends of quick tasks travel together. But the next task may never let this turn end, or end the node: what the ledger cannot keep,
    // and what was long in coming, goes first.
    if (duration > quick || (this.#ledger !== undefined && !(reason === "normal" && this.#ledger.record(id, value)))) connection.flush();
    this.#next();
  }

  lost(connection: Connection): void {
    const gone = [...(this.#known.get(connection)?.values() ?? [])];
    this.#known.delete(connection);
    // What waits is given up first: else it would start in the place of what is ended here.
    for (const spawned of gone) if (!spawned.started) spawned.over = true;
    for (const spawned of gone) {
      if (!spawned.started) continue;
      if (spawned.process !== undefined) spawned.process.terminate("noconnection");
      else spawned.finish("noconnection", undefined, false); // its module is still loading
    }
  }
}

const nothing = new Map<SpawnId, Spawned>();
const known = (all: Map<Connection, Map<SpawnId, Spawned>>, spawned: Spawned): Map<SpawnId, Spawned> => all.get(spawned.connection) ?? nothing;
