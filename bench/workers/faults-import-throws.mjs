import { begin } from "./scratch.mjs";

export const run = () => "imported";
export default run;

begin();
throw new Error("boom");
