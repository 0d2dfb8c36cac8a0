import { type CrashReport, Exit } from "taskward";
import { type Deferred, GenServer } from "taskward/behaviours";

/** What the tests of servers have in common: one that can do, and suffer, everything. */
export class Counter extends GenServer {
  /** What has happened to it, for those who are told afterwards. */
  static readonly log: unknown[] = [];
  readonly pidWhenMade = this.self.pid;
  #count = 0;
  #waiting: Deferred<number>[] = [];

  override init(from = 0) {
    this.#count = from;
  }
  total() {
    return this.#count;
  }
  add(n: number) {
    return (this.#count += n);
  }
  async slowly(n: number, ms: number) {
    const before = this.#count;
    await this.self.sleep(ms);
    return (this.#count = before + n);
  }
  madeAs() {
    return this.pidWhenMade;
  }
  whoCalls() {
    return this.caller;
  }
  echo(value: unknown) {
    return value;
  }
  fails(error: unknown) {
    throw error;
  }
  async failsLater(error: Error) {
    await this.self.sleep(10);
    throw error;
  }
  never(): Promise<string> {
    return new Promise(() => undefined);
  }
  /** The next `settle` or `refuse` answers. */
  next() {
    const next = this.defer<number>();
    this.#waiting.push(next);
    return next;
  }
  settle(n: number) {
    for (const one of this.#waiting) one.reply(n);
  }
  refuse(error: Error) {
    for (const one of this.#waiting.splice(0)) one.fail(error);
  }
  thenContinue(value: unknown) {
    this.continueWith(value);
    return "first the answer";
  }
  quietFor(ms: number) {
    this.timeoutAfter(ms);
  }
  leave(reason: unknown) {
    this.stop(reason);
    return "bye";
  }
  trap() {
    this.self.trapExit = true;
  }
  override handleContinue(value: string) {
    Counter.log.push(["continue", value]);
  }
  override handleInfo(message: unknown) {
    Counter.log.push(["info", message instanceof Exit ? message.reason : message]);
  }
  override terminate(reason: unknown) {
    Counter.log.push(["terminate", reason]);
  }
}

export const quiet = (_report: CrashReport): void => undefined;
