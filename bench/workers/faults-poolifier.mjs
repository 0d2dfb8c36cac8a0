import { ThreadWorker } from "poolifier";
import { run } from "./faults.mjs";

// It awaits what async functions return, and no other promise.
export default new ThreadWorker({ run: async (task) => run(task) });
