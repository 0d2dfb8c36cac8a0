import { readFileSync, readdirSync } from "node:fs";
import { places as pools } from "../harness/pools.mjs";
import { median } from "../harness/rounds.mjs";

const file = new URL("../workers/tasks.mjs", import.meta.url);

/** How many nodes are weighed at once: the fewer, the more of what they share is counted for each. */
const weighed = 8;
const mib = 1_048_576;

const places = { "event-loop": async () => undefined, ...pools };

/** What this program and its children have in memory, in bytes; what several processes share is divided among them. */
function inMemory() {
  const own = `/proc/${process.pid}`;
  const children = readdirSync(`${own}/task`).flatMap((thread) => readFileSync(`${own}/task/${thread}/children`, "utf8").match(/\d+/g) ?? []);
  const parts = [process.pid, ...children].map((pid) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0);
  return parts.reduce((sum, part) => sum + Number(part) * 1_024, 0);
}

const measure =
  (place) =>
  async ({ quick }) => {
    const { Task, TaskSupervisor, tasksFrom } = await import("taskward");
    const tasks = tasksFrom(file);
    const open = async (size) => {
      const on = await places[place]({ size });
      return TaskSupervisor.start(on === undefined ? {} : { on });
    };

    const starts = [];
    for (let round = 0; round < (quick ? 5 : 15); round++) {
      const begin = performance.now();
      const pool = await open(1);
      await Task.await(pool.asyncNolink(tasks.trivial(round)), 30_000);
      starts.push(performance.now() - begin);
      await pool.stop();
    }

    const pool = await open(1);
    const count = quick ? 2_000 : 10_000;
    let time = 0;
    for (const warm of [true, true, true, false]) {
      const begin = performance.now();
      for (let input = 0; input < count; input++) {
        const value = await Task.await(pool.asyncNolink(tasks.trivial(input)), 30_000);
        if (value !== input + 1) throw new Error(`task ${input} came to ${value}`);
      }
      if (!warm) time = ((performance.now() - begin) / count) * 1_000;
    }
    await pool.stop();

    const figures = { start: median(starts), task: time };
    if (process.platform !== "linux") return figures;
    const before = inMemory();
    const many = await open(weighed);
    // As many at once as there are nodes: each of them is up.
    await Promise.all(Array.from({ length: weighed }, () => Task.await(many.asyncNolink(tasks.pause(200)), 30_000)));
    figures.memory = Math.max(0, inMemory() - before) / weighed / mib;
    await many.stop();
    return figures;
  };

export default {
  claim: "what a place costs: from nothing to the first result, a trivial task after another, and the memory of each node",
  metrics: { start: { unit: "ms" }, task: { unit: "µs/task" }, memory: { unit: "MiB/node" } },
  passes: { quick: 3, full: 7 },
  variants: Object.fromEntries(Object.keys(places).map((place) => [place, { taskward: measure(place) }])),
  targets: [],
};
