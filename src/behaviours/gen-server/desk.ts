import { decodeReason } from "../../kernel/encode-reason.js";
import { Exited } from "../../kernel/errors.js";
import type { Destination, Ref } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { defer } from "../../kernel/scheduler.js";
import { type Line, Lines } from "./lines.js";
import { isFailure, isReply } from "./protocol.js";

/** How long a call waits that says nothing else. */
export const defaultTimeout = 5_000;

/** Who waits at the desk. Exactly one of these is called, once. */
export interface Asker {
  answered(value: unknown): void;
  /** The server lives, and has no answer. */
  failed(reason: ExitReason): void;
  /** The server has ended, or was not there. */
  ended(reason: ExitReason): void;
  timedOut(address: string): void;
  /** The process that asked has ended. */
  abandoned(error: Exited): void;
}

/** Those who began to wait in the same turn of the event loop, for as long as most do: one timer for all of them, and none for who is answered within it. */
interface Batch {
  count: number;
  timer: unknown;
}

/** Somebody who waits, with what has to be taken back when the wait is over. */
class Ticket implements Ender {
  timer: unknown = undefined;

  constructor(
    readonly desk: Desk,
    readonly id: number,
    readonly asker: Asker,
    readonly line: Line,
    readonly caller: Process | undefined,
    readonly batch: Batch | undefined,
  ) {}

  /** The process that asked has ended. */
  ended(process: Process, reason: ExitReason): void {
    if (this.desk.close(this)) this.asker.abandoned(new Exited(process.pid, reason));
  }
}

/**
 * Where a node's calls wait for their answers. Each has a number; the desk has one address for all of them, so that an answer that comes too late has a
 * number that nobody has any more (K17). What it holds beyond a turn of the event loop, it holds for calls that wait.
 */
export class Desk {
  readonly node: Node;
  readonly #ref: Ref;
  readonly #tickets = new Map<number, Ticket>();
  readonly #lines: Lines;
  #last = 0;
  #batch: Batch = { count: 0, timer: undefined };
  #turn = false;
  #open = false;

  constructor(node: Node) {
    this.node = node;
    this.#ref = node.ref();
    this.#lines = new Lines(node, (line, reason) => {
      for (const ticket of this.#tickets.values()) if (ticket.line === line && this.close(ticket)) ticket.asker.ended(reason);
    });
  }

  /**
   * Sends a request, and has whoever asked told what comes of it.
   *
   * @param make the message, from the address and the number that the answer goes to
   * @param timeout milliseconds, or Infinity
   * @throws NotCloneable when the message goes to another node and cannot; then nobody is told anything
   */
  ask(to: Destination, make: (to: Ref, id: number) => object, asker: Asker, timeout: number, caller: Process | undefined): void {
    const { node } = this;
    const address = node.addressOf(to);
    const line = address === undefined ? undefined : this.#lines.to(address, to);
    if (address === undefined || line === undefined) {
      asker.ended("noproc");
      return;
    }
    if (!this.#open) {
      this.#open = true;
      node.table.set(this.#ref, this);
    }
    if (!this.#turn) this.#untilTurnEnds();
    const id = ++this.#last;
    const batch = timeout === defaultTimeout ? this.#batch : undefined;
    const ticket = new Ticket(this, id, asker, line, caller, batch);
    this.#tickets.set(id, ticket);
    line.count++;
    if (batch !== undefined) batch.count++;
    else if (timeout !== Infinity) ticket.timer = node.clock.set(() => this.#expire(ticket), timeout);
    caller?.whenEnded(ticket);
    try {
      // Directly: a name may have got another holder since it was looked up.
      node.send(address as never, make(this.#ref, id));
    } catch (error) {
      this.close(ticket);
      throw error;
    }
  }

  /** The wait is over: whoever closes it tells the asker why. False when it was over already. */
  close(ticket: Ticket): boolean {
    if (!this.#tickets.delete(ticket.id)) return false;
    const { batch, timer, line, caller } = ticket;
    if (batch !== undefined) {
      batch.count--;
      if (batch.count === 0 && batch.timer !== undefined) this.node.clock.clear(batch.timer);
    } else if (timer !== undefined) this.node.clock.clear(timer);
    if (--line.count === 0) this.#lines.idle(line);
    caller?.unwatch(ticket);
    if (!this.#turn) this.#untilTurnEnds();
    return true;
  }

  /** An answer arrives. */
  deliver(message: unknown): void {
    if (isReply(message)) {
      const ticket = this.#tickets.get(message.$reply);
      if (ticket !== undefined && this.close(ticket)) ticket.asker.answered(message.value);
    } else if (isFailure(message)) {
      const ticket = this.#tickets.get(message.$failed);
      if (ticket !== undefined && this.close(ticket)) ticket.asker.failed(decodeReason(message.reason));
    }
  }

  #expire(ticket: Ticket): void {
    if (this.close(ticket)) ticket.asker.timedOut(ticket.line.address);
  }

  #untilTurnEnds(): void {
    this.#turn = true;
    defer(this.#turnEnds);
  }

  readonly #turnEnds = (): void => {
    this.#turn = false;
    const batch = this.#batch;
    if (batch.count > 0) {
      batch.timer = this.node.clock.set(() => {
        for (const ticket of this.#tickets.values()) if (ticket.batch === batch) this.#expire(ticket);
      }, defaultTimeout);
      this.#batch = { count: 0, timer: undefined };
    }
    this.#lines.tidy();
    if (this.#tickets.size > 0) return;
    this.#open = false;
    this.node.table.delete(this.#ref);
  };
}

const desks = new WeakMap<Node, Desk>();

/** The desk of a node, made when first asked for. */
export function deskOf(node: Node): Desk {
  let desk = desks.get(node);
  if (desk === undefined) desks.set(node, (desk = new Desk(node)));
  return desk;
}
