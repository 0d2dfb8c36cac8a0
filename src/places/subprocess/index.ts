export type { LineOrigin, Output, PrintingTask } from "../pool/lines.js";
export { type ProcessesOptions, processes } from "./processes.js";
