/** From what the turns of a subject came to, to one figure. */
import { median } from "./rounds.mjs";

export const round = (value) => Number(value.toPrecision(4));

/**
 * @param values a number a turn, or `{ value, text }` where a number does not say all; a `value` of null where there is nothing to measure
 * @returns the line of `--json`; `text` is what was said, each once
 */
export function summarize({ values, metric, ...what }, metrics) {
  const { unit } = metrics[metric];
  const numbers = values.map((value) => (typeof value === "object" ? value.value : value)).filter((value) => value !== null);
  const texts = [...new Set(values.flatMap((value) => (typeof value === "object" ? [value.text] : [])))];
  const told = (of) => (numbers.length === 0 ? null : round(of(numbers)));
  return {
    ...what,
    metric,
    unit,
    median: told(median),
    min: told((all) => Math.min(...all)),
    max: told((all) => Math.max(...all)),
    runs: values.length,
    ...(texts.length === 0 ? {} : { text: texts.join(" / ") }),
  };
}
