import { Fifo } from "./fifo.js";
import type { Client, Job } from "./job.js";

/** What waits of one client, in order. */
class Line extends Fifo<Job> {
  constructor(readonly client: Client) {
    super();
  }
}

/** Jobs that wait for room. */
export interface Queue {
  readonly length: number;
  push(job: Job): void;
  /** A job that had its turn, and could not start where it was sent. Only where the place takes back what it was given. */
  putBack?(job: Job): void;
  /** A job that waits was stopped: it is passed over when its turn comes. */
  dropped(): void;
  shift(): Job | undefined;
}

/** Jobs that wait for room: first come first served for each client, and the clients take turns (S7). */
export class FairQueue implements Queue {
  readonly #lines = new Map<Client, Line>();
  /** The lines in the order of their turns. */
  readonly #turns: Line[] = [];
  #next = 0;
  protected waiting = 0;

  get length(): number {
    return this.waiting;
  }

  push(job: Job): void {
    this.waiting++;
    let line = this.#lines.get(job.client);
    if (line === undefined) {
      line = new Line(job.client);
      this.#lines.set(job.client, line);
      this.#turns.push(line);
    }
    line.push(job);
  }

  /** A job that waits was stopped: it is passed over when its turn comes. */
  dropped(): void {
    if (--this.waiting === 0) this.clear();
  }

  shift(): Job | undefined {
    const job = this.take();
    if (job !== undefined && --this.waiting === 0) this.clear();
    return job;
  }

  /** Nothing waits: it holds on to none of those that were stopped, nor to the clients of those that went. */
  clear(): void {
    this.#lines.clear();
    this.#turns.length = this.#next = this.waiting = 0;
  }

  protected take(): Job | undefined {
    while (this.#turns.length > 0) {
      if (this.#next >= this.#turns.length) this.#next = 0;
      const line = this.#turns[this.#next] as Line;
      while (line.length > 0) {
        const job = line.shift();
        if (job.state !== "queued") continue;
        this.#next++;
        return job;
      }
      this.#turns.splice(this.#next, 1);
      this.#lines.delete(line.client);
    }
    return undefined;
  }
}
