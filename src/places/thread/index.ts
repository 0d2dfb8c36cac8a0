export { type ThreadsOptions, threads } from "./threads.js";
