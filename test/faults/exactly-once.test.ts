import fc from "fast-check";
import { type ExitReason, NodeDown, Task, TaskRunner, TaskSupervisor } from "taskward";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Notes } from "../notes.js";
import type { Healthy, Sick } from "./fixtures/trouble.mjs";
import { type Isolated, isolated, silence, trouble } from "./pool.js";

/** So many times as often: RUNS=20 for the long way. */
const times = Number(process.env["RUNS"] ?? 1);
/** A failing run prints its seed: fc.assert(property, { seed, path }) plays it again. */
const chance = (runs: number): fc.Parameters<unknown> => ({ numRuns: runs * times, endOnFailure: true });

const healthy = fc.constantFrom<Healthy>("number", "nothing", "text", "object", "later");
const patient = fc.constantFrom<Healthy>("much later", "slow");
const failing = fc.constantFrom<Sick>("crash", "function");
const deadly = (place: Isolated["name"]): fc.Arbitrary<Sick> =>
  fc.constantFrom<Sick>("leave", "leave soon", "timer", "unseen", ...(place === "process" ? (["abort", "killed"] as const) : []));
const endless = fc.constantFrom<Sick>("loop", "wait");

const plans = (place: Isolated["name"]): fc.Arbitrary<(Healthy | Sick)[]> =>
  fc.array(
    fc.oneof(
      { weight: 200, arbitrary: healthy },
      { weight: 10, arbitrary: patient },
      { weight: 10, arbitrary: failing },
      { weight: 4, arbitrary: deadly(place) },
      { weight: 1, arbitrary: endless },
    ),
    { minLength: 500, maxLength: 1_500, size: "max" },
  );

const expected = (what: Healthy, at: number): unknown =>
  ({ number: at, nothing: undefined, text: `${at}`, object: { at }, later: at, "much later": at, slow: at })[what];
const isHealthy = (what: Healthy | Sick): what is Healthy =>
  !["crash", "function", "leave", "leave soon", "timer", "unseen", "heap", "abort", "killed", "loop", "wait"].includes(what);
const isLimited = (what: Healthy | Sick | undefined): boolean => what === "loop" || what === "wait";

/** Milliseconds that an endless task may run. The first of a new thread loads its module within them, and is to begin all the same. */
const limit = 200;

/** How often each task ran. */
class Runs extends Notes implements Disposable {
  counts(length: number): number[] {
    const counts = Array.from({ length }, () => 0);
    for (const line of this.lines()) counts[Number(line)] = (counts[Number(line)] as number) + 1;
    return counts;
  }

  [Symbol.dispose](): void {
    this.remove();
  }
}

/** What is right for a task to end with. */
function checkReason(what: Sick, reason: ExitReason): void {
  if (what === "crash") expect(reason).toMatchObject({ name: "Error" });
  else if (what === "function") expect(reason).toMatchObject({ code: "not_cloneable", path: "result" });
  else if (isLimited(what)) expect(reason).toMatchObject({ code: "task_timeout" });
  else expect(reason).toBeInstanceOf(NodeDown);
}

describe.each(isolated)("P1 exactly once, in a $name", ({ name: place, on, exhausted }) => {
  const plan = plans(place);
  let loud: () => unknown[];
  beforeAll(() => {
    loud = silence();
  });
  afterAll(() => {
    expect(loud()).toEqual([]);
  });

  it(
    "P1 quick tasks among neighbours that loop, exit and throw: each ends once, each ran once, no healthy one is lost",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 3 }), plan, async (size, kinds) => {
          using runs = new Runs();
          await using pool = TaskSupervisor.start({ on: on({ size }), shutdown: "brutal_kill" });
          const runner = TaskRunner.run(
            kinds.map((what, at) => [pool, trouble.act(runs.path, at, what), isLimited(what) ? { timeout: limit } : {}] as const),
          );
          const ends = new Int32Array(kinds.length);
          for await (const event of runner) {
            if (event.type === "timeout") throw new Error("there is no deadline");
            const what = kinds[event.index] as Healthy | Sick;
            ends[event.index] = (ends[event.index] as number) + 1;
            if (event.type === "ok") expect([what, event.value]).toEqual([what, expected(what as Healthy, event.index)]);
            else if (isHealthy(what)) expect.fail(`task ${event.index} (${what}) was lost: ${String(event.reason)}`);
            else checkReason(what, event.reason);
          }
          expect([...new Set(ends)]).toEqual([1]);
          // A new process takes so long to load its module that a task may have spent its limit on that.
          const ran = runs.counts(kinds.length).map((count, at) => (place === "process" && count === 0 && isLimited(kinds[at]) ? 1 : count));
          expect(ran).toEqual(kinds.map(() => 1));
          await runner.cancel(); // those that were late may still be dying
          expect(pool.children()).toEqual([]);
        }),
        chance(3),
      );
    },
    120_000 * times,
  );

  it(
    "P1 the same when heaps are exhausted",
    async () => {
      const heaps = fc.array(fc.oneof({ weight: 300, arbitrary: healthy }, { weight: 1, arbitrary: fc.constant<Sick>("heap") }), {
        minLength: 500,
        maxLength: 1_000,
        size: "max",
      });
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 2 }), heaps, async (size, kinds) => {
          using runs = new Runs();
          await using pool = TaskSupervisor.start({
            on: on({ size, smallHeap: true }),
          });
          const ends: unknown[] = [];
          for await (const event of TaskRunner.run(kinds.map((what, at) => [pool, trouble.act(runs.path, at, what)] as const))) {
            if (event.type === "timeout") throw new Error("there is no deadline");
            const what = kinds[event.index] as Healthy | Sick;
            expect(ends[event.index]).toBeUndefined();
            ends[event.index] = event.type;
            expect([what, event.type]).toEqual([what, isHealthy(what) ? "ok" : "task_error"]);
            if (event.type === "task_error")
              expect(event.reason).toMatchObject({ code: "node_down", message: expect.stringContaining("memory"), ...exhausted });
          }
          expect(ends.filter((end) => end !== undefined)).toHaveLength(kinds.length);
          expect(runs.counts(kinds.length)).toEqual(kinds.map(() => 1));
        }),
        chance(2),
      );
    },
    120_000 * times,
  );

  it(
    "P1 tasks that are shut down at random: each ends once, none runs twice, and the others are not lost",
    async () => {
      const jobs = fc.array(
        fc.tuple(
          fc.oneof({ weight: 20, arbitrary: healthy }, { weight: 3, arbitrary: patient }, { weight: 1, arbitrary: deadly(place) }),
          fc.boolean(),
        ),
        {
          minLength: 100,
          maxLength: 400,
          size: "max",
        },
      );
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 3 }), jobs, fc.integer({ min: 1, max: 20 }), async (size, all, step) => {
          using runs = new Runs();
          await using pool = TaskSupervisor.start({ on: on({ size }) });
          const tasks = all.map(([what], at) => pool.asyncNolink(trouble.act(runs.path, at, what)));
          const ends = await Promise.all(
            tasks.map(async (task, at) => {
              const [what, stop] = all[at] as (typeof all)[number];
              if (!stop) return [what, await Task.yield(task, Number.POSITIVE_INFINITY)] as const;
              for (let turn = 0; turn < at / step; turn++) await new Promise(setImmediate);
              return ["stopped", await Task.shutdown(task, "brutal_kill")] as const;
            }),
          );
          ends.forEach(([what, end], at) => {
            if (what !== "stopped" && isHealthy(what)) expect([at, end]).toEqual([at, { ok: expected(what, at) }]);
            else if (what !== "stopped") expect(end).toEqual({ exit: expect.any(NodeDown) });
          });
          const counts = runs.counts(all.length);
          expect(Math.max(...counts)).toBe(1);
          ends.forEach(([what], at) => what === "stopped" || expect(counts[at]).toBe(1));
          expect(pool.children()).toEqual([]);
        }),
        chance(4),
      );
    },
    120_000 * times,
  );

  it(
    "P1 several tasks at once on a thread share its fate; each ends once, none runs twice",
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 2, max: 50 }), plan, async (size, concurrency, kinds) => {
          using runs = new Runs();
          await using pool = TaskSupervisor.start({ on: on({ size, concurrency }), shutdown: "brutal_kill" });
          const runner = TaskRunner.run(
            kinds.map((what, at) => [pool, trouble.act(runs.path, at, what), what === "loop" || what === "wait" ? { timeout: 20 } : {}] as const),
          );
          const ends = new Int32Array(kinds.length);
          const arrived: number[] = [];
          for await (const event of runner) {
            if (event.type === "timeout") throw new Error("there is no deadline");
            ends[event.index] = (ends[event.index] as number) + 1;
            const what = kinds[event.index] as Healthy | Sick;
            if (event.type === "ok") arrived.push(event.index);
            if (event.type === "task_error" && isHealthy(what)) expect([what, event.reason]).toEqual([what, expect.any(NodeDown)]);
          }
          expect([...new Set(ends)]).toEqual([1]);
          const counts = runs.counts(kinds.length);
          expect(Math.max(...counts)).toBe(1);
          expect(arrived.filter((at) => counts[at] !== 1)).toEqual([]);
        }),
        chance(3),
      );
    },
    120_000 * times,
  );
});
