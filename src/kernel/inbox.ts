import type { Clock } from "./clock.js";
import { type Entry, Mailbox } from "./mailbox.js";
import type { Scheduler } from "./scheduler.js";

export type Match = (message: unknown) => boolean;

/** A `receive` that waits. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly promise: Promise<unknown>;
  readonly match: Match | undefined;
  timer: unknown;
}

let resolveLast: (value: unknown) => void;
const capture = (resolve: (value: unknown) => void): void => {
  resolveLast = resolve;
};
const ignore = (): void => undefined;

/**
 * What a process has received and not taken, and who waits for more. Nearly always one `receive` waits at most: it is kept in fields of the
 * inbox itself, and its methods are not `#private`, which would cost each inbox a field: a million idle processes are a million of these.
 */
export class Inbox {
  #mailbox: Mailbox | null = null;
  #resolve: ((value: unknown) => void) | null = null;
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
    if (this.#match === undefined || this.matches(this.#match, message, resolve, scheduler, clock)) {
      this.leave(resolve, clock);
      scheduler.wake(resolve, message);
      return null;
    }
    for (const other of this.#others ?? []) {
      if (other.match !== undefined && !this.matches(other.match, message, other.resolve, scheduler, clock)) continue;
      this.leave(other.resolve, clock);
      scheduler.wake(other.resolve, message);
      return null;
    }
    return (this.#mailbox ??= new Mailbox()).push(message);
  }

  /** A match that throws fails the `receive` it belongs to, not whoever sent the message. */
  private matches(match: Match, message: unknown, resolve: (value: unknown) => void, scheduler: Scheduler, clock: Clock): boolean {
    try {
      return match(message);
    } catch (error) {
      this.leave(resolve, clock);
      scheduler.wake(resolve, Promise.reject(error as Error));
      return false;
    }
  }

  receive(match: Match | undefined, after: number | undefined, scheduler: Scheduler, clock: Clock): Promise<unknown> {
    const mailbox = this.#mailbox;
    if (mailbox !== null && mailbox.length > 0) {
      let entry: Entry | null;
      try {
        entry = mailbox.find(match);
      } catch (error) {
        return Promise.reject(error as Error);
      }
      if (entry !== null) {
        mailbox.remove(entry);
        if (scheduler.spend()) return Promise.resolve(entry.message);
        const turn = new Promise<unknown>(capture);
        scheduler.wake(resolveLast, entry.message);
        return turn;
      }
    }
    if (after === 0) return Promise.resolve(undefined);
    const promise = new Promise<unknown>(capture);
    const resolve = resolveLast;
    const timer =
      after === undefined
        ? undefined
        : clock.set(() => {
            this.leave(resolve, clock);
            scheduler.wake(resolve, undefined);
          }, after);
    if (this.#resolve === null) {
      this.#resolve = resolve;
      this.#promise = promise;
      this.#match = match;
      this.#timer = timer;
    } else (this.#others ??= []).push({ resolve, promise, match, timer });
    return promise;
  }

  /** Somebody waits no longer; the next in line moves up. */
  private leave(resolve: (value: unknown) => void, clock: Clock): void {
    if (this.#resolve !== resolve) {
      const at = this.#others?.findIndex((other) => other.resolve === resolve) ?? -1;
      if (at === -1) return;
      const [left] = this.#others?.splice(at, 1) ?? [];
      if (left?.timer !== undefined) clock.clear(left.timer);
      return;
    }
    if (this.#timer !== undefined) clock.clear(this.#timer);
    const next = this.#others?.shift();
    this.#resolve = next?.resolve ?? null;
    this.#promise = next?.promise ?? null;
    this.#match = next?.match;
    this.#timer = next?.timer;
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
