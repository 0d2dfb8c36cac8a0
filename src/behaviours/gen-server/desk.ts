import { isObject } from "../../kernel/attempt.js";
import { decodeReason } from "../../kernel/encode-reason.js";
import type { Destination, Ref } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { defer } from "../../kernel/scheduler.js";
import { Lines } from "./lines.js";
import type { Answers } from "./protocol.js";
import type { Ticket } from "./ticket.js";

/** How long a call waits that says nothing else. */
export const defaultTimeout = 5_000;

/**
 * Calls that began to wait in the same turn of the event loop, for as long as most do: one timer for all of them, from the end of the turn on, and none for those
 * that are answered within it.
 */
export interface Batch {
  count: number;
  timer: unknown;
}

/**
 * Where a node's calls wait for their answers. Each has a number; the desk has one address for all of them, so that an answer that comes too late has a
 * number that nobody has any more (K17). What it holds beyond a turn of the event loop, it holds for calls that wait.
 */
export class Desk {
  readonly node: Node;
  /** Where answers go. */
  readonly ref: Ref;
  readonly #tickets = new Map<number, Ticket>();
  readonly #lines: Lines;
  #last = 0;
  #batch: Batch = { count: 0, timer: undefined };
  /** It has something to do when the turn is over. */
  #tidies = false;
  #isOpen = false;

  constructor(node: Node) {
    this.node = node;
    this.ref = node.ref();
    this.#lines = new Lines(node, (line, reason) => {
      for (const ticket of this.#tickets.values()) if (ticket.line === line && this.close(ticket)) ticket.serverEnded(reason);
    });
  }

  /** Has a call wait from now on. Answers the address of the server; undefined when there is none, which the call has been told then. */
  open(ticket: Ticket, to: Destination): string | undefined {
    const address = this.node.addressOf(to);
    const line = address === undefined ? undefined : this.#lines.to(address, to);
    if (line === undefined) {
      ticket.serverEnded("noproc");
      return undefined;
    }
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.node.table.set(this.ref, this);
    }
    if (!this.#tidies) this.#tidySoon();
    const id = ++this.#last;
    ticket.id = id;
    ticket.line = line;
    line.count++;
    this.#tickets.set(id, ticket);
    const { timeout, caller } = ticket;
    if (timeout === defaultTimeout) (ticket.batch = this.#batch).count++;
    else if (timeout !== Infinity) ticket.timer = this.node.clock.set(() => this.#expire(ticket), timeout);
    if (caller !== undefined) caller.whenEnded(ticket);
    return address;
  }

  /** The wait is over; whoever closes it tells the call why. False when it was over already. */
  close(ticket: Ticket): boolean {
    if (!this.#tickets.delete(ticket.id)) return false;
    const { batch, timer, line, caller } = ticket;
    if (batch !== undefined) {
      batch.count--;
      if (batch.count === 0 && batch.timer !== undefined) this.node.clock.clear(batch.timer);
    } else if (timer !== undefined) this.node.clock.clear(timer);
    if (line !== undefined && --line.count === 0) this.#lines.idle(line);
    if (caller !== undefined) caller.unwatch(ticket);
    if (!this.#tidies) this.#tidySoon();
    return true;
  }

  /** An answer arrives. What is none is dropped: looking at it must not fail. */
  deliver(message: unknown): void {
    if (!isObject(message)) return;
    const { $reply, $failed, value, reason } = message as Answers;
    const ticket = this.#tickets.get(($reply ?? $failed) as number);
    if (ticket === undefined || !this.close(ticket)) return;
    if ($reply !== undefined) ticket.answered(value);
    else ticket.failed(decodeReason(reason));
  }

  #expire(ticket: Ticket): void {
    if (this.close(ticket)) ticket.timedOut();
  }

  #tidySoon(): void {
    this.#tidies = true;
    defer(this.#tidy);
  }

  readonly #tidy = (): void => {
    this.#tidies = false;
    const batch = this.#batch;
    if (batch.count > 0) {
      batch.timer = this.node.clock.set(() => {
        for (const ticket of this.#tickets.values()) if (ticket.batch === batch) this.#expire(ticket);
      }, defaultTimeout);
      this.#batch = { count: 0, timer: undefined };
    }
    this.#lines.tidy();
    if (this.#tickets.size > 0) return;
    this.#isOpen = false;
    this.node.table.delete(this.ref);
  };
}

const desks = new WeakMap<Node, Desk>();

/** The desk of a node, made when first asked for. */
export function deskOf(node: Node): Desk {
  let desk = desks.get(node);
  if (desk === undefined) desks.set(node, (desk = new Desk(node)));
  return desk;
}
