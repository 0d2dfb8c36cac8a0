export type { StartChild, Started } from "./child-spec.js";
export { StartFailed } from "./errors.js";
