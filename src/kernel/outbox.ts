import { mustBeThere } from "./check-transfer.js";
import { TaskwardError } from "./errors.js";
import { defer } from "./scheduler.js";
import { type Batch, type FunctionRef, Op, type SentFunction, type SpawnId, type SpawnOptions, type Wire, nextSignal } from "./wire.js";

/** Is told of a signal that cannot be cloned; answers whether that concerned anybody. */
export type Refused = (signal: readonly unknown[], cause: unknown, list: readonly object[] | undefined) => boolean;

/** Gathers signals until the turn ends, and posts them as one batch. */
export class Outbox {
  readonly #peer: string;
  readonly #wire: Wire;
  readonly #turnEnds: () => void;
  readonly #refused: Refused;
  /** The functions that the other side knows by a number. */
  #sent = new Map<FunctionRef, number>();
  #lastKey = 0;
  #batch: unknown[] = [];
  #scheduled = false;
  #closed = false;
  /** Something has left. */
  hasPosted = false;

  /** `turnEnds` is called when it is time to post. */
  constructor(peer: string, wire: Wire, turnEnds: () => void, refused: Refused) {
    this.#peer = peer;
    this.#wire = wire;
    this.#refused = refused;
    this.#turnEnds = () => {
      this.#scheduled = false;
      turnEnds();
    };
  }

  push(...parts: readonly unknown[]): void {
    if (this.#closed) return;
    this.#batch.push(...parts);
    this.postSoon();
  }

  /** What `push` does, without gathering its arguments: for the signal that is sent most. */
  done(id: SpawnId, value: unknown, micros: number): void {
    if (this.#closed) return;
    this.#batch.push(Op.done, id, value, micros);
    this.postSoon();
  }

  /** Adds a spawn, which is posted when somebody asks for it. */
  spawn(id: SpawnId, fn: FunctionRef, args: readonly unknown[], options: SpawnOptions | undefined): void {
    const batch = this.#batch;
    const count = args.length;
    batch.push(Op.spawn, id, this.#sent.get(fn) ?? this.#introduce(fn), options, count);
    for (let at = 0; at < count; at++) batch.push(args[at]);
  }

  #introduce(fn: FunctionRef): SentFunction {
    const key = ++this.#lastKey;
    this.#sent.set(fn, key);
    return { module: fn.module, name: fn.name, key };
  }

  /** A signal that transfers something goes by itself: what goes along with it would share the memory, and it fails alone. */
  move(signal: Batch, list: readonly object[]): void {
    if (this.#closed) return;
    this.post();
    this.#post(signal, list);
  }

  postSoon(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#wire.afterTurn === undefined) defer(this.#turnEnds);
    else this.#wire.afterTurn(this.#turnEnds);
  }

  /** Posts what has gathered; with a list, that is what is moved along with it. False when not all of it could be cloned. */
  post(list?: readonly object[]): boolean {
    const batch = this.#batch;
    if (batch.length === 0) return true;
    this.#batch = [];
    return this.#post(batch, list);
  }

  /** Nothing leaves any more. */
  close(): void {
    this.#closed = true;
    this.#batch = [];
  }

  #post(batch: Batch, list: readonly object[] | undefined): boolean {
    try {
      this.#tryToPost(batch, list);
      return true;
    } catch {
      return this.#postEach(batch, list);
    }
  }

  #tryToPost(batch: Batch, list: readonly object[] | undefined): void {
    this.hasPosted = true;
    if (list === undefined) this.#wire.post(batch);
    else {
      mustBeThere(list);
      this.#wire.post(batch, list);
    }
  }

  /** Something in the batch cannot be cloned: everything else goes, and whoever is concerned is told what could not. */
  #postEach(batch: Batch, list: readonly object[] | undefined): boolean {
    // What introduces a function may be among that which does not go: the next spawn of it introduces it then, and later batches do so anew.
    this.#sent = new Map();
    const missing = new Map<SentFunction, SentFunction>();
    let unforeseen: TaskwardError | undefined;
    let all = true;
    for (let at = 0; at < batch.length;) {
      const next = nextSignal(batch, at);
      const signal = batch.slice(at, next);
      at = next;
      const fn = signal[2] as SentFunction;
      if (signal[0] === Op.spawn) signal[2] = missing.get(fn) ?? fn;
      try {
        this.#tryToPost(signal, list);
      } catch (cause) {
        all = false;
        if (signal[0] === Op.spawn && typeof fn === "object") missing.set(fn.key, fn);
        if (!this.#refused(signal, cause, list)) {
          unforeseen ??= new TaskwardError("not_cloneable", `a signal could not be sent to ${this.#peer}`, { cause });
        }
      }
    }
    if (unforeseen !== undefined) throw unforeseen;
    return all;
  }
}
