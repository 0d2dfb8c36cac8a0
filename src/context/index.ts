export type { Context } from "../kernel/ambience.js";
export { defineContext } from "./context.js";
