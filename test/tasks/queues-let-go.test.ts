import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { FairQueue, type Queue } from "../../src/tasks/fair-queue.js";
import type { Job } from "../../src/tasks/job.js";
import { RankedQueue } from "../../src/places/pool/ranked-queue.js";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** What a queue looks at of a job. */
const job = (client: object, priority: number): Job =>
  ({ client, state: "queued", turn: 0, options: priority === 0 ? undefined : { priority } }) as unknown as Job;

/** Has three jobs wait, and then nothing; answers what must be gone. */
function emptied(queue: Queue, empty: (queue: Queue, jobs: Job[]) => void): WeakRef<object>[] {
  const client = {};
  const jobs = [0, 1, 0].map((priority) => job(client, priority));
  for (const one of jobs) queue.push(one);
  empty(queue, jobs);
  expect(queue.length).toBe(0);
  return [client, ...jobs].map((one) => new WeakRef(one));
}

const ways = {
  "all have started": (queue: Queue, jobs: Job[]) => {
    for (let left = jobs.length; left > 0; left--) expect(queue.shift()).toBeDefined();
  },
  "all were stopped": (queue: Queue, jobs: Job[]) => {
    for (const one of jobs) {
      one.state = "ended";
      queue.dropped();
    }
  },
  "some have started, and those that are left were stopped": (queue: Queue, jobs: Job[]) => {
    const started = queue.shift();
    if (started !== undefined) started.state = "placed";
    for (const one of jobs.filter(({ state }) => state === "queued")) {
      one.state = "ended";
      queue.dropped();
    }
  },
};

describe.each([
  ["fair", () => new FairQueue()],
  ["ranked", () => new RankedQueue()],
] as const)("a %s queue", (_name, make) => {
  it.each(Object.entries(ways))("holds on to nothing when %s", async (_way, empty) => {
    const queue = make();
    const gone = emptied(queue, empty);
    // A weak reference is kept alive until the turn that made it is over.
    await new Promise(setImmediate);
    gc();
    expect(gone.map((one) => one.deref())).toEqual(gone.map(() => undefined));
    const next = job({}, 0);
    queue.push(next);
    expect(queue.shift()).toBe(next);
  });
});
