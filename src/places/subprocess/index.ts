export { type ProcessesOptions, processes } from "./processes.js";
