import type { Queue } from "../../tasks/fair-queue.js";
import type { Job } from "../../tasks/job.js";
import { ReturningQueue } from "./returning-queue.js";

interface Rank {
  readonly priority: number;
  readonly queue: ReturningQueue;
}

/** Jobs that wait for a pool, those of a higher priority first. Without priorities it is a fair queue. */
export class RankedQueue implements Queue {
  /** Those with no priority of their own. */
  readonly #plain = new ReturningQueue();
  /** The others, by their priority, and the plain ones among them; the highest first. */
  #ranks: Rank[] | undefined = undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(job: Job): void {
    this.#length++;
    this.#rank(job).push(job);
  }

  putBack(job: Job): void {
    this.#length++;
    this.#rank(job).putBack(job);
  }

  #rank({ options }: Job): ReturningQueue {
    const priority = options?.priority ?? 0;
    if (this.#ranks === undefined) {
      if (priority === 0) return this.#plain;
      this.#ranks = [{ priority: 0, queue: this.#plain }];
    }
    const ranks = this.#ranks;
    const found = ranks.findIndex((rank) => rank.priority <= priority);
    const at = found === -1 ? ranks.length : found;
    const there = ranks[at];
    if (there?.priority === priority) return there.queue;
    const queue = new ReturningQueue();
    ranks.splice(at, 0, { priority, queue });
    return queue;
  }

  dropped(): void {
    if (--this.#length === 0) this.#clear();
  }

  shift(): Job | undefined {
    const job = this.#ranks === undefined ? this.#plain.shift() : this.#highest(this.#ranks);
    if (job !== undefined && --this.#length === 0) this.#clear();
    return job;
  }

  #clear(): void {
    this.#plain.clear();
    this.#ranks = undefined;
  }

  #highest(ranks: Rank[]): Job | undefined {
    for (const { queue } of [...ranks]) {
      const job = queue.shift();
      if (job !== undefined) return job;
      if (queue !== this.#plain)
        ranks.splice(
          ranks.findIndex((rank) => rank.queue === queue),
          1,
        );
    }
    this.#ranks = undefined;
    return undefined;
  }
}
