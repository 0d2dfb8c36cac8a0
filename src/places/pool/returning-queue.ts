import { FairQueue } from "../../tasks/fair-queue.js";
import type { Job } from "../../tasks/job.js";

/** A fair queue that jobs come back to: those that had their turn, and could not start where they were sent. */
export class ReturningQueue extends FairQueue {
  readonly #returned: Job[] = [];

  /** Before all others, and among those in the order in which they were handed over. */
  putBack(job: Job): void {
    this.waiting++;
    const later = this.#returned.findIndex(({ turn }) => turn > job.turn);
    if (later === -1) this.#returned.push(job);
    else this.#returned.splice(later, 0, job);
  }

  override clear(): void {
    super.clear();
    this.#returned.length = 0;
  }

  protected override take(): Job | undefined {
    while (this.#returned.length > 0) {
      const job = this.#returned.shift() as Job;
      if (job.state === "queued") return job;
    }
    return super.take();
  }
}
