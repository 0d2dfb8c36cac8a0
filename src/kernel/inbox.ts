import type { Clock } from "./clock.js";
import { type Entry, Mailbox } from "./mailbox.js";
import type { Scheduler } from "./scheduler.js";

export type Match = (message: unknown) => boolean;

type Resolve = (value: unknown) => void;

/** A `receive` that waits. */
interface Waiter {
  readonly resolve: Resolve;
  readonly promise: Promise<unknown>;
  readonly match: Match | undefined;
  timer: unknown;
}

let resolveLast: Resolve;
const capture = (resolve: Resolve): void => {
  resolveLast = resolve;
};
const ignore = (): void => undefined;
const nobody: readonly Waiter[] = [];

/** A rejection that may be looked at later, or by nobody. */
export function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject<never>(error);
  promise.catch(ignore);
  return promise;
}

/**
 * What a process has received and not taken, and who waits for more. Nearly always one `receive` waits at most: it is kept in fields of the
 * inbox itself, and its methods are not `#private`, which would cost each inbox a field: a million idle processes are a million of these.
 */
export class Inbox {
  #mailbox: Mailbox | null = null;
  #resolve: Resolve | null = null;
  #promise: Promise<unknown> | null = null;
  #match: Match | undefined = undefined;
  #timer: unknown = undefined;
  /** Those who began to wait later. */
  #others: Waiter[] | null = null;

  /** How many messages wait. */
  get length(): number {
    return this.#mailbox?.length ?? 0;
  }

  remove(entry: Entry): boolean {
    return this.#mailbox?.remove(entry) ?? false;
  }

  removeAll(match: Match): number {
    return this.#mailbox?.removeAll(match) ?? 0;
  }

  get waits(): boolean {
    return this.#resolve !== null;
  }

  /** A message arrives. Answers where it lies, or null when somebody was waiting for it. */
  deliver(message: unknown, scheduler: Scheduler, clock: Clock): Entry | null {
    const resolve = this.#resolve;
    if (resolve === null) return (this.#mailbox ??= new Mailbox()).push(message);
    // Nearly always: one waits, for any message and for as long as it takes.
    if (this.#match === undefined && this.#timer === undefined && this.#others === null) {
      this.#resolve = this.#promise = null;
      scheduler.wake(resolve, message, this);
      return null;
    }
    // Taken before anybody is asked: a match that throws, or sends something itself, changes who waits.
    const others = this.#others === null || this.#others.length === 0 ? nobody : [...this.#others];
    if (this.takes(resolve, this.#match, message, scheduler, clock)) return null;
    for (const other of others) if (this.takes(other.resolve, other.match, message, scheduler, clock)) return null;
    return (this.#mailbox ??= new Mailbox()).push(message);
  }

  /** Gives the message to somebody who waits, if it matches. A match that throws fails its own `receive`, not whoever sent the message. */
  private takes(resolve: Resolve, match: Match | undefined, message: unknown, scheduler: Scheduler, clock: Clock): boolean {
    try {
      if (match !== undefined && !match(message)) return false;
    } catch (error) {
      if (this.leave(resolve, clock)) scheduler.wake(resolve, rejected(error), this);
      return false;
    }
    if (!this.leave(resolve, clock)) return false; // its match had it served, or its process ended, meanwhile
    scheduler.wake(resolve, message, this);
    return true;
  }

  receive(match: Match | undefined, after: number | undefined, scheduler: Scheduler, clock: Clock): Promise<unknown> {
    const mailbox = this.#mailbox;
    while (mailbox !== null && mailbox.length > 0) {
      let entry: Entry | null;
      try {
        entry = mailbox.find(match);
      } catch (error) {
        return Promise.reject(error as Error);
      }
      if (entry === null) break;
      if (!mailbox.remove(entry)) continue; // its match has taken it itself
      if (scheduler.spend()) return Promise.resolve(entry.message);
      const turn = new Promise<unknown>(capture);
      scheduler.wake(resolveLast, entry.message, this);
      return turn;
    }
    if (after === 0) return Promise.resolve(undefined);
    const promise = new Promise<unknown>(capture);
    const resolve = resolveLast;
    const timer =
      after === undefined
        ? undefined
        : clock.set(() => {
            this.leave(resolve, clock);
            scheduler.wake(resolve, undefined, this);
          }, after);
    if (this.#resolve === null) {
      this.#resolve = resolve;
      this.#promise = promise;
      this.#match = match;
      this.#timer = timer;
    } else (this.#others ??= []).push({ resolve, promise, match, timer });
    return promise;
  }

  /** Somebody waits no longer; the next in line moves up. False when that one did not wait any more. */
  private leave(resolve: Resolve, clock: Clock): boolean {
    if (this.#resolve !== resolve) {
      const at = this.#others?.findIndex((other) => other.resolve === resolve) ?? -1;
      if (at === -1) return false;
      const [left] = this.#others?.splice(at, 1) ?? [];
      if (left?.timer !== undefined) clock.clear(left.timer);
      return true;
    }
    if (this.#timer !== undefined) clock.clear(this.#timer);
    const next = this.#others?.shift();
    this.#resolve = next?.resolve ?? null;
    this.#promise = next?.promise ?? null;
    this.#match = next?.match;
    this.#timer = next?.timer;
    return true;
  }

  /** The process is dead: whoever waits gets the error, so that `finally` runs. */
  abandon(error: () => Error, clock: Clock): void {
    while (this.#resolve !== null) {
      const resolve = this.#resolve;
      this.#promise?.catch(ignore);
      this.leave(resolve, clock);
      resolve(Promise.reject(error()));
    }
    this.#mailbox?.clear();
  }
}
