import { columns } from "../harness/faults/pools.mjs";
import { faults } from "../harness/faults/faults.mjs";
import { observe } from "../harness/faults/cell.mjs";
import { all } from "../harness/targets.mjs";

const none = (text) => ({ outcome: { value: null, text } });

/** What is not run, because there is nothing to run: a thread cannot be signalled, and not every pool can be told a ceiling. */
function instead(fault, { kind, memory }) {
  if (fault.processOnly && kind === "threads") return none("-");
  if (fault.memory !== undefined && !memory) return none("not offered");
  return undefined;
}

function cell(fault, column) {
  const measure = (options) => observe(fault, column, options);
  measure.missing = column.missing;
  measure.instead = instead(fault, column);
  return measure;
}

const each = (values, make) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value)]));
const ours = Object.keys(columns).filter((name) => name.startsWith("taskward"));

export default {
  claim: "one bad task among twenty on two workers: the other nineteen arrive, the bad one says what happened, and the next tasks are served",
  metrics: { outcome: { unit: "ok", better: "more", table: true }, settled: { unit: "ms", hidden: true } },
  passes: { quick: 1, full: 1 },
  longest: 60_000,
  /** The cell's own process, which is the caller of the pool, did not survive it. */
  died: (how) => ({ outcome: { value: 0, text: `takes the caller along (${how})` } }),
  variants: each(faults, (fault) => each(columns, (column) => cell(fault, column))),
  targets: ours.flatMap((subject) => [
    all(`${subject}: faults that are not ok`, Object.keys(faults), subject, "outcome", (values) => values.filter((value) => value === 0).length, {
      atMost: 0,
    }),
    all(`${subject}: slowest to settle`, Object.keys(faults), subject, "settled", (values) => Math.max(...values), { atMost: 1_000 }, { unit: "ms" }),
  ]),
};
