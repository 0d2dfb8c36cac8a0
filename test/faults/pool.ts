import { type Call, type Collected, TaskRunner, type RunnerOptions, TaskSupervisor, collect, defaultNode, tasksFrom } from "taskward";
import { type ThreadsOptions, threads } from "taskward/threads";
import { expect, onTestFinished } from "vitest";
import type * as troubleModule from "./fixtures/trouble.mjs";

export const trouble = tasksFrom<typeof troubleModule>(new URL("./fixtures/trouble.mjs", import.meta.url));

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

/** A pool of threads for one test, in which nothing may reach the program itself. */
export function pool(options: ThreadsOptions = {}): TaskSupervisor {
  const loud = silence();
  const supervisor = TaskSupervisor.start({ on: threads({ size: 1, ...options }) });
  onTestFinished(async () => {
    await supervisor.stop();
    expect(loud()).toEqual([]);
  });
  return supervisor;
}

/** Runs calls on a pool; what came of each, in their order. */
export async function outcomes(on: TaskSupervisor, calls: readonly Call[], options: RunnerOptions = {}): Promise<unknown[]> {
  const got: Collected<unknown> = await collect(
    TaskRunner.run(
      calls.map((call) => [on, call] as const),
      options,
    ),
  );
  const all: unknown[] = Array.from({ length: calls.length }, () => "nothing");
  got.values.forEach((value, at) => (all[got.indexes[at] as number] = value));
  for (const { index, reason } of got.errors) all[index] = { reason };
  return all;
}
