import { availableParallelism, loadavg } from "node:os";
import { loadCase } from "./cases.mjs";
import { measure } from "./measure.mjs";
import { printTable } from "./table.mjs";
import { round, summarize } from "./summary.mjs";
import { judge } from "./targets.mjs";

const say = (text) => process.stderr.write(`${text}\n`);

/** @returns the exit code: 1 when something could not be measured */
export async function runCases({ cases, quick, json }) {
  let failed = false;
  warnOfLoad();
  for (const name of cases) {
    const one = await loadCase(name);
    const run = await runCase(one, quick);
    failed ||= run.failures.length > 0;
    const lines = judge(name, one.targets ?? [], run.figures);
    if (json) for (const figure of run.figures) process.stdout.write(`${JSON.stringify(figure)}\n`);
    else printTable(one, run);
    for (const line of lines) (json ? say : console.log)(line);
  }
  return failed ? 1 : 0;
}

/** Whatever else runs is measured as well. */
function warnOfLoad() {
  const [load] = loadavg();
  const cores = availableParallelism();
  if (load > 0.5) say(`bench: the machine is not idle (load ${load.toFixed(1)} on ${cores} cores): trust the ratios more than the figures`);
}

/** Takes the subjects in turn (A B C A B C ...), so that what else the machine does hits all of them alike. */
async function runCase(one, quick) {
  const passes = quick ? one.passes.quick : one.passes.full;
  const series = new Map();
  const skipped = [];
  const failures = [];
  for (let pass = 1; pass <= passes; pass++) {
    for (const [variant, subjects] of Object.entries(one.variants)) {
      for (const [subject, run] of Object.entries(subjects)) {
        const what = { case: one.name, variant, subject };
        if (failures.some((failure) => failure.variant === variant && failure.subject === subject)) continue;
        const missing = await run.missing?.();
        if (missing !== undefined) {
          if (pass === 1) {
            say(`SKIPPED ${one.name} ${variant} ${subject}: ${missing}`);
            skipped.push({ ...what, reason: missing });
          }
          continue;
        }
        try {
          const figures = run.instead ?? (await measure(one, variant, subject, quick));
          for (const [metric, value] of Object.entries(figures)) {
            const { values } = series.get(`${variant}/${subject}/${metric}`) ?? { values: [] };
            series.set(`${variant}/${subject}/${metric}`, { ...what, metric, values: [...values, value] });
          }
          if (run.instead === undefined) say(`${one.name} ${variant} ${subject} ${pass}/${passes}: ${describe(figures, one.metrics)}`);
        } catch (error) {
          say(`FAILED ${error.message}`);
          failures.push({ ...what, reason: error.message.split("\n")[0] });
        }
      }
    }
  }
  return { figures: [...series.values()].map((entry) => summarize(entry, one.metrics)), skipped, failures };
}

const describe = (figures, metrics) =>
  Object.entries(figures)
    .map(([metric, value]) => `${metric} ${value?.text ?? `${round(value)} ${metrics[metric].unit}`}`)
    .join(", ");
