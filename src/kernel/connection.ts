import { decodeReason, encodeReason, isCloneable, notCloneable } from "./clone.js";
import { TaskwardError } from "./errors.js";
import type { Pid, Ref } from "./ids.js";
import type { ExitReason } from "./reasons.js";
import { soon } from "./scheduler.js";
import { type AddressedSignal, type Batch, type ExitKind, type FunctionRef, Op, type SpawnId, type SpawnOptions, type Wire, arity } from "./wire.js";

/** What a connection hands the signals that it receives to. */
export interface Switchboard {
  route(signal: AddressedSignal): void;
  nodeDown(node: string, reason: ExitReason, connection: Connection): void;
  lost(connection: Connection, reason: ExitReason): void;
}

/** Whoever spawned something on the other node. */
export interface Spawner {
  announced(pid: Pid): void;
  spawnEnded(reason: ExitReason, value: unknown, duration: number, straggles: boolean): void;
}

/** Starts what the other node asks for. */
export interface SpawnHost {
  spawn(connection: Connection, id: SpawnId, fn: FunctionRef, args: readonly unknown[], options: SpawnOptions): void;
  exit(connection: Connection, id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void;
  lost(connection: Connection): void;
}

/** The kernel's side of a wire: gathers signals until the turn ends, sends them as one batch, and hands on what arrives. */
export class Connection {
  readonly #wire: Wire;
  readonly #board: Switchboard;
  readonly #spawners = new Map<SpawnId, Spawner>();
  readonly host: SpawnHost | undefined;
  #outbox: unknown[] = [];
  #scheduled = false;
  #lastId = 0;
  #closed = false;
  readonly #flushSoon = (): void => {
    this.flush();
  };

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
        this.#push(signal[0], signal[1], signal[2], encodeReason(signal[3]), signal[4]);
        return;
      case Op.down:
        this.#push(signal[0], signal[1], signal[2], encodeReason(signal[3]));
        return;
      default:
        this.#push(...signal);
    }
  }

  /** A message is taken as it is now, and refused now: its sender gets the error, and what it changes later does not travel (K1). */
  sendMessage(to: string | SpawnId, message: unknown): void {
    let copy = message;
    if (typeof message === "object" ? message !== null : !isCloneable(message)) {
      try {
        copy = structuredClone(message);
      } catch (error) {
        throw notCloneable(message, "message", error);
      }
    }
    this.#push(Op.message, to, copy);
  }

  sendNodeDown(node: string, reason: ExitReason): void {
    this.#push(Op.nodeDown, node, encodeReason(reason));
  }

  /** Starts a function on the other node. The spawner is told of its end exactly once. `id` must not be in use. */
  spawn(fn: FunctionRef, args: readonly unknown[], options: SpawnOptions, spawner: Spawner, id: SpawnId = ++this.#lastId): SpawnId {
    this.#spawners.set(id, spawner);
    const outbox = this.#outbox;
    outbox.push(Op.spawn, id, fn, args, options);
    if (!this.#scheduled) this.#schedule();
    return id;
  }

  exitSpawned(id: SpawnId, from: Pid, reason: ExitReason, kind: ExitKind): void {
    if (this.#spawners.has(id)) this.#push(Op.exit, id, from, encodeReason(reason), kind);
  }

  /** Takes a spawn back: its spawner will not be told anything any more. */
  disown(id: SpawnId): Spawner | undefined {
    const spawner = this.#spawners.get(id);
    this.#spawners.delete(id);
    return spawner;
  }

  announce(id: SpawnId, pid: Pid): void {
    this.#push(Op.message, id, pid);
  }

  spawnDown(id: SpawnId, reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    const outbox = this.#outbox;
    outbox.push(Op.spawnDown, id, reason === "normal" ? undefined : encodeReason(reason), value, duration, straggles);
    if (!this.#scheduled) this.#schedule();
  }

  #push(...parts: readonly unknown[]): void {
    this.#outbox.push(...parts);
    if (!this.#scheduled) this.#schedule();
  }

  #schedule(): void {
    this.#scheduled = true;
    soon(this.#flushSoon);
  }

  /** Sends now what has gathered. */
  flush(): void {
    this.#scheduled = false;
    const batch = this.#outbox;
    if (batch.length === 0 || this.#closed) return;
    this.#outbox = [];
    try {
      this.#wire.post(batch);
    } catch (error) {
      this.#postEach(batch, error);
    }
  }

  /** Something in the batch cannot be cloned: everything else goes, and whoever is concerned is told what could not. */
  #postEach(batch: Batch, error: unknown): void {
    for (let at = 0; at < batch.length;) {
      const signal = batch.slice(at, (at += arity[batch[at] as number] as number));
      try {
        this.#wire.post(signal);
      } catch (cause) {
        this.#refused(signal, cause ?? error);
      }
    }
  }

  #refused(signal: readonly unknown[], cause: unknown): void {
    const id = signal[1] as SpawnId;
    if (signal[0] === Op.spawn) this.#ended(id, notCloneable(signal[3], "args", cause), undefined, 0, false);
    else if (signal[0] === Op.spawnDown) {
      this.#wire.post([Op.spawnDown, id, encodeReason(notCloneable(signal[3], "result", cause)), undefined, signal[4], signal[5]]);
    } else throw new TaskwardError("not_cloneable", `a signal could not be sent to ${this.peer}`, { cause });
  }

  // ——— In ———

  #receive(batch: Batch): void {
    for (let at = 0; at < batch.length;) {
      const op = batch[at] as number;
      switch (op) {
        case Op.spawnDown: {
          const reason = batch[at + 2];
          this.#ended(
            batch[at + 1] as SpawnId,
            reason === undefined ? "normal" : decodeReason(reason),
            batch[at + 3],
            batch[at + 4] as number,
            batch[at + 5] as boolean,
          );
          break;
        }
        case Op.spawn:
          this.host?.spawn(this, batch[at + 1] as SpawnId, batch[at + 2] as FunctionRef, batch[at + 3] as unknown[], batch[at + 4] as SpawnOptions);
          break;
        case Op.message: {
          const to = batch[at + 1] as string | SpawnId;
          if (typeof to === "number") this.#spawners.get(to)?.announced(batch[at + 2] as Pid);
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
          this.#board.route(batch.slice(at, at + (arity[op] as number)) as unknown as AddressedSignal);
      }
      at += arity[op] as number;
    }
  }

  #ended(id: SpawnId, reason: ExitReason, value: unknown, duration: number, straggles: boolean): void {
    const spawner = this.#spawners.get(id);
    if (spawner === undefined) return;
    this.#spawners.delete(id);
    spawner.spawnEnded(reason, value, duration, straggles);
  }

  #lost(reason: ExitReason): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#outbox = [];
    this.host?.lost(this);
    this.#board.lost(this, reason);
    for (const id of [...this.#spawners.keys()]) this.#ended(id, reason, undefined, 0, false);
  }

  /** Ends the connection from this side; for the kernel that is the same as losing it. */
  close(reason: ExitReason = "noconnection"): void {
    this.flush();
    this.#wire.close();
    this.#lost(reason);
  }
}
