import { type ContextValues, ambience } from "./ambience.js";
import type { Connection, SpawnHost } from "./connection.js";
import type { Pid, Ref } from "./ids.js";
import type { Node } from "./node.js";
import type { Process } from "./process.js";
import { isThenable } from "./process-body.js";
import type { ExitReason } from "./reasons.js";
import { produce } from "./produce.js";
import { refuseGenerator } from "./refuse-generator.js";
import type { Runnable } from "./scheduler.js";
import { slots } from "./slot-table.js";
import type { ExitKind, FunctionRef, SpawnId, SpawnOptions, Tidings } from "./wire.js";
import { type Around, type Resolver, Work } from "./work.js";

/** What a place wants to know of the work on its node, so that nothing is lost when the node dies. */
export interface Ledger {
  /** The task is about to start, at this many milliseconds since the epoch; false when it has been taken back meanwhile. */
  claim(id: SpawnId, now: number): boolean;
  /** A task ended with this value, which has not been sent yet. Answers false when it must be sent before anything else runs. */
  record(id: SpawnId, value: unknown): boolean;
  /** The task that runs is known to others by the pid of this number. */
  known(id: SpawnId, process: number): void;
}

/** One piece of spawned work, from its arrival to its end. */
class Spawned extends Work implements Runnable {
  /** When, by the time of its host; below 0 when it has not. */
  startedAt = -1;
  #fn: ((...args: never[]) => unknown) | undefined = undefined;

  constructor(
    readonly host: LocalHost,
    readonly source: Known,
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
    return this.host.parent ?? this.options?.parent ?? this.options?.callers?.[0];
  }

  get runs(): string {
    return this.ref.name;
  }

  get started(): boolean {
    return this.startedAt >= 0;
  }

  start(): void {
    this.startReference(this.host.node, this.ref, this.host.resolve);
  }

  protected override startPlain(node: Node, fn: (...args: never[]) => unknown): void {
    if (this.options?.announce === true) this.startFunction(node, fn);
    else {
      this.#fn = fn;
      node.scheduler.start(this);
    }
  }

  /** Nobody can know of its process before its function gives back control: one that returns its result at once never needs one. */
  begin(): void {
    if (this.over) return;
    let result: unknown;
    let goesOn: boolean;
    try {
      result = (this.#fn as (...args: readonly unknown[]) => unknown)(...this.args);
      goesOn = isThenable(result);
      if (!goesOn) refuseGenerator(result, this.runs);
    } catch (error) {
      this.#goOn(() => {
        throw error;
      });
      return;
    }
    // Not within the attempt above: what goes wrong in telling of the end is no crash of the task.
    if (goesOn) this.#goOn(() => result);
    else this.finish("normal", result, false);
  }

  /** As a process, that is. */
  #goOn(fn: () => unknown): void {
    this.process = this.host.node.enter(fn, this);
    this.process.begin();
  }

  known(process: number): void {
    this.host.ledger?.known(this.id, process);
  }

  protected begun(process: Process): void {
    if (this.options?.announce === true) this.source.connection.announce(this.id, process.pid);
  }

  override get around(): Around | undefined {
    const { stream, context = ambience.active && nothing } = this.options ?? nothing;
    if (stream === undefined && context === undefined) return undefined;
    return (self, run) => {
      const work = stream === undefined ? run : () => produce(self, run(), stream);
      return context === undefined || ambience.enter === undefined ? work() : ambience.enter(context, work);
    };
  }

  /** The task may go on computing for long without ending its turn. */
  told(what: Tidings, value: unknown): void {
    if (what === "progress" && this.options?.progress !== true) return;
    const { connection } = this.source;
    connection.tell(this.id, what, value);
    if (what !== "more" && this.host.isUrgent(what)) connection.flush();
  }

  finish(reason: ExitReason, value: unknown, straggles: boolean): void {
    this.over = true;
    // Whoever is told of a failure wants to know whose it was.
    if (reason !== "normal" && this.process !== undefined && this.options?.announce !== true)
      this.source.connection.announce(this.id, this.process.pid);
    this.host.finished(this, reason, value, straggles);
  }
}

/** One that has to wait, and is not begun before its spawner has agreed: where this node is lost until then, that one knows that it has not begun. */
class Asking extends Spawned {
  /** What takes the answer. */
  #answer: Ref | undefined = undefined;

  tellThatItWaits(): void {
    this.source.connection.tell(this.id, "waits", undefined);
  }

  override start(): void {
    const { node } = this.host;
    this.#answer = node.ref();
    node.table.set(this.#answer, {
      deliver: () => {
        this.#forgetAnswer();
        this.startedAt = this.host.now();
        super.start();
      },
    });
    this.source.connection.tell(this.id, "waits", this.#answer);
  }

  #forgetAnswer(): void {
    if (this.#answer !== undefined) this.host.node.table.delete(this.#answer);
    this.#answer = undefined;
  }

  override finish(reason: ExitReason, value: unknown, straggles: boolean): void {
    this.#forgetAnswer();
    super.finish(reason, value, straggles);
  }
}

const nothing: SpawnOptions & ContextValues = {};

/** What another node has had spawned here, each in its slot. */
class Known {
  readonly #slots: (Spawned | undefined)[] = [];

  constructor(readonly connection: Connection) {}

  add(spawned: Spawned): void {
    this.#slots[spawned.id % slots] = spawned;
  }

  get(id: SpawnId): Spawned | undefined {
    const spawned = this.#slots[id % slots];
    return spawned?.id === id ? spawned : undefined;
  }

  /** The slot may be another's already, when it has been taken back. */
  delete({ id }: Spawned): void {
    if (this.get(id) !== undefined) this.#slots[id % slots] = undefined;
  }

  all(): Spawned[] {
    return this.#slots.filter((spawned) => spawned !== undefined);
  }
}

/** How many milliseconds a task may take for its end to wait for those of others. */
const quick = 0.1;
/** So many values that a task tells in quick succession leave one by one; those that follow travel together. */
const fewTold = 8;

export interface LocalHostOptions {
  /** How many pieces of work run at once. Default `Infinity`. */
  readonly concurrency?: number | undefined;
  readonly ledger?: Ledger | undefined;
  readonly parent?: Pid | undefined;
  /** What has to wait is not begun before its spawner has agreed: so that one that this node is lost for knows what has not begun. Default false. */
  readonly asks?: boolean | undefined;
  /** Milliseconds after the origin of the thread's time, to tell how long work takes. Default: the host's. */
  readonly now?: (() => number) | undefined;
}

const sinceOrigin = (): number => performance.now();

/** Runs on this node what other nodes ask for, a few at a time, in the order in which it was asked for. */
export class LocalHost implements SpawnHost {
  readonly #queue: Spawned[] = [];
  readonly #known = new Map<Connection, Known>();
  /** The parent of what runs here, where all of it has the same. Else it is said of each, or is whoever asked for it. */
  declare readonly parent: Pid | undefined;
  readonly ledger: Ledger | undefined;
  readonly #concurrency: number;
  readonly #asks: boolean;
  readonly now: () => number;
  #running = 0;
  #head = 0;
  /** When one of its tasks has last told something, and how many times in quick succession. */
  #toldAt = 0;
  #burst = 0;

  constructor(
    readonly node: Node,
    readonly resolve: Resolver,
    options: LocalHostOptions = {},
  ) {
    this.parent = options.parent;
    this.#concurrency = options.concurrency ?? Infinity;
    this.ledger = options.ledger;
    this.#asks = options.asks ?? false;
    this.now = options.now ?? sinceOrigin;
  }

  /** How many pieces of work it has: those that run, and those that wait. */
  get load(): number {
    return this.#running + this.#queue.length - this.#head;
  }

  spawn(connection: Connection, id: SpawnId, ref: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined): void {
    let known = this.#known.get(connection);
    if (known === undefined) this.#known.set(connection, (known = new Known(connection)));
    const hasRoom = this.#running < this.#concurrency;
    const spawned = new (hasRoom || !this.#asks ? Spawned : Asking)(this, known, id, ref, args, options);
    known.add(spawned);
    this.#queue.push(spawned);
    if (hasRoom) this.#next(this.now());
    else if (spawned instanceof Asking) spawned.tellThatItWaits();
  }

  exit(connection: Connection, id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void {
    const spawned = this.#known.get(connection)?.get(id);
    if (spawned === undefined) return;
    const end = reason === "kill" ? "killed" : reason;
    if (spawned.process !== undefined) spawned.process.signalled(from, reason, kind);
    else if (!spawned.started) {
      spawned.over = true;
      spawned.source.delete(spawned);
      connection.spawnDown(id, end, undefined, 0, false);
    } else spawned.finish(end, undefined, false); // its module is still loading, or its turn has not come
  }

  /** What a task tells is not to wait for the end of the turn, unless one value comes so soon after the other that waiting for each would cost more. */
  isUrgent(what: Tidings): boolean {
    const now = this.now();
    this.#burst = now - this.#toldAt > quick ? 0 : this.#burst + 1;
    this.#toldAt = now;
    return what === "progress" || this.#burst < fewTold;
  }

  #next(now: number): void {
    while (this.#running < this.#concurrency && this.#head < this.#queue.length) {
      const spawned = this.#queue[this.#head++] as Spawned;
      if (spawned.over) continue;
      if (this.ledger !== undefined && !this.ledger.claim(spawned.id, performance.timeOrigin + now)) {
        spawned.source.delete(spawned);
        continue;
      }
      this.#running++;
      spawned.startedAt = now;
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
  finished(spawned: Spawned, reason: ExitReason, value: unknown, straggles: boolean): void {
    const { source: known, id, startedAt } = spawned;
    const { connection } = known;
    const now = this.now();
    const duration = now - startedAt;
    known.delete(spawned);
    this.#running--;
    connection.spawnDown(id, reason, value, duration, straggles);
    // The ends of quick tasks travel together. But the next task may never let this turn end, or end the node: what the ledger cannot keep,
    // and what was long in coming, goes first.
    if (duration > quick || (this.ledger !== undefined && !(reason === "normal" && this.ledger.record(id, value)))) connection.flush();
    this.#next(now);
  }

  lost(connection: Connection): void {
    const gone = this.#known.get(connection)?.all() ?? [];
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
