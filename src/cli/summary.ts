import { formatDuration } from "./duration.js";
import type { Ending } from "./ending.js";
import type { Tally } from "./tally.js";

/** As many reasons as fit at a glance; the rest is in the results. */
const reasonsShown = 5;
const longestReason = 160;

const count = (n: number): string => n.toLocaleString("en");

/** What standard error says when all is over. */
export function summaryText(tally: Tally, ending: Ending, elapsed: number): string {
  const ended = tally.ok + tally.failed;
  const parts = [`${count(tally.ok)} ok`, `${count(tally.failed)} failed`];
  if (tally.pending > 0) parts.push(`${count(tally.pending)} pending`);
  if (tally.unfinished > 0) parts.push(`${count(tally.unfinished)} unfinished`);
  if (tally.skipped > 0) parts.push(`${count(tally.skipped)} bad ${tally.skipped === 1 ? "input" : "inputs"} skipped`);
  if (tally.resumed > 0) parts.push(`${count(tally.resumed)} done before`);
  const rate = elapsed > 0 && ended > 0 ? ` (${rateText((ended * 1_000) / elapsed)})` : "";
  const lines = [`taskward: ${parts.join(", ")} in ${formatDuration(elapsed)}${rate}`];
  lines.push(...reasonLines(tally));
  const end = endingLine(ending);
  if (end !== undefined) lines.push(`taskward: ${end}`);
  return `${lines.join("\n")}\n`;
}

/** Tasks per second, with a decimal where a whole number would say too little. */
export function rateText(perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : count(Math.round(perSecond))}/s`;
}

function reasonLines(tally: Tally): string[] {
  const reasons = tally.reasons();
  const shown = reasons.slice(0, reasonsShown);
  const lines = shown.map(({ reason, count: times, first }) => {
    const where = times === 1 ? `input ${first}` : `first at input ${first}`;
    return `  ${count(times)} × ${clip(reason)} (${where})`;
  });
  const told = shown.reduce((sum, { count: times }) => sum + times, 0);
  if (tally.failed > told) lines.push(`  ${count(tally.failed - told)} for other reasons`);
  return lines;
}

const clip = (text: string): string => (text.length > longestReason ? `${text.slice(0, longestReason)}…` : text);

function endingLine(ending: Ending): string | undefined {
  switch (ending.kind) {
    case "complete":
      return undefined;
    case "halted":
      return `stopped ${ending.why}`;
    case "deadline":
      return ending.tasksRunOn ? "the deadline struck; the tasks that had begun run on" : "the deadline struck";
    case "signal":
      return `stopped by ${ending.signal}`;
    case "output-closed":
      return "stopped, for the reader of the results went away";
    case "broken":
      return ending.problem;
  }
}
