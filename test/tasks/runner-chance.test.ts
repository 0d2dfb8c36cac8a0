import fc from "fast-check";
import { type RunnerEvent, type Self, type Spec, TaskRunner, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { nothingLeft } from "./places.js";

/** What tasks do: end at once or later, never, tidily when they are asked, or not even then. */
const jobs: Record<string, (self: Self) => unknown> = {
  value: () => 1,
  later: (self) => self.sleep(7),
  crash: () => {
    throw new Error("boom");
  },
  crashLater: async (self) => {
    await self.sleep(5);
    throw new Error("boom");
  },
  exits: (self) => self.exit({ shutdown: "enough" }),
  never: () => new Promise(() => undefined),
  tidy: ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("tidy"))),
  stubborn: (self) => {
    self.trapExit = true;
    return new Promise(() => undefined);
  },
};

const scene = fc.record({
  jobs: fc.array(fc.tuple(fc.constantFrom(...Object.keys(jobs)), fc.constantFrom("free", "narrow", "small", "down", "bare")), { maxLength: 25 }),
  from: fc.constantFrom("array", "iterable", "async iterable"),
  reader: fc.constantFrom("plain code", "owner iterates", "owner hands over"),
  options: fc.record(
    {
      timeout: fc.constantFrom(0, 1, 6, 20, 1_000),
      maxConcurrency: fc.constantFrom(1, 2, 7),
      onTimeout: fc.constantFrom("shutdown" as const, "kill" as const, "keep" as const),
      taskTimeout: fc.constantFrom(3, 6, 50),
      retry: fc.constantFrom({ attempts: 2 }, { attempts: 3, delay: 2 }),
    },
    { requiredKeys: [] },
  ),
  /** Leaves after so many events. */
  leaves: fc.option(fc.nat({ max: 10 })),
});

describe("a run, by chance", () => {
  it("R5 every task ends exactly once, pending or told, and nothing is left", async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ jobs: wanted, from, reader, options, leaves }) => {
        const time = new VirtualTime({ reporter: () => undefined });
        const { node } = time;
        const start = (more: object): TaskSupervisor => TaskSupervisor.start({ node, shutdown: 10, ...more });
        const supervisors = { free: start({}), narrow: start({ concurrency: 2 }), small: start({ maxChildren: 3 }), down: start({}) };
        await time.until(supervisors.down.stop());
        // Something always comes to an end: a run without a deadline whose tasks never end would not.
        const settings = { node, timeout: 2_000, ...options };
        const specs = wanted.map(([job, where]): Spec => {
          const work = jobs[job] as (self: Self) => unknown;
          return where === "bare" ? work : [supervisors[where as keyof typeof supervisors], work];
        });
        const source = { array: specs, iterable: specs.values(), "async iterable": later(specs) }[from] as readonly Spec[];

        const events = await time.run(async (self) => {
          const read: RunnerEvent<unknown>[] = [];
          const runner = TaskRunner.run(source, reader === "plain code" ? settings : { ...settings, owner: self });
          if (reader === "owner hands over") {
            while (!runner.done && read.length !== leaves) {
              const event = runner.handleMessage(await self.receive());
              if (event !== null && event.type !== "done") read.push(event);
            }
          } else {
            for await (const event of runner) {
              read.push(event);
              if (read.length === leaves) break;
            }
          }
          const ended = runner.done;
          await runner.cancel();
          expect(runner.done).toBe(true);
          expect(await runner.next()).toEqual({ done: true, value: undefined });
          if (leaves === null) expect(ended).toBe(true);
          if (options.onTimeout !== "keep") {
            for (const one of Object.values(supervisors)) expect(one.children()).toEqual([]);
            expect(time.clock.pending).toBe(0);
          }
          await nothingLeft(self);
          return read;
        });

        const told = events.flatMap((event) => (event.type === "timeout" ? event.pending.map(({ index }) => index) : [event.index]));
        expect(new Set(told).size).toBe(told.length);
        const cut = events.findIndex(({ type }) => type === "timeout");
        if (cut !== -1) expect(cut).toBe(events.length - 1);
        const all = specs.map((_, index) => index);
        // At a deadline an iterable may hold more that nobody has asked it for.
        if (leaves === null && (from === "array" || cut === -1)) expect(told.sort((a, b) => a - b)).toEqual(all);
        await time.until(Promise.all(Object.values(supervisors).map((one) => one.stop("killed"))));
        await time.advance(1_000); // what was kept without a supervisor has a limit of its own, or none
        expect(time.clock.pending).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});

async function* later(specs: readonly Spec[]): AsyncGenerator<Spec> {
  yield* specs;
}
