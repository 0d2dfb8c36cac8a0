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
  next: Waiter | null;
}

let resolveLast: (value: unknown) => void;
const capture = (resolve: (value: unknown) => void): void => {
  resolveLast = resolve;
};
const ignore = (): void => undefined;

/** What a process has received and not taken, and who waits for more: one of the two is empty for any message that would match. */
export class Inbox {
  readonly mailbox = new Mailbox();
  #waiter: Waiter | null = null;

  get waits(): boolean {
    return this.#waiter !== null;
  }

  /** A message arrives. Answers where it lies, or null when somebody was waiting for it. */
  deliver(message: unknown, scheduler: Scheduler, clock: Clock): Entry | null {
    let before: Waiter | null = null;
    for (let waiter = this.#waiter; waiter !== null; before = waiter, waiter = waiter.next) {
      if (waiter.match !== undefined && !this.#matches(waiter, message, scheduler, clock)) continue;
      if (before === null) this.#waiter = waiter.next;
      else before.next = waiter.next;
      if (waiter.timer !== undefined) clock.clear(waiter.timer);
      scheduler.wake(waiter.resolve, message);
      return null;
    }
    return this.mailbox.push(message);
  }

  /** A match that throws fails the `receive` it belongs to, not whoever sent the message. */
  #matches(waiter: Waiter, message: unknown, scheduler: Scheduler, clock: Clock): boolean {
    try {
      return waiter.match?.(message) ?? true;
    } catch (error) {
      this.#drop(waiter);
      if (waiter.timer !== undefined) clock.clear(waiter.timer);
      scheduler.wake(waiter.resolve, Promise.reject(error as Error));
      return false;
    }
  }

  receive(match: Match | undefined, after: number | undefined, scheduler: Scheduler, clock: Clock): Promise<unknown> {
    const mailbox = this.mailbox;
    if (mailbox.length > 0) {
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
    const waiter: Waiter = { resolve: resolveLast, promise, match, timer: undefined, next: null };
    if (after !== undefined) {
      waiter.timer = clock.set(() => {
        this.#drop(waiter);
        scheduler.wake(waiter.resolve, undefined);
      }, after);
    }
    if (this.#waiter === null) this.#waiter = waiter;
    else {
      let last = this.#waiter;
      while (last.next !== null) last = last.next;
      last.next = waiter;
    }
    return promise;
  }

  #drop(waiter: Waiter): void {
    if (this.#waiter === waiter) this.#waiter = waiter.next;
    else for (let w = this.#waiter; w !== null; w = w.next) if (w.next === waiter) w.next = waiter.next;
  }

  /** The process is dead: whoever waits gets the error, so that `finally` runs. */
  abandon(error: () => Error, clock: Clock): void {
    let waiter = this.#waiter;
    this.#waiter = null;
    for (; waiter !== null; waiter = waiter.next) {
      if (waiter.timer !== undefined) clock.clear(waiter.timer);
      waiter.promise.catch(ignore);
      waiter.resolve(Promise.reject(error()));
    }
    this.mailbox.clear();
  }
}
