/**
 * The pools of threads and of child processes beside each other, each in the way that its own documentation recommends: something with
 * `run(name, input)`.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { batched, inProcesses, inThreads, raw } from "./raw.mjs";

const tasks = new URL("../workers/tasks.mjs", import.meta.url);
const file = (name) => fileURLToPath(new URL(`../workers/${name}.mjs`, import.meta.url));

const tinypool = async (size, options) => {
  const { Tinypool } = await import("tinypool");
  const pool = new Tinypool({ filename: tasks.href, minThreads: size, maxThreads: size, ...options });
  return { run: (name, input) => pool.run({ name, input }) };
};

const workerpool = async (size, workerType) => {
  const { pool: poolOf } = await import("workerpool");
  const pool = poolOf(file("workerpool"), { minWorkers: size, maxWorkers: size, workerType });
  return { run: (name, input) => pool.exec(name, [input]) };
};

export const threadPools = {
  async piscina(size, options = {}) {
    const { Piscina } = await import("piscina");
    const pool = new Piscina({ filename: tasks.href, minThreads: size, maxThreads: size, ...options });
    return { run: (name, input) => pool.run({ name, input }) };
  },

  /** Not its default, but what it is fastest with when tasks are short. */
  "piscina-64": (size) => threadPools.piscina(size, { concurrentTasksPerWorker: 64 }),

  tinypool: (size) => tinypool(size, {}),

  workerpool: (size) => workerpool(size, "thread"),

  async poolifier(size) {
    const { FixedThreadPool } = await import("poolifier");
    const pool = new FixedThreadPool(size, file("poolifier"));
    return { run: (name, input) => pool.execute(input, name) };
  },

  raw: raw(inThreads),
  "raw-batched": batched(inThreads),
};

export const processPools = {
  tinypool: (size) => tinypool(size, { runtime: "child_process" }),
  workerpool: (size) => workerpool(size, "process"),
  raw: raw(inProcesses("advanced")),
  "raw-batched": batched(inProcesses("advanced")),
  /** What can be said in JSON alone: it goes faster, and takes neither typed arrays nor Maps, nor dates as dates. */
  "raw-batched-json": batched(inProcesses("json")),
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

/** Where Taskward's tasks can run: what `on` is to be, of the options of that place. */
export const places = {
  threads: async (options) => (await import("taskward/threads")).threads(options),
  processes: async (options) => (await import("taskward/processes")).processes(options),
};

/** Why a place cannot be measured: a reason when this build of Taskward has none of that name. */
export const missingPlace = (place) =>
  existsSync(new URL(`../../dist/${place}.js`, import.meta.url)) ? undefined : `this build of Taskward has no "taskward/${place}"`;

/** The same through a TaskRunner. */
export async function taskwardPool(place, size) {
  const { TaskRunner, TaskSupervisor, tasksFrom } = await import("taskward");
  const cores = TaskSupervisor.start({ on: await places[place]({ size }) });
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
