import { isObject } from "../../kernel/attempt.js";
import { entryOf } from "../../kernel/entry-of.js";
import type { Destination, Pid, Ref } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { defer } from "../../kernel/scheduler.js";
import { Watches } from "./watches.js";
import { type Answers, type Carried, isCarried, unwrap } from "./answers.js";
import type { Pending } from "./pending.js";

/** How long a call waits that says nothing else. */
export const defaultTimeout = 5_000;

/**
 * Requests that began to wait in the same turn of the event loop, for as long as most do: one timer for all of them, from the end of the turn on, and none for those
 * that are answered within it.
 */
export interface Batch {
  count: number;
  timer: unknown;
}

/**
 * The requests of a node that wait for their answers: calls of servers, and what is asked of supervisors. Each has a number; there is one address for all of them, so that an answer that comes too late has a
 * number that nobody has any more (K17). What it holds beyond a turn of the event loop, it holds for requests that wait.
 */
export class PendingRequests {
  readonly node: Node;
  /** Where answers go. */
  readonly ref: Ref;
  readonly #pending = new Map<number, Pending>();
  readonly #watches: Watches;
  #last = 0;
  #batch: Batch = { count: 0, timer: undefined };
  /** It has something to do when the turn is over. */
  #tidies = false;
  #isOpen = false;

  constructor(node: Node) {
    this.node = node;
    this.ref = node.ref();
    this.#watches = new Watches(node, (watch, reason) => {
      for (let pending = watch.first; pending !== undefined; pending = watch.first) if (this.close(pending)) pending.serverEnded(reason);
    });
  }

  /** Has a request wait from now on. Answers the address of whom it is for; undefined when there is nobody, which it has been told then. */
  open(pending: Pending, to: Destination): string | undefined {
    const address = this.node.addressOf(to);
    const watch = address === undefined ? undefined : this.#watches.to(address, to);
    if (watch === undefined) {
      pending.serverEnded("noproc");
      return undefined;
    }
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.node.table.set(this.ref, this);
    }
    if (!this.#tidies) this.#tidySoon();
    const id = ++this.#last;
    pending.id = id;
    pending.watch = watch;
    watch.add(pending);
    this.#pending.set(id, pending);
    const { timeout, caller } = pending;
    if (timeout === defaultTimeout) (pending.batch = this.#batch).count++;
    else if (timeout !== Infinity) pending.timer = this.node.clock.set(() => this.#expire(pending), timeout);
    if (caller !== undefined) caller.whenEnded(pending);
    return address;
  }

  /** Sends the request of one that waits. What cannot go there fails it. */
  post(pending: Pending, address: string, message: object): void {
    try {
      this.node.send(address as Pid, message);
    } catch (error) {
      if (this.close(pending)) pending.failed(error);
    }
  }

  /** The wait is over; whoever closes it tells the request why. False when it was over already. */
  close(pending: Pending): boolean {
    if (!this.#pending.delete(pending.id)) return false;
    const { batch, timer, watch, caller } = pending;
    if (batch !== undefined) {
      batch.count--;
      if (batch.count === 0 && batch.timer !== undefined) this.node.clock.clear(batch.timer);
    } else if (timer !== undefined) this.node.clock.clear(timer);
    if (watch !== undefined) {
      watch.remove(pending);
      if (watch.first === undefined) this.#watches.idle(watch);
    }
    if (caller !== undefined) caller.unwatch(pending);
    if (!this.#tidies) this.#tidySoon();
    return true;
  }

  /** An answer arrives. What is none is dropped: looking at it must not fail. */
  deliver(message: unknown): void {
    if (!isObject(message)) return;
    const { $reply, $failed, reply, reason } = message as Answers;
    const pending = this.#pending.get(($reply ?? $failed) as number);
    if (pending === undefined || ($reply === undefined && !isCarried(reason)) || !this.close(pending)) return;
    if ($reply !== undefined) pending.answered(reply);
    else pending.failed(unwrap(reason as Carried));
  }

  #expire(pending: Pending): void {
    if (this.close(pending)) pending.timedOut();
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
        for (const pending of this.#pending.values()) if (pending.batch === batch) this.#expire(pending);
      }, defaultTimeout);
      this.#batch = { count: 0, timer: undefined };
    }
    this.#watches.tidy();
    if (this.#pending.size > 0) return;
    this.#isOpen = false;
    this.node.table.delete(this.ref);
  };
}

const ofNodes = new WeakMap<Node, PendingRequests>();

/** Those of a node. */
export const pendingRequestsOf = (node: Node): PendingRequests => entryOf(ofNodes, node, () => new PendingRequests(node));
