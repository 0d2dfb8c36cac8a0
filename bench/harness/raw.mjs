/** What one would write by hand with `worker_threads` or `child_process` and nothing else: the floors of the pools. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
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

/** Where workers can run; each is `{ worker, post }`, and `worker` emits "message". */
export const inThreads = async (file, size) => {
  const workers = Array.from({ length: size }, () => new Worker(new URL(`../workers/${file}`, import.meta.url)));
  await Promise.all(workers.map((worker) => once(worker, "online")));
  return workers.map((worker) => ({ worker, post: (message, transfer) => worker.postMessage(message, transfer) }));
};

export const inProcesses = (serialization) => async (file, size) => {
  const path = fileURLToPath(new URL(`../workers/${file}`, import.meta.url));
  const workers = Array.from({ length: size }, () => fork(path, { serialization, execArgv: [] }));
  await Promise.all(workers.map((worker) => once(worker, "spawn")));
  return workers.map((worker) => ({ worker, post: (message) => worker.send(message) }));
};

/** One message a task, workers in turn. */
export const raw = (start) => async (size) => {
  const lanes = await start("raw.mjs", size);
  const calls = new Calls();
  let turn = 0;
  for (const { worker } of lanes) worker.on("message", ([id, value]) => calls.settle(id, value));
  const call = (lane, transfer, ...message) => {
    const { id, result } = calls.add();
    lane.post([id, ...message], transfer);
    return result;
  };
  return {
    run: (name, input, transfer) => call(lanes[turn++ % size], transfer, name, input),
    /** All tasks up to `count`, an equal share for each worker in a plain loop. */
    loop: async (name, count) => {
      const border = (index) => Math.round((count * index) / size);
      const sums = await Promise.all(lanes.map((lane, index) => call(lane, undefined, name, border(index), border(index + 1))));
      return sums.reduce((total, sum) => total + sum, 0);
    },
  };
};

/** What is called in one turn of the event loop goes out in one message to the least loaded worker, and comes back in one. */
export const batched = (start) => async (size) => {
  const lanes = (await start("raw-batched.mjs", size)).map((lane) => ({ ...lane, batch: [], load: 0 }));
  const calls = new Calls();
  let scheduled = false;
  const flush = () => {
    scheduled = false;
    for (const lane of lanes) {
      if (lane.batch.length === 0) continue;
      lane.post(lane.batch);
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
};
