/**
 * Many simulated systems: `npm run test:simulation -- --seeds 100000 [--seed 1] [--doing run,talk]`. Prints what did not hold, with its seed and its last events. Exits with 1 when there
 * was anything.
 */
import { parseArgs } from "node:util";
import { playSeed } from "./system.js";

const { values } = parseArgs({ options: { seeds: { type: "string", default: "10000" }, seed: { type: "string" }, doing: { type: "string" } } });
const [count, first] = [Number(values.seeds), Number(values.seed ?? Math.floor(Math.random() * 1e9))];
if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--seeds is ${values.seeds}: give a whole number from 1 up`);
if (!Number.isSafeInteger(first)) throw new Error(`--seed is ${values.seed}: give a whole number`);

const doing = values.doing?.split(",");

let violations = 0;
for (let n = 0; n < count; n++) {
  const wrong = await playSeed(first + n, { doing });
  if (wrong !== undefined && ++violations <= 5) console.log(wrong);
  if ((n + 1) % 10_000 === 0 || n + 1 === count) console.log(`${n + 1} systems from seed ${first}: ${violations} violations`);
}
if (violations > 0) process.exitCode = 1;
