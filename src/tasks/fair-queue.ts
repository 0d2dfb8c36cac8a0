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
  /** A job that had its turn, and could not start where it was sent. */
  putBack(job: Job): void;
  /** A job that waits was stopped: it is passed over when its turn comes. */
  dropped(): void;
  shift(): Job | undefined;
}

/** Jobs that wait for room: first come first served for each client, and the clients take turns (S7). */
export class FairQueue implements Queue {
  readonly #lines = new Map<Client, Line>();
  /** The lines in the order of their turns. */
  #turns: Line[] = [];
  #next = 0;
  /** Jobs that had their turn, and could not start where they were sent. */
  readonly #returned: Job[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(job: Job): void {
    this.#length++;
    let line = this.#lines.get(job.client);
    if (line === undefined) {
      line = new Line(job.client);
      this.#lines.set(job.client, line);
      this.#turns.push(line);
    }
    line.push(job);
  }

  /** Before all others, and among those in the order in which they were handed over. */
  putBack(job: Job): void {
    this.#length++;
    const later = this.#returned.findIndex(({ turn }) => turn > job.turn);
    if (later === -1) this.#returned.push(job);
    else this.#returned.splice(later, 0, job);
  }

  /** A job that waits was stopped: it is passed over when its turn comes. */
  dropped(): void {
    this.#length--;
  }

  shift(): Job | undefined {
    const job = this.#take();
    if (job !== undefined) this.#length--;
    return job;
  }

  #take(): Job | undefined {
    while (this.#returned.length > 0) {
      const job = this.#returned.shift() as Job;
      if (job.state === "queued") return job;
    }
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
