import { ThreadWorker } from "poolifier";
import { cpu, trivial } from "./tasks.mjs";

export default new ThreadWorker({ trivial, cpu });
