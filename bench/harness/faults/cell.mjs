/** One cell of the table: twenty tasks on two workers, one of them bad. It runs in a process of its own, which may not survive it. */
import { begun } from "../../workers/scratch.mjs";
import { judgeCell } from "./judge.mjs";

const count = 20;
/** Those before it have just answered when it strikes; those after it wait behind it. */
const badOne = 6;
const limitMs = 500;

export async function observe(fault, column, { quick }) {
  const patience = quick ? 4_000 : 10_000;
  const uncaught = [];
  process.on("uncaughtException", (error) => uncaught.push(error));
  process.on("unhandledRejection", (error) => uncaught.push(error));
  const pool = await column.start({ heap: fault.heap, memory: fault.memory });
  const healthy = (input) => ({ task: { input }, module: "faults" });
  // Workers that are still starting would be stopped by the limit before the task has begun.
  await within(30_000, watch(pool.submit([1, 2, 3, 4].map(healthy))).all);

  const aborter = new AbortController();
  const limit = fault.limited ? { ms: limitMs, signal: aborter.signal } : undefined;
  const bad = { task: { bad: fault.bad }, module: fault.module ?? "faults", limit };
  const tasks = watch(pool.submit(Array.from({ length: count }, (_, index) => (index === badOne ? bad : healthy(index)))));
  const pid = await begun(patience);
  const started = performance.now();
  if (pid !== undefined && fault.from !== undefined) process.kill(pid, fault.from);
  if (limit !== undefined) setTimeout(() => aborter.abort(), limitMs);
  await within(patience, tasks.all);
  const next = watch(pool.submit([10, 11, 12, 13].map(healthy)));
  await within(patience / 2, next.all);

  const text = judgeCell(fault, {
    begun: pid !== undefined,
    bad: tasks.outcomes[badOne],
    others: tasks.outcomes.map((outcome, index) => ({ ...outcome, wanted: index * 2 })).filter((_, index) => index !== badOne),
    next: next.outcomes.map((outcome, index) => ({ ...outcome, wanted: (index + 10) * 2 })),
    uncaught,
  });
  const { at } = tasks.outcomes[badOne];
  const settled = at === undefined ? {} : { settled: Math.max(0, at - started - (fault.limited ? limitMs : 0)) };
  return { outcome: { value: Number(isFine(text)), text }, ...settled };
}

/** What nobody could do better counts as well as what is done. */
const isFine = (text) => text === "ok" || text === "refused by Node";

/** What becomes of promises: `{ state: "pending" | "resolved" | "rejected", value, reason, at }` each. */
function watch(promises) {
  const outcomes = promises.map(() => ({ state: "pending" }));
  const settled = promises.map(async (promise, index) => {
    try {
      const value = await promise;
      outcomes[index] = { state: "resolved", value, at: performance.now() };
    } catch (reason) {
      outcomes[index] = { state: "rejected", reason, at: performance.now() };
    }
  });
  return { outcomes, all: Promise.all(settled) };
}

function within(ms, promise) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
