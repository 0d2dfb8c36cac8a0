/**
 * Millions of tasks through every place, with crashes, deadlines, cancellations and restarts among them; then what is left.
 *
 *   node --expose-gc test/soak/soak.mjs [--tasks 10000000] [--places loop,threads,processes] [--round 100000]
 *
 * Exits with 1 when a task did not end exactly once, or when anything is held that was not held before. How fast the last minute was beside the
 * first one is printed and not judged: it belongs to an idle machine.
 */
import { parseArgs } from "node:util";
import { defaultNode } from "taskward";
import { processes } from "taskward/processes";
import { threads } from "taskward/threads";
import { census, grown } from "./census.mjs";
import { Load } from "./load.mjs";

const places = { loop: () => undefined, threads: () => threads({ size: 2 }), processes: () => processes({ size: 2 }) };
const { values: given } = parseArgs({
  options: {
    tasks: { type: "string", default: "10000000" },
    round: { type: "string", default: "100000" },
    places: { type: "string", default: Object.keys(places).join(",") },
  },
});
const [tasks, perRound] = [given.tasks, given.round].map((text) => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`"${text}" is no number of tasks: say --tasks 1000000`);
  return Number(text);
});
const chosen = given.places.split(",").map((name) => {
  if (!Object.hasOwn(places, name)) throw new Error(`"${name}" is no place: say one or more of ${Object.keys(places).join(",")}`);
  return name;
});

// Crashes are what this is about; what is counted is told below.
defaultNode().reporter = () => undefined;

// What is told opens the standard output, before anything is counted.
console.log(`soak: ${tasks} tasks at each of ${chosen.join(", ")}, in rounds of ${perRound}`);

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const problems = [];

/** Rounds at one place until enough tasks have run, with what there was at the start and at the end of each. */
async function soak(name) {
  const rates = { failing: 100, crashing: Math.min(10_000, Math.ceil(perRound / 2)) };
  // What is made once and kept, such as caches and compiled code, is there after a pool of its own has done a few rounds.
  const warm = new Load(places[name]());
  for (let round = 0; round < 3; round++) await warm.round(Math.min(perRound, 20_000), rates);
  await warm.loop();
  await warm.stop();
  const before = await census();

  const load = new Load(places[name]());
  const rounds = [];
  for (let done = 0; done < tasks; done += perRound) {
    const count = Math.min(perRound, tasks - done);
    const startedAt = performance.now();
    await load.round(count, rates);
    const milliseconds = performance.now() - startedAt;
    if (rounds.length % 20 === 0) await load.loop();
    const { memory } = await census();
    rounds.push({ count, milliseconds, memory });
    if (rounds.length % 10 === 0) console.log(`${name}: ${done + count} tasks, heap ${megabytes(memory.heapUsed)}, rss ${megabytes(memory.rss)}`);
  }
  await load.stop();
  const after = await census();

  const more = grown(before.held, after.held);
  // A byte for each task would be ten megabytes in the long form.
  const heap = after.memory.heapUsed - before.memory.heapUsed;
  const external = after.memory.arrayBuffers - before.memory.arrayBuffers;
  const rss = after.memory.rss - before.memory.rss;
  if (heap > 4e6) more.push(`heap: ${megabytes(before.memory.heapUsed)}, now ${megabytes(after.memory.heapUsed)}`);
  if (external > 1e6) more.push(`array buffers: ${megabytes(before.memory.arrayBuffers)}, now ${megabytes(after.memory.arrayBuffers)}`);
  if (rss > 100e6) more.push(`rss: ${megabytes(before.memory.rss)}, now ${megabytes(after.memory.rss)}`);
  problems.push(...more.map((one) => `${name}: ${one}`));

  const { first, last } = ends(rounds);
  console.log(
    `${name}: ${tasks} tasks ended exactly once, ${load.crashes} nodes ended on purpose and ${load.bystanders} tasks with them; heap ${heap < 0 ? "" : "+"}${megabytes(heap)}, rss ${rss < 0 ? "" : "+"}${megabytes(rss)}; ` +
      `${Math.round(first)} tasks/s at first, ${Math.round(last)} at last: ${(last / first).toFixed(2)}`,
  );
  for (const one of more) console.log(`${name}: LEFT BEHIND ${one}`);
}

/** Tasks a second in the first minute and in the last, or in the first and the last third of what took less than three. */
function ends(rounds) {
  const total = rounds.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const span = Math.min(60_000, total / 3);
  const rate = (some) => {
    let [count, milliseconds] = [0, 0];
    for (const round of some) {
      if (milliseconds >= span) break;
      count += round.count;
      milliseconds += round.milliseconds;
    }
    return (1000 * count) / milliseconds;
  };
  return { first: rate(rounds), last: rate(rounds.toReversed()) };
}

for (const name of chosen) await soak(name);
if (problems.length > 0) {
  console.error(`soak: ${problems.length} things are held that were not held before`);
  process.exitCode = 1;
}
