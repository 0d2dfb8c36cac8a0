import {
  type Call,
  type Collected,
  type PlaceFactory,
  TaskRunner,
  type RunnerOptions,
  TaskSupervisor,
  collect,
  defaultNode,
  tasksFrom,
} from "taskward";
import { processes } from "taskward/processes";
import { type ThreadsOptions, threads } from "taskward/threads";
import { expect, onTestFinished } from "vitest";
import type * as troubleModule from "./fixtures/trouble.mjs";

export const trouble = tasksFrom<typeof troubleModule>(new URL("./fixtures/trouble.mjs", import.meta.url));

export interface PoolOptions {
  readonly size?: number;
  /** How many tasks run at once on each node. */
  readonly concurrency?: number;
  /** Small heaps, which are soon exhausted. */
  readonly smallHeap?: boolean;
  /** A stack, in MiB, other than the usual one. */
  readonly stack?: number;
}

/** A place that keeps what goes wrong in one task from the others. */
export interface Isolated {
  readonly name: "thread" | "process";
  readonly on: (options: PoolOptions) => PlaceFactory;
  /** What the names of its nodes look like. */
  readonly nodes: RegExp;
  /** How a node ends whose heap is exhausted. */
  readonly exhausted: object;
}

export const thread: Isolated = {
  name: "thread",
  on({ size = 1, concurrency = 1, smallHeap = false, stack }) {
    const heap = smallHeap ? { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } : {};
    const limits = { ...heap, ...(stack === undefined ? {} : { stackSizeMb: stack }) };
    return threads({ size, concurrentTasksPerThread: concurrency, resourceLimits: limits });
  },
  nodes: /^main\/t\d+$/,
  exhausted: { cause: { code: "ERR_WORKER_OUT_OF_MEMORY" } },
};

export const childProcess: Isolated = {
  name: "process",
  on({ size = 1, concurrency = 1, smallHeap = false, stack }) {
    const heap = smallHeap ? ["--max-old-space-size=24", "--max-semi-space-size=1"] : [];
    const limits = [...heap, ...(stack === undefined ? [] : [`--stack-size=${Math.round(stack * 1_000)}`])];
    return processes({ size, concurrentTasksPerProcess: concurrency, execArgv: limits });
  },
  nodes: /^main\/p\d+$/,
  exhausted: { signal: "SIGABRT" },
};

export const isolated: readonly Isolated[] = [thread, childProcess];

/** From now on crashes are not printed, and what reaches the program itself is kept; the answer tells it, and ends that. */
export function silence(): () => unknown[] {
  defaultNode().reporter = () => undefined;
  const uncaught: unknown[] = [];
  const note = (error: unknown): number => uncaught.push(error);
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
  return () => {
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
    return uncaught;
  };
}

/** A pool for one test, in which nothing may reach the program itself. */
export function poolAt(on: PlaceFactory): TaskSupervisor {
  const loud = silence();
  const supervisor = TaskSupervisor.start({ on });
  onTestFinished(async () => {
    await supervisor.stop();
    expect(loud()).toEqual([]);
  });
  return supervisor;
}

/** The same of threads. */
export const pool = (options: ThreadsOptions = {}): TaskSupervisor => poolAt(threads({ size: 1, ...options }));

/** Runs calls on a pool, those with milliseconds for no longer than that; what came of each, in their order. */
export async function outcomes(
  on: TaskSupervisor,
  calls: readonly (Call | readonly [call: Call, timeout: number])[],
  options: RunnerOptions = {},
): Promise<unknown[]> {
  const specs = calls.map((one) => ("length" in one ? ([on, one[0], { timeout: one[1] }] as const) : ([on, one] as const)));
  const got: Collected<unknown> = await collect(TaskRunner.run(specs, options));
  const all: unknown[] = Array.from({ length: calls.length }, () => "nothing");
  got.values.forEach((value, at) => (all[got.indexes[at] as number] = value));
  for (const { index, reason } of got.errors) all[index] = { reason };
  return all;
}
