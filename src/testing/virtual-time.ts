import { Deadlock } from "../kernel/errors.js";
import { Node, type NodeOptions } from "../kernel/node.js";
import { Scheduler, isDeferred, nextTurn } from "../kernel/scheduler.js";
import type { ProcessFunction } from "../kernel/self.js";
import { VirtualClock } from "./virtual-clock.js";

/** Processes that message each other for ever must not stop the time: after so many turns it passes all the same. */
const mostTurns = 1_000;

/** Resolves when everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < mostTurns; turn++) {
    await new Promise<void>(nextTurn);
    if (turn > 0 && !isDeferred()) return;
  }
}

/**
 * A node in virtual time: a second passes when nothing else is left to do, and takes none. What runs on it must wait by the node's own means
 * (`self.sleep`, `sendAfter`, timeouts), not by timers of the host.
 *
 * @example
 * const time = new VirtualTime();
 * const value = await time.run(async (self) => { await self.sleep(60_000); return 42; });
 * time.now; // 60000
 */
export class VirtualTime {
  readonly clock = new VirtualClock();
  readonly node: Node;

  constructor(options: Omit<NodeOptions, "clock" | "scheduler"> = {}) {
    this.node = new Node({ ...options, clock: this.clock, scheduler: new Scheduler(() => 0) });
  }

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.clock.now();
  }

  /**
   * Runs a process on the node and lets time pass until it has ended.
   * @throws what the process' function threw; Deadlock when nothing can happen any more and it has not ended
   */
  run<R>(fn: ProcessFunction<unknown, R>): Promise<Awaited<R>> {
    return this.until(this.node.run(fn));
  }

  /** Lets time pass until `promise` is settled. @throws Deadlock when nothing can happen any more */
  async until<R>(promise: PromiseLike<R>): Promise<R> {
    let over = false;
    const done = (): void => {
      over = true;
    };
    promise.then(done, done);
    for (;;) {
      await settled();
      if (over) return promise;
      if (!this.clock.step()) throw new Deadlock(this.#who());
    }
  }

  /** Lets `ms` milliseconds pass, and everything happen that happens within them. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await settled();
    for (let next = this.clock.next; next !== undefined && next <= end; next = this.clock.next) {
      this.clock.step();
      await settled();
    }
    this.clock.moveTo(end);
  }

  #who(): string {
    const waiting = [...this.node.processes()].map(({ pid, runs, status }) => `${pid} (${runs}, ${status})`);
    return waiting.length === 0 ? "No process is left." : `Still there: ${waiting.join(", ")}`;
  }
}
