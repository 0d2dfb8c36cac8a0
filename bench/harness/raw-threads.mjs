/** What one would write by hand with `worker_threads` and nothing else: the floors of the pools. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Calls that are out, by number. */
class Calls {
  #resolvers = new Map();
  #last = 0;

  add() {
    const id = ++this.#last;
    return { id, result: new Promise((resolve) => this.#resolvers.set(id, resolve)) };
  }

  settle(id, value) {
    const resolve = this.#resolvers.get(id);
    this.#resolvers.delete(id);
    resolve(value);
  }
}

async function start(file, size) {
  const workers = Array.from({ length: size }, () => new Worker(new URL(`../workers/${file}`, import.meta.url)));
  await Promise.all(workers.map((worker) => once(worker, "online")));
  return workers;
}

/** One message a task, threads in turn. */
export async function rawThreads(size) {
  const workers = await start("raw.mjs", size);
  const calls = new Calls();
  let turn = 0;
  for (const worker of workers) worker.on("message", ([id, value]) => calls.settle(id, value));
  const post = (worker, ...message) => {
    const { id, result } = calls.add();
    worker.postMessage([id, ...message]);
    return result;
  };
  return {
    run: (name, input) => post(workers[turn++ % size], name, input),
    /** All tasks up to `count`, an equal share for each thread in a plain loop. */
    loop: async (name, count) => {
      const border = (index) => Math.round((count * index) / size);
      const sums = await Promise.all(workers.map((worker, index) => post(worker, name, border(index), border(index + 1))));
      return sums.reduce((total, sum) => total + sum, 0);
    },
  };
}

/** What is called in one turn of the event loop goes out in one message to the least loaded thread, and comes back in one. */
export async function batchedThreads(size) {
  const workers = await start("raw-batched.mjs", size);
  const calls = new Calls();
  const lanes = workers.map((worker) => ({ worker, batch: [], load: 0 }));
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    for (const lane of lanes) {
      if (lane.batch.length === 0) continue;
      lane.worker.postMessage(lane.batch);
      lane.batch = [];
    }
  };
  for (const lane of lanes) {
    lane.worker.on("message", (results) => {
      lane.load -= results.length;
      for (const [id, value] of results) calls.settle(id, value);
    });
  }
  return {
    run: (_name, input) => {
      const { id, result } = calls.add();
      const lane = lanes.reduce((least, one) => (one.load < least.load ? one : least));
      lane.load++;
      lane.batch.push([id, input]);
      if (!scheduled) {
        scheduled = true;
        // After the promises that are settled by now have made their callers call again.
        queueMicrotask(flush);
      }
      return result;
    },
  };
}
