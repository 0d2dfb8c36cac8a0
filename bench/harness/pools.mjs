/** The pools of threads beside each other, each in the way that its own documentation recommends: something with `run(name, input)`. */
import { fileURLToPath } from "node:url";
import { batchedThreads, rawThreads } from "./raw-threads.mjs";

const tasks = new URL("../workers/tasks.mjs", import.meta.url);
const file = (name) => fileURLToPath(new URL(`../workers/${name}.mjs`, import.meta.url));

export const pools = {
  async piscina(size, options = {}) {
    const { Piscina } = await import("piscina");
    const pool = new Piscina({ filename: tasks.href, minThreads: size, maxThreads: size, ...options });
    return { run: (name, input) => pool.run({ name, input }) };
  },

  /** Not its default, but what it is fastest with when tasks are short. */
  "piscina-64": (size) => pools.piscina(size, { concurrentTasksPerWorker: 64 }),

  async tinypool(size) {
    const { Tinypool } = await import("tinypool");
    const pool = new Tinypool({ filename: tasks.href, minThreads: size, maxThreads: size });
    return { run: (name, input) => pool.run({ name, input }) };
  },

  async workerpool(size) {
    const { pool: poolOf } = await import("workerpool");
    const pool = poolOf(file("workerpool"), { minWorkers: size, maxWorkers: size, workerType: "thread" });
    return { run: (name, input) => pool.exec(name, [input]) };
  },

  async poolifier(size) {
    const { FixedThreadPool } = await import("poolifier");
    const pool = new FixedThreadPool(size, file("poolifier"));
    return { run: (name, input) => pool.execute(input, name) };
  },

  raw: rawThreads,
  "raw-batched": batchedThreads,
};

/** `from` to `to` through a pool, `outstanding` of them at any time; answers the sum of the results. */
export async function drive(pool, name, from, to, outstanding) {
  let next = from;
  let total = 0;
  const lane = async () => {
    while (next < to) {
      const value = await pool.run(name, next++);
      total += value;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, lane));
  return total;
}

/** The same through a TaskRunner. */
export async function taskwardThreads(size) {
  const [{ TaskRunner, TaskSupervisor, tasksFrom }, { threads }] = await Promise.all([import("taskward"), import("taskward/threads")]);
  const cores = TaskSupervisor.start({ on: threads({ size }) });
  const references = tasksFrom(tasks);
  function* specs(name, from, to) {
    const reference = references[name];
    for (let input = from; input < to; input++) yield [cores, reference(input)];
  }
  return {
    drive: async (name, from, to, outstanding) => {
      let total = 0;
      for await (const event of TaskRunner.run(specs(name, from, to), { maxConcurrency: outstanding })) {
        if (event.type !== "ok") throw new Error(`${name} ended with ${event.type}`, { cause: event.reason });
        total += event.value;
      }
      return total;
    },
  };
}
