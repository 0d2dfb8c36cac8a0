import { begin } from "./scratch.mjs";

begin();
throw new Error("boom");

// Never reached: what it would export.
export const run = () => "imported";
export default run;
