import { begin } from "./scratch.mjs";

begin();
// With something that keeps the process alive, as a socket would.
await new Promise(() => setInterval(() => {}, 1_000));

export const run = () => "imported";
export default run;
