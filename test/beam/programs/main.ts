/**
 * Many random programs, played in OTP and here: `npm run test:beam -- --programs 20000 [--seed 1]`. Prints what differs, as small as it can be made, and how often
 * what was done and seen. Exits with 1 when anything differs.
 */
import { parseArgs } from "node:util";
import { type Mismatch, compare, shrink, tell } from "./compare.js";
import { Census } from "./census.js";
import { makeProgram } from "./grow.js";

const { values } = parseArgs({ options: { programs: { type: "string", default: "500" }, seed: { type: "string" } } });
const [count, seed] = [Number(values.programs), Number(values.seed ?? Math.floor(Math.random() * 1e9))];
if (!Number.isSafeInteger(count) || count < 1) throw new Error(`--programs is ${values.programs}: give a whole number from 1 up`);
if (!Number.isSafeInteger(seed)) throw new Error(`--seed is ${values.seed}: give a whole number`);

const census = new Census();
const found: Mismatch[] = [];
let once = 0;
const atOnce = 500;
for (let done = 0; done < count; done += atOnce) {
  const programs = Array.from({ length: Math.min(atOnce, count - done) }, (_, n) => makeProgram(seed + done + n));
  const { mismatches, once: passing, traces } = await compare(programs);
  once += passing.length;
  for (const { program, differs } of passing) console.log(`once: seed ${program.seed} ${differs}`);
  programs.forEach((program, n) => census.add(program, traces[n] ?? []));
  found.push(...mismatches);
  for (const { program, differs } of mismatches) console.log(`seed ${program.seed} ${differs}`);
  console.log(`${done + programs.length} programs from seed ${seed}: ${found.length} differ, ${once} did once and not again`);
}
console.log(census.toString());
for (const mismatch of found.slice(0, 4)) console.log(`\n${tell(await shrink(mismatch))}`);
if (found.length > 0) process.exitCode = 1;
