import { Task } from "taskward";
import { processes } from "taskward/processes";
import { threads } from "taskward/threads";
import { describe, expect, it } from "vitest";
import { poolAt } from "../../faults/pool.js";
import { kinds, tasks } from "./pools.js";

const mebibyte = 2 ** 20;
const patience = 20_000;

describe("P5 a ceiling for the memory of a process", () => {
  it("P1 native memory past it ends the task alone, with both numbers, though it never lets go", async () => {
    const pool = poolAt(processes({ size: 2, maxMemory: 200 * mebibyte }));
    const bystander = pool.asyncNolink(tasks.nodeAfter(1_000));
    const found = await Task.yield(pool.asyncNolink(tasks.takeNative(), { label: "greedy" }), patience);
    expect(found).toMatchObject({ exit: { code: "node_down", signal: "SIGKILL" } });
    const { message } = (found as { exit: Error }).exit;
    const [, used] = /^node main\/p\d+ went down: it used (\d+) MiB of memory, and maxMemory is 200 MiB, signal SIGKILL$/.exec(message) ?? [];
    expect(Number(used)).toBeGreaterThan(200);
    expect(await Task.await(bystander, patience)).toMatch(/^main\/p\d+$/);
    expect(await Task.await(pool.asyncNolink(tasks.node()), patience)).toMatch(/^main\/p\d+$/);
  });

  it.each([
    [0, "maxMemory is 0: give a whole number, 1 or more"],
    [512, "maxMemory is 512: give bytes, 67108864 (64 MiB) at least: Node alone takes nearly as much"],
    [Number.POSITIVE_INFINITY, "maxMemory is Infinity: give a whole number"],
  ])("T13 refuses %s", (maxMemory, message) => {
    expect(() => processes({ maxMemory })).toThrow(message);
  });

  it("T13 threads say why they have none, and what to do", () => {
    expect(() => threads({ maxMemory: 512 * mebibyte } as object)).toThrow(
      "threads share the memory of their process, and nobody knows which of them uses it: limit their heaps with resourceLimits, or use processes({ maxMemory })",
    );
  });
});

describe.each(kinds)("P5 resource limits of $name", ({ on }) => {
  it("P5 the heap", async () => {
    const pool = poolAt(on({ size: 1, resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 6 }, stderr: "ignore" }));
    const found = await Task.yield(pool.asyncNolink(tasks.takeHeap()), patience);
    expect(found).toMatchObject({ exit: { code: "node_down", message: expect.stringContaining("its memory is exhausted") } });
    expect(await Task.await(pool.asyncNolink(tasks.node()), patience)).toMatch(/^main\//);
  });

  it("P5 the stack", async () => {
    const pool = poolAt(on({ size: 1, resourceLimits: { stackSizeMb: 2 } }));
    expect(await Task.await(pool.asyncNolink(tasks.deep(12_000)), patience)).toBe(12_000);
    const small = poolAt(on({ size: 1, resourceLimits: { stackSizeMb: 1 } }));
    expect(await Task.yield(small.asyncNolink(tasks.deep(100_000)), patience)).toMatchObject({ exit: { name: "RangeError" } });
  });
});

it.each([
  [{ maxOldGenerationSizeMb: -1 }, "resourceLimits.maxOldGenerationSizeMb is -1: give a number of MiB, more than 0"],
  [{ stackSizeMb: 64 }, "resourceLimits.stackSizeMb is 64: give 7 at most"],
  [{ codeRangeSizeMb: 1 }, "resourceLimits.codeRangeSizeMb is 1: no such option"],
])("T13 processes refuse %o", (resourceLimits, message) => {
  expect(() => processes({ resourceLimits })).toThrow(message);
});
