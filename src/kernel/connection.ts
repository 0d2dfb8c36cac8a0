import { mustBeThere, usedTwice } from "./check-transfer.js";
import { type Origin, endOfSignal } from "./check-signal.js";
import { cloneMoving, isCloneable, notCloneable } from "./clone.js";
import { decodeReason, encodeReason } from "./encode-reason.js";
import type { Pid, Ref } from "./ids.js";
import type { Node } from "./node.js";
import { Outbox } from "./outbox.js";
import { Peers } from "./peers.js";
import type { ExitReason } from "./reasons.js";
import { soon } from "./scheduler.js";
import { shared } from "./shared.js";
import { SlotTable } from "./slot-table.js";
import { isGone, listOf, takeMark } from "./transfer.js";
import {
  type AddressedSignal,
  type Batch,
  ExitKind,
  type FunctionRef,
  Op,
  type SentFunction,
  type SpawnId,
  type SpawnOptions,
  type Tidings,
  type Wire,
} from "./wire.js";

/** What a connection hands the signals that it receives to. */
export interface Switchboard {
  route(signal: AddressedSignal): void;
  nodeDown(node: string, reason: ExitReason, connection: Connection): void;
  lost(connection: Connection, reason: ExitReason): void;
  leadsTo(address: string, connection: Connection): boolean;
  watches(pid: Pid, ref: Ref, connection: Connection): boolean;
  /** What arrived is no signal, or not one that the other side may send. */
  refused(connection: Connection): void;
}

/** Whoever spawned something on the other node. */
export interface Spawner {
  announced(pid: Pid): void;
  /** Never after its end. */
  told(what: Exclude<Tidings, "waits">, value: unknown): void;
  /** It has to wait there; or has waited, and begins when that is sent to this address. */
  waits?(begin: Ref | undefined): void;
  spawnEnded(reason: ExitReason, value: unknown, duration: number, straggles: boolean): void;
}

/** Starts what the other node asks for. */
export interface SpawnHost {
  spawn(connection: Connection, id: SpawnId, fn: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined): void;
  exit(connection: Connection, id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void;
  lost(connection: Connection): void;
}

/** A spawn that has not been sent. */
interface HeldSpawn {
  readonly fn: FunctionRef;
  readonly args: readonly unknown[];
  readonly options: SpawnOptions | undefined;
  readonly list: readonly object[] | undefined;
}

/** The kernel's side of a wire: gathers signals until the turn ends, sends them as one batch, and hands on what arrives. */
export class Connection implements Origin {
  readonly #wire: Wire;
  readonly #out: Outbox;
  readonly #board: Switchboard;
  readonly #spawners = new SlotTable<Spawner>();
  /** The functions that the other side has given a number. */
  readonly #received = new Map<number, FunctionRef>();
  declare readonly host: SpawnHost | undefined;
  /** How many spawns the other side starts without having them wait. What is transferred leaves no sooner than it can be started: a node that dies takes it along. */
  capacity = Infinity;
  /** Spawns that wait here: one with something to transfer first, and those that came after it. */
  readonly #held = new Map<SpawnId, HeldSpawn>();
  /** Is told of a process there that is killed: it may be in an infinite loop. */
  killing: ((pid: Pid) => void) | undefined = undefined;
  #closed = false;
  /** Something has arrived. */
  #hasHeard = false;

  constructor(
    /** The name of the node at the other end. */
    readonly peer: string,
    wire: Wire,
    board: Switchboard,
    host?: SpawnHost,
  ) {
    this.#wire = wire;
    this.#board = board;
    this.host = host;
    this.#out = new Outbox(
      peer,
      wire,
      () => {
        this.flush();
      },
      (signal, cause, list) => this.#refused(signal, cause, list),
    );
    wire.receive = (batch) => {
      this.#receive(batch);
    };
    wire.lost = (reason) => {
      this.#lost(reason);
    };
  }

  // ——— Out ———

  /** Queues a signal; it leaves when the current turn is over, together with all others. */
  send(signal: AddressedSignal): void {
    switch (signal[0]) {
      case Op.exit:
        this.#out.push(signal[0], signal[1], signal[2], encodeReason(signal[3]), signal[4]);
        if (signal[3] === "kill" && signal[4] === ExitKind.signal) this.killing?.(signal[1] as Pid);
        return;
      case Op.down:
        this.#out.push(signal[0], signal[1], signal[2], encodeReason(signal[3]));
        return;
      default:
        this.#out.push(...signal);
    }
  }

  /** A message is taken as it is now, and refused now: its sender gets the error, and what it changes later does not travel (K1). */
  sendMessage(to: string | SpawnId, message: unknown): void {
    const copy = this.copyOf(message);
    const list = takeMark(copy);
    if (list === undefined) this.#out.push(Op.message, to, copy);
    else this.#out.move([Op.message, to, copy], list);
  }

  /** Tells the spawner something of what it has spawned here. Like a message, it is taken as it is now. */
  tell(id: SpawnId, what: Tidings, value: unknown): void {
    const copy = this.copyOf(value, what);
    const list = takeMark(copy);
    if (list === undefined) this.#out.push(Op.message, id, [what, copy]);
    else this.#out.move([Op.message, id, [what, copy]], list);
  }

  copyOf(message: unknown, what = "message"): unknown {
    if (typeof message === "object" ? message === null : isCloneable(message)) return message;
    const list = takeMark(message);
    try {
      if (list === undefined) return structuredClone(message);
      mustBeThere(list);
      const [copy, moved] = cloneMoving([message, list] as const, list);
      shared.lists.set(copy as object, moved);
      return copy;
    } catch (error) {
      throw notCloneable(message, what, error, list);
    }
  }

  /** Nobody there can be tied to anything here, or behind it, as long as nothing has passed between the two. */
  sendNodeDown(node: string, reason: ExitReason): void {
    if (this.#hasHeard || this.#out.hasPosted) this.#out.push(Op.nodeDown, node, encodeReason(reason));
  }

  /**
   * Starts a function on the other node. The spawner is told of its end exactly once.
   * @throws RangeError when as many as a table holds are under way
   */
  spawn(fn: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined, spawner: Spawner): SpawnId {
    const id = this.#spawners.add(spawner);
    const list = listOf(args);
    if ((list !== undefined || this.#held.size > 0) && !this.#closed) this.#held.set(id, { fn, args, options, list });
    else this.#out.spawn(id, fn, args, options);
    if (this.#closed) soon(() => this.#ended(id, "noconnection", undefined, 0, false));
    else this.#out.postSoon();
    return id;
  }

  exitSpawned(id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void {
    if (this.#held.delete(id)) this.#ended(id, reason === "kill" ? "killed" : reason, undefined, 0, false);
    else if (this.#spawners.get(id) !== undefined) this.#out.push(Op.exit, id, from, encodeReason(reason), kind);
  }

  /** Takes a spawn back: its spawner will not be told anything any more. */
  disown(id: SpawnId): Spawner | undefined {
    if (this.#held.size > 0) {
      this.#held.delete(id);
      this.#out.postSoon();
    }
    return this.#spawners.remove(id);
  }

  /** Whoever has spawned something that has not ended. */
  spawners(): Iterable<Spawner> {
    return this.#spawners.values();
  }

  get spawnCount(): number {
    return this.#spawners.size;
  }

  announce(id: SpawnId, pid: Pid): void {
    this.#out.push(Op.message, id, pid);
  }

  /** Tells the other node of the end of what it had spawned. */
  spawnDown(id: SpawnId, reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    const micros = Math.round(duration * 1_000);
    if (reason !== "normal") {
      this.#out.push(Op.failed, id, encodeReason(reason), micros, straggles);
      return;
    }
    const list = takeMark(value);
    if (list === undefined) this.#out.done(id, value, micros);
    else this.#out.move([Op.done, id, value, micros], list);
  }

  /** Sends now what has gathered, and what waits for a start that it can have now. */
  flush(): void {
    if (this.#closed) return;
    this.#out.post();
    if (this.#held.size > 0) this.#release();
  }

  #release(): void {
    for (const [id, { fn, args, options, list }] of this.#held) {
      if (isGone(args)) {
        this.#held.delete(id);
        this.#ended(id, usedTwice(), undefined, 0, false);
        continue;
      }
      if (list !== undefined && this.#spawners.size - this.#held.size >= this.capacity) break;
      this.#held.delete(id);
      if (list !== undefined) this.#out.post();
      this.#out.spawn(id, fn, args, options);
      if (list !== undefined && this.#out.post(list)) shared.gone.add(args);
    }
    this.#out.post();
  }

  /** Tells whoever is concerned; false when that is nobody, for a signal that was made to be sent. */
  #refused(signal: readonly unknown[], cause: unknown, list: readonly object[] | undefined): boolean {
    const id = signal[1] as SpawnId;
    if (signal[0] === Op.spawn) {
      const { context } = (signal[3] as SpawnOptions | undefined) ?? {};
      const [what, path] = isCloneable(context) ? [signal.slice(5), "args"] : [context, "context"];
      this.#ended(id, notCloneable(what, path, cause, list), undefined, 0, false);
    } else if (signal[0] === Op.done)
      this.#wire.post([Op.failed, id, encodeReason(notCloneable(signal[2], "result", cause, list)), signal[3], false]);
    else return false;
    return true;
  }

  // ——— In ———

  /** What cannot be read is refused, and what follows it in its batch: nobody knows where that would begin. */
  #receive(batch: Batch): void {
    if (this.#closed) return;
    this.#hasHeard = true;
    if (!Array.isArray(batch)) {
      this.#board.refused(this);
      return;
    }
    for (let at = 0, end: number; at < batch.length; at = end) {
      end = endOfSignal(batch, at, this);
      if (end === 0) {
        this.#board.refused(this);
        return;
      }
      const op = batch[at] as Op;
      switch (op) {
        case Op.done:
          this.#ended(batch[at + 1] as SpawnId, "normal", batch[at + 2], (batch[at + 3] as number) / 1_000, false);
          break;
        case Op.failed:
          this.#ended(batch[at + 1] as SpawnId, decodeReason(batch[at + 2]), undefined, (batch[at + 3] as number) / 1_000, batch[at + 4] as boolean);
          break;
        case Op.spawn: {
          const count = batch[at + 4] as number;
          const args = new Array<unknown>(count);
          for (let arg = 0; arg < count; arg++) args[arg] = batch[at + 5 + arg];
          const fn = this.#known(batch[at + 2] as SentFunction);
          this.host?.spawn(this, batch[at + 1] as SpawnId, fn, args, batch[at + 3] as SpawnOptions | undefined);
          break;
        }
        case Op.message: {
          const to = batch[at + 1] as string | SpawnId;
          if (typeof to === "number") this.#heard(to, batch[at + 2] as Pid | readonly [what: Tidings, value: unknown]);
          else this.#board.route([Op.message, to, batch[at + 2]]);
          break;
        }
        case Op.exit: {
          const [to, from, reason, kind] = batch.slice(at + 1, at + 5) as [string | SpawnId, Pid, unknown, ExitKind];
          if (typeof to === "number") this.host?.exit(this, to, from, decodeReason(reason), kind);
          else this.#board.route([Op.exit, to, from, decodeReason(reason), kind]);
          break;
        }
        case Op.down:
          this.#board.route([Op.down, batch[at + 1] as Pid, batch[at + 2] as Ref, decodeReason(batch[at + 3])]);
          break;
        case Op.nodeDown:
          this.#board.nodeDown(batch[at + 1] as string, decodeReason(batch[at + 2]), this);
          break;
        default:
          this.#board.route(batch.slice(at, end) as unknown as AddressedSignal);
      }
    }
  }

  leadsTo(address: string): boolean {
    return this.#board.leadsTo(address, this);
  }

  watches(pid: Pid, ref: Ref): boolean {
    return this.#board.watches(pid, ref, this);
  }

  #heard(id: SpawnId, message: Pid | readonly [what: Tidings, value: unknown]): void {
    const spawner = this.#spawners.get(id);
    if (typeof message === "string") spawner?.announced(message);
    else if (message[0] === "waits") spawner?.waits?.(message[1] as Ref | undefined);
    else spawner?.told(message[0], message[1]);
  }

  #known(fn: SentFunction): FunctionRef {
    if (typeof fn !== "number") {
      const { key, module, name } = fn;
      this.#received.set(key, { module, name });
      return this.#known(key);
    }
    return this.#received.get(fn) ?? unknownFunction;
  }

  #ended(id: SpawnId, reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    const spawner = this.#spawners.remove(id);
    if (this.#held.size > 0) this.#out.postSoon();
    spawner?.spawnEnded(reason, value, duration, straggles);
  }

  #lost(reason: ExitReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#out.close();
    this.#held.clear();
    this.host?.lost(this);
    this.#board.lost(this, reason);
    for (const spawner of this.#spawners.clear()) spawner.spawnEnded(reason, undefined, 0, false);
  }

  /** Ends the connection from this side; for the kernel that is the same as losing it. */
  close(reason: ExitReason = "noconnection"): void {
    this.flush();
    this.#wire.close();
    this.#lost(reason);
  }
}

/** Never sent by this kernel: what comes of it is a function that cannot be found. */
const unknownFunction: FunctionRef = { module: "unknown:", name: "" };

/** Joins a node with another over a wire. With a host, the other node may have functions run here. @throws NameTaken when the name is known already */
export function connect(node: Node, peer: string, wire: Wire, host?: SpawnHost): Connection {
  const peers = (node.elsewhere ??= new Peers(node)) as Peers;
  const connection = new Connection(peer, wire, peers, host);
  peers.attach(connection);
  return connection;
}
