import { columns } from "../harness/faults/pools.mjs";
import { faults } from "../harness/faults/faults.mjs";
import { observe } from "../harness/faults/cell.mjs";
import { all } from "../harness/targets.mjs";

const none = (text, value = null) => ({ outcome: { value, text } });
const isOurs = (name) => name.startsWith("taskward");

/** What is not run, because there is nothing to run: a thread cannot be signalled, and not every pool can be told a ceiling. */
function instead(fault, { kind, memory }, name) {
  if (fault.processOnly && kind === "threads") return none("-");
  // A thread shares its memory with all others: there is no ceiling to give it. Where we could offer one and do not, we have not done what we are to do.
  if (fault.memory !== undefined && !memory) return none("not offered", isOurs(name) && kind === "processes" ? 0 : null);
  return undefined;
}

function cell(fault, column, name) {
  const measure = (options) => observe(fault, column, options);
  measure.missing = column.missing;
  measure.instead = instead(fault, column, name);
  return measure;
}

const each = (values, make) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value, name)]));
/** In these, most of the time goes by before anything is wrong. */
const sudden = Object.keys(faults).filter((name) => faults[name].heap === undefined && faults[name].memory === undefined);
const ours = Object.keys(columns).filter(isOurs);

export default {
  claim: "one bad task among twenty on two workers: the other nineteen arrive, the bad one says what happened, and the next tasks are served",
  metrics: { outcome: { unit: "ok", better: "more", table: true }, settled: { unit: "ms", hidden: true } },
  passes: { quick: 1, full: 1 },
  longest: 60_000,
  /** The cell's own process, which is the caller of the pool, did not survive it. */
  died: (how) => ({ outcome: { value: 0, text: `takes the caller along (${how})` } }),
  variants: each(faults, (fault) => each(columns, (column, name) => cell(fault, column, name))),
  targets: ours.flatMap((subject) => [
    all(`${subject}: faults that are not ok`, Object.keys(faults), subject, "outcome", (values) => values.filter((value) => value === 0).length, {
      atMost: 0,
    }),
    all(`${subject}: slowest to settle`, sudden, subject, "settled", (values) => Math.max(...values), { atMost: 1_000 }, { unit: "ms" }),
  ]),
};
