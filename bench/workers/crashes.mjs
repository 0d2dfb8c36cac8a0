import { cpu } from "./tasks.mjs";

/** For the case `crashes`: a task that ends its worker when it is its turn, and else a trivial one, or one of so many milliseconds. */
export const everyNth = 100;

export const crashes = (input) => input % everyNth === everyNth - 1;

export function run({ input, calm, milliseconds }) {
  if (!calm && crashes(input)) process.exit(3);
  if (milliseconds > 0) cpu(input, milliseconds / 5);
  return input + 1;
}

export default run;
