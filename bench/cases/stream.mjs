import { figure } from "../harness/targets.mjs";

const million = 1_000_000;
const concurrency = 64;

const task = async (input) => input;

const megabytes = () => {
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed / million;
};

/** Takes `count` results as they come, and weighs the heap after the first million and after the last. */
async function consume(results, valueOf, count) {
  let seen = 0;
  let total = 0;
  let first = 0;
  let weighing = 0n;
  const begin = process.hrtime.bigint();
  for await (const result of results) {
    total += valueOf(result);
    if (++seen !== million) continue;
    const now = process.hrtime.bigint();
    first = megabytes();
    weighing = process.hrtime.bigint() - now;
  }
  const took = Number(process.hrtime.bigint() - begin - weighing);
  if (seen !== count || total !== (count * (count - 1)) / 2) throw new Error(`${seen} of ${count} came, and to ${total}`);
  return { growth: megabytes() - first, time: took / count };
}

const streamed =
  (start, valueOf) =>
  async ({ quick }) => {
    const count = quick ? 2 * million : 10 * million;
    return consume(await start(count), valueOf, count);
  };

const taskward = streamed(
  async (count) => {
    const { TaskRunner, TaskSupervisor } = await import("taskward");
    const here = TaskSupervisor.start();
    function* specs() {
      for (let input = 0; input < count; input++) yield [here, () => task(input)];
    }
    return TaskRunner.run(specs(), { maxConcurrency: concurrency });
  },
  (event) => (event.type === "ok" ? event.value : Number.NaN),
);

const pMap = streamed(
  async (count) => {
    const { pMapIterable } = await import("p-map");
    function* inputs() {
      for (let input = 0; input < count; input++) yield input;
    }
    return pMapIterable(inputs(), task, { concurrency });
  },
  (value) => value,
);

export default {
  claim: "ten million tasks (two with --quick) from a generator, 64 at once: how much the heap grows from the first million to the last",
  metrics: { growth: { unit: "MB", ratio: false }, time: { unit: "ns/task" } },
  passes: { quick: 1, full: 3 },
  variants: { 64: { taskward, "p-map": pMap } },
  targets: [figure("64", "growth", { atMost: 20 }, { unit: "MB" })],
};
