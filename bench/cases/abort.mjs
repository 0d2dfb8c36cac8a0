import { fileURLToPath } from "node:url";
import { missingPlace, places } from "../harness/pools.mjs";
import { median } from "../harness/rounds.mjs";
import { ratio } from "../harness/targets.mjs";
import { begun } from "../workers/scratch.mjs";

const file = new URL("../workers/loop.mjs", import.meta.url);
const patience = 30_000;
/** Milliseconds that a loop goes on before it is stopped: about what a deadline would give it, and time for a pool that holds something in readiness. */
const deadline = 200;

/**
 * Pools of one worker, each with `run(input)` for the next task and `loop()` for one that loops; that answers how to stop it, and what it comes to. Each is
 * stopped at once, by the means that its pool has for it.
 */
const taskward = (place) => async () => {
  const { Task, TaskSupervisor, tasksFrom } = await import("taskward");
  const pool = TaskSupervisor.start({ on: await places[place]({ size: 1 }) });
  const tasks = tasksFrom(file);
  return {
    run: (input) => Task.await(pool.asyncNolink(tasks.trivial(input)), patience),
    loop: () => {
      const task = pool.asyncNolink(tasks.loop());
      let stopped;
      return { stop: () => (stopped = Task.shutdown(task, "brutal_kill")), ended: async () => (await stopped) === null };
    },
  };
};

const withSignal = (start) => async () => {
  const pool = await start();
  return {
    run: (input) => pool.run({ name: "trivial", input }),
    loop: () => {
      const aborter = new AbortController();
      const rejected = pool.run({ name: "loop" }, { signal: aborter.signal }).then(
        () => false,
        (error) => error.name === "AbortError",
      );
      return { stop: () => aborter.abort(), ended: () => rejected };
    },
  };
};

const piscina = withSignal(async () => {
  const { Piscina } = await import("piscina");
  return new Piscina({ filename: file.href, minThreads: 1, maxThreads: 1 });
});

const tinypool = (runtime) =>
  withSignal(async () => {
    const { Tinypool } = await import("tinypool");
    return new Tinypool({ filename: file.href, minThreads: 1, maxThreads: 1, runtime, env: process.env });
  });

const workerpool = (workerType) => async () => {
  const { pool: poolOf } = await import("workerpool");
  const script = fileURLToPath(new URL("../workers/loop-workerpool.mjs", import.meta.url));
  const pool = poolOf(script, { minWorkers: 1, maxWorkers: 1, workerType });
  return {
    run: (input) => pool.exec("trivial", [input]),
    loop: () => {
      const promise = pool.exec("loop", []);
      const rejected = promise.then(
        () => false,
        (error) => error.name === "CancellationError",
      );
      return { stop: () => promise.cancel(), ended: () => rejected };
    },
  };
};

function timed(start, missing) {
  const measure = async ({ quick }) => {
    const pool = await start();
    const times = [];
    for (let round = -2; round < (quick ? 10 : 30); round++) {
      await pool.run(round);
      const loop = pool.loop();
      if ((await begun(patience)) === undefined) throw new Error("the loop never began");
      await new Promise((resolve) => setTimeout(resolve, deadline));
      const begin = performance.now();
      loop.stop();
      const value = await pool.run(round);
      const took = performance.now() - begin;
      if (value !== round + 1) throw new Error(`the next task came to ${value}`);
      if (!(await loop.ended())) throw new Error("the loop did not end by being stopped");
      if (round >= 0) times.push(took);
    }
    return { time: median(times) };
  };
  if (missing !== undefined) measure.missing = missing;
  return measure;
}

export default {
  claim: "a worker has looped for 200 ms: from stopping that task until the next one has been served by the same pool of one",
  metrics: { time: { unit: "ms" } },
  passes: { quick: 2, full: 5 },
  variants: {
    threads: {
      taskward: timed(taskward("threads")),
      piscina: timed(piscina),
      tinypool: timed(tinypool("worker_threads")),
      workerpool: timed(workerpool("thread")),
    },
    processes: {
      taskward: timed(taskward("processes"), () => missingPlace("processes")),
      tinypool: timed(tinypool("child_process")),
      workerpool: timed(workerpool("process")),
    },
  },
  targets: [
    ratio("threads", "time", "piscina", { atMost: 1 }),
    ratio("threads", "time", "tinypool", { atMost: 1 }),
    ratio("processes", "time", "tinypool", { atMost: 1 }),
    ratio("processes", "time", "workerpool", { atMost: 1 }),
  ],
};
