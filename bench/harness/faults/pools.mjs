/**
 * The columns. Each is told its limits and answers `submit(calls)`: a promise for each call `{ task, module, limit }`, all handed over at once. `limit` is
 * `{ ms, signal }`, of which a pool takes what it knows. `offers` says which of the limits it can be told.
 */
import { fileURLToPath } from "node:url";
import { missingPlace, places } from "../pools.mjs";

const file = (name) => new URL(`../../workers/${name}.mjs`, import.meta.url);
const path = (name) => fileURLToPath(file(name));
const size = 2;
const heapOf = (heap) => (heap === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heap } });
const flagsOf = (heap) => (heap === undefined ? [] : [`--max-old-space-size=${heap}`]);

/** Through a TaskRunner; its events settle the promises. */
const taskward = (place, optionsOf) => async (limits) => {
  const { TaskRunner, TaskSupervisor, tasksFrom } = await import("taskward");
  const on = TaskSupervisor.start({ on: await places[place]({ size, ...optionsOf(limits) }) });
  const submit = (calls) => {
    const settlers = [];
    const promises = calls.map(() => new Promise((resolve, reject) => settlers.push({ resolve, reject })));
    const specs = calls.map(({ task, module, limit }) => [on, tasksFrom(file(module)).run(task), limit === undefined ? {} : { timeout: limit.ms }]);
    const take = async () => {
      for await (const event of TaskRunner.run(specs)) {
        if (event.type === "ok") settlers[event.index].resolve(event.value);
        else settlers[event.index].reject(event.reason);
      }
    };
    void take();
    return promises;
  };
  return { submit };
};

/** Of piscina's kind: a file and a signal for each call. */
const ofPiscina = (pool) => ({
  submit: (calls) => calls.map(({ task, module, limit }) => pool.run(task, { filename: file(module).href, signal: limit?.signal })),
});

const tinypool = (optionsOf) => async (limits) => {
  const { Tinypool } = await import("tinypool");
  return ofPiscina(new Tinypool({ filename: file("faults").href, minThreads: size, maxThreads: size, ...optionsOf(limits) }));
};

const workerpool = (optionsOf) => async (limits) => {
  const { pool: poolOf } = await import("workerpool");
  const pool = poolOf(path("faults-workerpool"), { minWorkers: size, maxWorkers: size, ...optionsOf(limits) });
  const start = ({ task, limit }) => {
    const promise = pool.exec("run", [task]);
    return limit === undefined ? promise : promise.timeout(limit.ms);
  };
  return { submit: (calls) => calls.map((call) => Promise.resolve(start(call))) };
};

const mib = 1_048_576;

const column = (kind, start, { memory = false, missing = () => undefined } = {}) => ({ kind, start, memory, missing });

export const columns = {
  "taskward-threads": column(
    "threads",
    taskward("threads", ({ heap }) => heapOf(heap)),
  ),
  "taskward-processes": column(
    "processes",
    taskward("processes", ({ heap, memory }) => ({
      ...(heap === undefined ? {} : { execArgv: flagsOf(heap) }),
      ...(memory === undefined ? {} : { maxMemory: memory * mib }),
    })),
    { memory: true, missing: () => missingPlace("processes") },
  ),
  piscina: column("threads", async ({ heap }) => {
    const { Piscina } = await import("piscina");
    return ofPiscina(new Piscina({ filename: file("faults").href, minThreads: size, maxThreads: size, ...heapOf(heap) }));
  }),
  tinypool: column(
    "threads",
    tinypool(({ heap }) => heapOf(heap)),
  ),
  workerpool: column(
    "threads",
    workerpool(({ heap }) => ({ workerType: "thread", workerThreadOpts: heapOf(heap) })),
  ),
  poolifier: column("threads", async ({ heap }) => {
    const { FixedThreadPool } = await import("poolifier");
    const pool = new FixedThreadPool(size, path("faults-poolifier"), { workerOptions: heapOf(heap) });
    // An emitter whose "error" nobody listens to throws it at the caller.
    pool.emitter.on("error", () => {});
    return { submit: (calls) => calls.map(({ task, limit }) => pool.execute(task, "run", limit?.signal)) };
  }),
  // It gives its children no more of the environment than it is told to.
  "tinypool-process": column(
    "processes",
    tinypool(({ heap }) => ({ runtime: "child_process", env: process.env, execArgv: flagsOf(heap) })),
  ),
  "workerpool-process": column(
    "processes",
    workerpool(({ heap }) => ({ workerType: "process", forkOpts: { execArgv: flagsOf(heap) } })),
  ),
};
