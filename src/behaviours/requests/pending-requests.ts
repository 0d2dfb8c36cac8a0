import { isObject } from "../../kernel/attempt.js";
import { decodeReason } from "../../kernel/encode-reason.js";
import type { Destination, Ref } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { defer } from "../../kernel/scheduler.js";
import { Watches } from "./watches.js";
import type { Answers } from "./protocol.js";
import type { PendingCall } from "./pending-call.js";

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
 * The calls of a node that wait for their answers. Each has a number; there is one address for all of them, so that an answer that comes too late has a
 * number that nobody has any more (K17). What it holds beyond a turn of the event loop, it holds for calls that wait.
 */
export class PendingCalls {
  readonly node: Node;
  /** Where answers go. */
  readonly ref: Ref;
  readonly #pending = new Map<number, PendingCall>();
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
      for (const pending of this.#pending.values()) if (pending.watch === watch && this.close(pending)) pending.serverEnded(reason);
    });
  }

  /** Has a call wait from now on. Answers the address of the server; undefined when there is none, which the call has been told then. */
  open(pending: PendingCall, to: Destination): string | undefined {
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
    watch.count++;
    this.#pending.set(id, pending);
    const { timeout, caller } = pending;
    if (timeout === defaultTimeout) (pending.batch = this.#batch).count++;
    else if (timeout !== Infinity) pending.timer = this.node.clock.set(() => this.#expire(pending), timeout);
    if (caller !== undefined) caller.whenEnded(pending);
    return address;
  }

  /** The wait is over; whoever closes it tells the call why. False when it was over already. */
  close(pending: PendingCall): boolean {
    if (!this.#pending.delete(pending.id)) return false;
    const { batch, timer, watch, caller } = pending;
    if (batch !== undefined) {
      batch.count--;
      if (batch.count === 0 && batch.timer !== undefined) this.node.clock.clear(batch.timer);
    } else if (timer !== undefined) this.node.clock.clear(timer);
    if (watch !== undefined && --watch.count === 0) this.#watches.idle(watch);
    if (caller !== undefined) caller.unwatch(pending);
    if (!this.#tidies) this.#tidySoon();
    return true;
  }

  /** An answer arrives. What is none is dropped: looking at it must not fail. */
  deliver(message: unknown): void {
    if (!isObject(message)) return;
    const { $reply, $failed, value, reason } = message as Answers;
    const pending = this.#pending.get(($reply ?? $failed) as number);
    if (pending === undefined || !this.close(pending)) return;
    if ($reply !== undefined) pending.answered(value);
    else pending.failed(decodeReason(reason));
  }

  #expire(pending: PendingCall): void {
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

const ofNodes = new WeakMap<Node, PendingCalls>();

/** The calls of a node, made when first asked for. */
export function pendingCallsOf(node: Node): PendingCalls {
  let calls = ofNodes.get(node);
  if (calls === undefined) ofNodes.set(node, (calls = new PendingCalls(node)));
  return calls;
}
