import { TaskwardError } from "../../kernel/errors.js";

/** A pool has as many tasks that wait as its `maxQueue` allows. */
export class QueueFull extends TaskwardError {
  constructor(waiting: number, running: number, max: number) {
    super(
      "queue_full",
      `the pool has ${waiting} tasks that wait beyond the ${running} that it runs, and maxQueue is ${max}: raise it, or have runs and streams wait with whenFull: "wait"`,
    );
  }
}
