export * from "./kernel/index.js";
export * from "./tasks/index.js";
