import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { ExitKind } from "../../kernel/wire.js";
import type { Job } from "../../tasks/job.js";
import type { Place, PlaceHost } from "../../tasks/place.js";
import { Thread, type ThreadHost, type ThreadOptions } from "./thread.js";

export interface PoolOptions extends ThreadOptions {
  readonly size: number;
}

/** A pool of worker threads. They start as they are needed, and a thread that dies is replaced when there is work for it. */
export class ThreadPool implements Place, ThreadHost {
  readonly kind = "a worker thread";
  readonly parallelism: number;
  readonly node: Node;
  readonly #host: PlaceHost;
  readonly #options: PoolOptions;
  #threads: Thread[] = [];
  #closed = false;

  constructor(host: PlaceHost, options: PoolOptions) {
    this.#host = host;
    this.node = host.node;
    this.#options = options;
    this.parallelism = options.size * options.concurrency;
  }

  hasRoom(): boolean {
    if (this.#closed) return false;
    if (this.#threads.length < this.#options.size) return true;
    for (const thread of this.#threads) if (thread.load < thread.room) return true;
    return false;
  }

  start(job: Job): void {
    let thread: Thread;
    try {
      thread = this.#leastLoaded();
    } catch (error) {
      job.finish(error, undefined, false);
      return;
    }
    thread.start(job);
  }

  #leastLoaded(): Thread {
    let best: Thread | undefined;
    for (const thread of this.#threads) if (thread.load < thread.room && (best === undefined || thread.load < best.load)) best = thread;
    if (best !== undefined && (best.load === 0 || this.#threads.length >= this.#options.size)) return best;
    const thread = new Thread(this, nextName(this.node), this.#options);
    this.#threads.push(thread);
    return thread;
  }

  freed(thread: Thread): void {
    // What waits on another thread is older than anything that has not been handed over, and it may wait behind a long task.
    this.#takeOver(thread, (other) => other.holdsFew);
    this.#host.feed();
    this.#takeOver(thread, () => true);
  }

  returned(jobs: readonly Job[]): void {
    for (const job of jobs) this.#host.takeBack(job);
    this.#host.feed();
  }

  /** A thread has nothing to do while others have tasks that wait: it takes over the first of them. */
  #takeOver(idle: Thread, from: (thread: Thread) => boolean): void {
    if (idle.load > 0 || this.#threads.length === 1) return;
    for (const thread of this.#threads) {
      if (thread === idle || !from(thread)) continue;
      const job = thread.giveBack();
      if (job === undefined) continue;
      idle.start(job);
      return;
    }
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    for (const thread of this.#threads) thread.exit(job, reason, kind);
  }

  startedAt(job: Job): number | undefined {
    for (const thread of this.#threads) {
      const began = thread.startOf(job);
      if (began !== undefined) return began;
    }
    return undefined;
  }

  died(thread: Thread, unstarted: readonly Job[]): void {
    this.#threads = this.#threads.filter((one) => one !== thread);
    for (const job of unstarted) this.#host.takeBack(job);
    if (!this.#closed) this.#host.feed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.stop()));
  }
}

const counts = new WeakMap<Node, number>();

/** Threads of a node are numbered for as long as it lives: the name of a dead thread never comes back. */
function nextName(node: Node): string {
  const number = (counts.get(node) ?? 0) + 1;
  counts.set(node, number);
  return `${node.name}/t${number}`;
}
