export type { LineOrigin, Output, PrintingTask } from "../pool/lines.js";
export { type ThreadsOptions, threads } from "./threads.js";
