import { drive, pools, taskwardThreads } from "../harness/pools.mjs";
import { rawThreads } from "../harness/raw-threads.mjs";
import { timeRounds } from "../harness/rounds.mjs";
import { ratio } from "../harness/targets.mjs";
import { cpu } from "../workers/tasks.mjs";

const size = 2;

/** How the figures come from nanoseconds a task. */
const rate = (ns) => ({ rate: 1e9 / ns });
const latency = (ns) => ({ latency: ns / 1e3 });

const trivialSum = (count) => (count * (count + 1)) / 2;

const cpuSum = (count) => {
  let total = 0;
  for (let input = 0; input < count; input++) total += cpu(input);
  return total;
};

async function timed(pool, runAll, { count, sum, rounds, warmUp }, figures) {
  const { time } = await timeRounds(() => runAll(pool, count), { pieces: count, sum, rounds, warmUp });
  return figures(time);
}

/**
 * Every pool, with `outstanding` tasks at any time. The timed part is the same for all: from the first task handed over to the last result taken,
 * on threads that are warm.
 */
function sideBySide(name, outstanding, sizeOf, figures, without) {
  const subjects = {
    taskward: async (options) =>
      timed(await taskwardThreads(size), (pool, count) => pool.drive(name, 0, count, outstanding), sizeOf(options, "taskward"), figures),
  };
  for (const [subject, start] of Object.entries(pools)) {
    if (without.includes(subject)) continue;
    subjects[subject] = async (options) =>
      timed(await start(size), (pool, count) => drive(pool, name, 0, count, outstanding), sizeOf(options, subject), figures);
  }
  return subjects;
}

/** Those that do ten times as many a second are given ten times as many: else their rounds would be over before they are warm. */
const fast = ["taskward", "raw-batched"];

const throughput = ({ quick }, subject) => {
  const count = fast.includes(subject) ? 200_000 : 20_000;
  return { count, sum: trivialSum(count), rounds: quick ? 2 : 5 };
};

const oneByOne = ({ quick }) => {
  const count = 2_000;
  return { count, sum: trivialSum(count), rounds: quick ? 2 : 5 };
};

const heavy = ({ quick }) => {
  const count = quick ? 200 : 400;
  return { count, sum: cpuSum(count), rounds: quick ? 1 : 3, warmUp: 1 };
};

export default {
  claim: "tasks on two worker threads: how many, how soon, and how much of two cores they get",
  metrics: { rate: { unit: "tasks/s", better: "more" }, latency: { unit: "µs/task" } },
  passes: { quick: 2, full: 5 },
  variants: {
    throughput: sideBySide("trivial", 256, throughput, rate, []),
    latency: sideBySide("trivial", 1, oneByOne, latency, ["piscina-64"]),
    cpu: {
      ...sideBySide("cpu", 256, heavy, rate, ["piscina-64", "raw", "raw-batched"]),
      // What two cores give: each thread with half of the tasks, in a plain loop.
      raw: async (options) => timed(await rawThreads(size), (pool, count) => pool.loop("cpu", count), heavy(options), rate),
    },
  },
  targets: [
    ratio("throughput", "rate", "piscina", { atLeast: 8 }),
    ratio("throughput", "rate", "tinypool", { atLeast: 8 }),
    ratio("throughput", "rate", "raw-batched", { atLeast: 0.7 }),
    ratio("latency", "latency", "raw", { atMost: 1.2 }),
    ratio("cpu", "rate", "raw", { atLeast: 0.97 }),
  ],
};
