/** Two workers of every pool, with the same tasks: what the cases `threads` and `processes` have in common. */
import { drive, missingPlace, taskwardPool } from "./pools.mjs";
import { timeRounds } from "./rounds.mjs";
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
 * on workers that are warm.
 */
function sideBySide({ place, pools }, name, outstanding, sizeOf, figures) {
  const taskward = async (options) =>
    timed(await taskwardPool(place, size), (pool, count) => pool.drive(name, 0, count, outstanding), sizeOf(options, "taskward"), figures);
  taskward.missing = () => missingPlace(place);
  const subjects = { taskward };
  for (const [subject, start] of Object.entries(pools)) {
    subjects[subject] = async (options) =>
      timed(await start(size), (pool, count) => drive(pool, name, 0, count, outstanding), sizeOf(options, subject), figures);
  }
  return subjects;
}

/** Those that do ten times as many a second are given ten times as many: else their rounds would be over before they are warm. */
const fast = ["taskward", "raw-batched", "raw-batched-json"];

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

/**
 * The variants of a case about a kind of worker.
 *
 * @param where the `place` of Taskward, and its peers: all those of the same kind, in `pools`
 * @param plainLoop starts what two cores give: each worker with half of the tasks, in a plain loop
 */
export function variantsOf({ place, pools }, plainLoop) {
  const without = (...names) => ({ place, pools: Object.fromEntries(Object.entries(pools).filter(([name]) => !names.includes(name))) });
  return {
    throughput: sideBySide(without(), "trivial", 256, throughput, rate),
    latency: sideBySide(without("piscina-64", "raw-batched-json"), "trivial", 1, oneByOne, latency),
    cpu: {
      ...sideBySide(without("piscina-64", "raw", "raw-batched", "raw-batched-json"), "cpu", 256, heavy, rate),
      raw: async (options) => timed(await plainLoop(size), (pool, count) => pool.loop("cpu", count), heavy(options), rate),
    },
  };
}

export const metrics = { rate: { unit: "tasks/s", better: "more" }, latency: { unit: "µs/task" } };
