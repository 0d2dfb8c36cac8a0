import { type PlaceFactory, tasksFrom } from "taskward";
import { type ProcessesOptions, processes } from "taskward/processes";
import { type ThreadsOptions, threads } from "taskward/threads";
import type * as optionsModule from "./fixtures/options.mjs";

export const tasks = tasksFrom<typeof optionsModule>(new URL("./fixtures/options.mjs", import.meta.url));

/** The options that threads and child processes both take. */
export type SharedOptions = Omit<ThreadsOptions & ProcessesOptions, "concurrentTasksPerThread" | "concurrentTasksPerProcess" | "maxMemory"> & {
  readonly concurrency?: number;
};

/** A pool of either kind, by its factory. */
export interface Kind {
  readonly name: "threads" | "processes";
  readonly on: (options?: SharedOptions) => PlaceFactory;
}

export const kinds: readonly Kind[] = [
  {
    name: "threads",
    on: ({ concurrency, ...rest } = {}) => threads({ ...rest, ...(concurrency === undefined ? {} : { concurrentTasksPerThread: concurrency }) }),
  },
  {
    name: "processes",
    on: ({ concurrency, ...rest } = {}) => processes({ ...rest, ...(concurrency === undefined ? {} : { concurrentTasksPerProcess: concurrency }) }),
  },
];
