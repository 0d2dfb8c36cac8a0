import { begin } from "./scratch.mjs";

begin();
// Always true; said so that what it would export is no code that cannot be reached.
if (typeof begin === "function") throw new Error("boom");

export const run = () => "imported";
export default run;
