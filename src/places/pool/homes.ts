import type { Job } from "../../tasks/job.js";

/** How many keys are remembered; those that have not been used for longest are forgotten first. */
const most = 10_000;

/** Which node the tasks of a key go to, and those that wait for theirs while others have room. */
export class Homes<M extends object> {
  readonly #homes = new Map<string | number, M>();
  readonly #waiting = new Map<M, Job[]>();

  homeOf(key: string | number): M | undefined {
    return this.#homes.get(key);
  }

  settle(key: string | number, member: M): void {
    this.#homes.delete(key); // it is the youngest now
    this.#homes.set(key, member);
    if (this.#homes.size <= most) return;
    for (const oldest of this.#homes.keys()) {
      this.#homes.delete(oldest);
      return;
    }
  }

  wait(job: Job, home: M): void {
    const line = this.#waiting.get(home);
    if (line === undefined) this.#waiting.set(home, [job]);
    else line.push(job);
  }

  /** The next task that waits for this node. */
  next(home: M): Job | undefined {
    const line = this.#waiting.get(home);
    const job = line?.shift();
    if (line?.length === 0) this.#waiting.delete(home);
    return job;
  }

  /** Takes a task out that waits; false when it does not. */
  drop(job: Job): boolean {
    for (const [home, line] of this.#waiting) {
      const at = line.indexOf(job);
      if (at === -1) continue;
      line.splice(at, 1);
      if (line.length === 0) this.#waiting.delete(home);
      return true;
    }
    return false;
  }

  /** The node is going: its keys are free, and so are the tasks that wait for it. */
  clear(home: M): readonly Job[] {
    for (const [key, member] of this.#homes) if (member === home) this.#homes.delete(key);
    const line = this.#waiting.get(home) ?? [];
    this.#waiting.delete(home);
    return line;
  }
}
