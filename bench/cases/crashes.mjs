import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { missingPlace, places } from "../harness/pools.mjs";
import { figure } from "../harness/targets.mjs";
import { crashes, everyNth } from "../workers/crashes.mjs";

const size = 2;
const outstanding = 256;
const file = new URL("../workers/crashes.mjs", import.meta.url);

/**
 * By what is added to the name of a variant. With trivial tasks it is the start of another worker that is measured, as often as one in a hundred tasks asks
 * for it; with tasks of a millisecond, how much of that goes on beside the work.
 */
const tasks = { "": { full: 200_000, milliseconds: 0 }, "-1ms": { full: 20_000, milliseconds: 1 } };

/** Pools: `all(count, task, ended)` runs `task` with the inputs up to `count` and tells of each end, `stop()` ends it. */
const taskward = (place) => async () => {
  const { TaskRunner, TaskSupervisor, defaultNode, tasksFrom } = await import("taskward");
  // Two thousand reports of crashes are not what is measured.
  defaultNode().reporter = () => undefined;
  const pool = TaskSupervisor.start({ on: await places[place]({ size }) });
  const { run } = tasksFrom(file);
  function* specs(count, task) {
    for (let input = 0; input < count; input++) yield [pool, run({ ...task, input })];
  }
  return {
    all: async (count, task, ended) => {
      for await (const { type, index, value } of TaskRunner.run(specs(count, task), { maxConcurrency: outstanding }))
        ended(index, type === "ok" ? value : undefined);
    },
    stop: () => pool.stop(),
  };
};

const peer = (start) => async () => {
  const { run, stop } = await start();
  return {
    all: async (count, task, ended) => {
      let next = 0;
      const lane = async () => {
        while (next < count) {
          const input = next++;
          let value;
          try {
            value = await run({ ...task, input });
          } catch {
            value = undefined;
          }
          ended(input, value);
        }
      };
      await Promise.all(Array.from({ length: outstanding }, lane));
    },
    stop,
  };
};

const piscina = peer(async () => {
  const { Piscina } = await import("piscina");
  const pool = new Piscina({ filename: file.href, minThreads: size, maxThreads: size });
  return { run: (task) => pool.run(task), stop: () => pool.destroy() };
});

/** In child processes only: of a thread that exits it never tells. */
const tinypool = peer(async () => {
  const { Tinypool } = await import("tinypool");
  const pool = new Tinypool({ filename: file.href, minThreads: size, maxThreads: size, runtime: "child_process" });
  return { run: (task) => pool.run(task), stop: () => pool.destroy() };
});

const workerpool = (workerType) =>
  peer(async () => {
    const { pool: poolOf } = await import("workerpool");
    const script = fileURLToPath(new URL("../workers/crashes-workerpool.mjs", import.meta.url));
    const pool = poolOf(script, { minWorkers: size, maxWorkers: size, workerType });
    return { run: (task) => pool.exec("run", [task]), stop: () => pool.terminate() };
  });

/** How many seconds it took, and how many tasks did not end exactly once in the way they were meant to. */
async function time(pool, count, task) {
  const ends = new Uint8Array(count);
  let wrong = 0;
  const begin = performance.now();
  await pool.all(count, task, (index, value) => {
    ends[index]++;
    if (value !== (!task.calm && crashes(index) ? undefined : index + 1)) wrong++;
  });
  const took = (performance.now() - begin) / 1e3;
  return { rate: count / took, lost: wrong + ends.reduce((total, times) => total + Number(times !== 1), 0) };
}

/** What is open: handles of this process, and its children, where the system tells of them. */
function open() {
  const handles = process.getActiveResourcesInfo().filter((kind) => kind !== "Immediate" && kind !== "Timeout");
  return handles.length + children();
}

function children() {
  try {
    return readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").split(" ").filter(Boolean).length;
  } catch {
    return 0;
  }
}

/** What is open once that has fallen to `least`, or after two seconds: the last worker may still be on its way up or down. */
async function settled(least) {
  for (const end = performance.now() + 2_000; open() > least && performance.now() < end;) await new Promise((resolve) => setTimeout(resolve, 10));
  return open();
}

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external) / 1e6, rss: rss / 1e6 };
}

function timed(start, { full, milliseconds }, missing) {
  const measure = async ({ quick }) => {
    const count = quick ? 2_000 : full;
    const crashing = { milliseconds, calm: false };
    const calm = { milliseconds, calm: true };
    // What a pool loads when it is started first stays.
    const before = await (async () => {
      const first = await start();
      const idle = open();
      await first.all(10 * everyNth, crashing, () => {});
      await first.stop();
      return settled(Math.min(idle, open()));
    })();
    const pool = await start();
    await time(pool, 10 * everyNth, crashing);
    const without = await time(pool, milliseconds > 0 || !quick ? count : 20_000, calm);
    const idle = await settled(0);
    const atStart = memory();
    const withThem = await time(pool, count, crashing);
    const opened = (await settled(idle)) - idle;
    const atEnd = memory();
    await pool.stop();
    const left = (await settled(before)) - before;
    return {
      rate: withThem.rate,
      slowdown: without.rate / withThem.rate,
      lost: withThem.lost + without.lost,
      open: Math.max(0, opened, left),
      heap: atEnd.heap - atStart.heap,
      rss: atEnd.rss - atStart.rss,
    };
  };
  if (missing !== undefined) measure.missing = missing;
  return measure;
}

const targets = (variant) => [
  figure(variant, "lost", { atMost: 0 }),
  figure(variant, "open", { atMost: 0 }),
  figure(variant, "heap", { atMost: 5 }, { unit: "MB" }),
  figure(variant, "rss", { atMost: 50 }, { unit: "MB" }),
  figure(variant, "slowdown", { atMost: 4 }, { unit: "times" }),
];

export default {
  claim: "200,000 trivial tasks, or 20,000 of 1 ms, of which one in a hundred exits its worker: each ends exactly once, and nothing is left behind",
  metrics: {
    rate: { unit: "tasks/s", better: "more" },
    slowdown: { unit: "times" },
    lost: { unit: "tasks" },
    open: { unit: "handles" },
    heap: { unit: "MB" },
    rss: { unit: "MB" },
  },
  wide: true,
  passes: { quick: 1, full: 1 },
  longest: 900_000,
  variants: Object.fromEntries(
    Object.entries(tasks).flatMap(([suffix, task]) => [
      [
        `threads${suffix}`,
        { taskward: timed(taskward("threads"), task), piscina: timed(piscina, task), workerpool: timed(workerpool("thread"), task) },
      ],
      [
        `processes${suffix}`,
        {
          taskward: timed(taskward("processes"), task, () => missingPlace("processes")),
          tinypool: timed(tinypool, task),
          workerpool: timed(workerpool("process"), task),
        },
      ],
    ]),
  ),
  targets: Object.keys(tasks).flatMap((suffix) => [...targets(`threads${suffix}`), ...targets(`processes${suffix}`)]),
};
