import { beam } from "../harness/beam.mjs";
import { figure, ratio } from "../harness/targets.mjs";

const bytes = () => {
  // The second collection takes what finalizers of the first let go.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Starts processes that wait for a message, weighs them, and then asks each for its answer, to see that all are alive. */
const taskward = (count) => async () => {
  const { defaultNode } = await import("taskward");
  const node = defaultNode();
  const pids = new Array(count).fill("");
  let waiting = 0;
  let total = 0;
  const idle = async (self) => {
    waiting++;
    const number = await self.receive();
    total += number;
  };
  const before = bytes();
  const begin = process.hrtime.bigint();
  for (let index = 0; index < count; index++) pids[index] = node.spawn(idle);
  while (waiting < count) await turn();
  const took = Number(process.hrtime.bigint() - begin);
  const size = (bytes() - before) / count;
  for (let index = 0; index < count; index++) node.send(pids[index], index);
  while (node.processCount > 0) await turn();
  if (total !== (count * (count - 1)) / 2) throw new Error(`${count} processes answered ${total}`);
  return { size, spawn: took / count };
};

const variant = (count) => ({
  taskward: taskward(count),
  beam: beam("idle.exs", () => [count], `+P ${2 * count}`),
});

export default {
  claim: "what a process weighs that waits for a message; all of them answer in the end",
  metrics: { size: { unit: "bytes/process" }, spawn: { unit: "ns/process" } },
  flags: ["--max-old-space-size=8192"],
  passes: { quick: 1, full: 3 },
  variants: { 100000: variant(100_000), 1000000: variant(1_000_000) },
  targets: [
    figure("100000", "size", { atMost: 1_100 }, { unit: "bytes" }),
    figure("1000000", "size", { atMost: 1_100 }, { unit: "bytes" }),
    ratio("1000000", "size", "beam", { below: 1 }),
  ],
};
