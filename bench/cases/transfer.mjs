import { Worker } from "node:worker_threads";
import { places } from "../harness/pools.mjs";
import { timeRounds } from "../harness/rounds.mjs";
import { ratio } from "../harness/targets.mjs";

const mebibyte = 1 << 20;
const file = (name) => new URL(`../workers/moves-${name}.mjs`, import.meta.url);

/** Each starts one thread and answers how an array goes there and comes back. */
const taskward = async (variant) => {
  const { Task, TaskSupervisor, tasksFrom, transfer } = await import("taskward");
  const pool = TaskSupervisor.start({ on: await places.threads({ size: 1 }) });
  const tasks = tasksFrom(file("taskward"));
  if (variant === "moved") return (array) => Task.await(pool.asyncNolink(tasks.moved(transfer(array, [array.buffer]))));
  return (array) => Task.await(pool.asyncNolink(tasks.copied(array)));
};

const piscina = async (variant) => {
  const { Piscina } = await import("piscina");
  const pool = new Piscina({ filename: file("piscina").href, minThreads: 1, maxThreads: 1 });
  return (array) => pool.run(variant === "moved" ? Piscina.move(array) : array, { name: variant });
};

const tinypool = async (variant) => {
  const { Tinypool } = await import("tinypool");
  const pool = new Tinypool({ filename: file("tinypool").href, minThreads: 1, maxThreads: 1 });
  return (array) => pool.run(variant === "moved" ? Tinypool.move(array) : array, { name: variant });
};

const raw = async (variant) => {
  const worker = new Worker(file("raw"));
  let settle;
  worker.on("message", (array) => settle(array));
  return (array) =>
    new Promise((resolve) => {
      settle = resolve;
      worker.postMessage({ variant, array }, variant === "moved" ? [array.buffer] : undefined);
    });
};

/** One array at a time, and what comes back goes out again. */
function timed(start, variant, trips) {
  const measure = async ({ quick }) => {
    const go = await start(variant);
    const round = async () => {
      let total = 0;
      let array = new Uint8Array(mebibyte);
      for (let trip = 0; trip < trips; trip++) {
        const back = await go(array);
        if (back.byteLength !== mebibyte || (variant === "moved") !== (array.byteLength === 0)) throw new Error(`it has not been ${variant}`);
        array = back;
        total += array[0];
      }
      return total;
    };
    const sum = Array.from({ length: trips }, (_, trip) => (trip + 1) & 255).reduce((total, value) => total + value, 0);
    const { time } = await timeRounds(round, { pieces: trips, sum, rounds: quick ? 3 : 9 });
    return { time: time / 1e3 };
  };
  if (start === taskward && variant === "moved")
    measure.missing = async () => ("transfer" in (await import("taskward")) ? undefined : `this build of Taskward has no "transfer"`);
  return measure;
}

const sideBySide = (variant, trips) =>
  Object.fromEntries(Object.entries({ taskward, raw, piscina, tinypool }).map(([name, start]) => [name, timed(start, variant, trips)]));

export default {
  claim: "a Uint8Array of 1 MiB to a thread and back, one at a time",
  metrics: { time: { unit: "µs/trip" } },
  passes: { quick: 3, full: 7 },
  variants: { moved: sideBySide("moved", 2_000), copied: sideBySide("copied", 300) },
  targets: [
    ratio("moved", "time", "raw", { atMost: 1.3 }),
    // 0.9 of its speed.
    ratio("copied", "time", "piscina", { atMost: 1.11 }),
  ],
};
