import { formatDuration } from "./duration.js";
import { rateText } from "./summary.js";

/** What a moment of a run looks like. */
export interface Snapshot {
  /** Milliseconds since the start. */
  readonly elapsed: number;
  readonly ok: number;
  readonly failed: number;
  /** Inputs that need no more work: ended, skipped, or done in an earlier run. */
  readonly settled: number;
  /** Inputs read so far. */
  readonly read: number;
  /** How many inputs there are, where that is known. */
  readonly total: number | undefined;
  /** How much of the input has been read, from 0 to 1, where its size is known. */
  readonly fraction: number | undefined;
}

/** The rate follows the last ten seconds, so that it shows what is going on and not what was. */
const rateWindow = 10_000;

/** Turns moments of a run into the progress line. It keeps a few of them, to tell the rate. */
export class Progress {
  #moments: { elapsed: number; ended: number }[] = [{ elapsed: 0, ended: 0 }];

  text(now: Snapshot): string {
    const rate = this.#rate(now);
    const total = estimatedTotal(now);
    const parts = [counted(now, total)];
    if (now.failed > 0) parts.push(`${now.failed.toLocaleString("en")} failed`);
    if (rate > 0) parts.push(rateText(rate));
    if (rate > 0 && total !== undefined) parts.push(`ETA ${formatDuration((Math.max(0, total - now.settled) / rate) * 1_000)}`);
    return parts.join(" · ");
  }

  /** Tasks per second. */
  #rate(now: Snapshot): number {
    const ended = now.ok + now.failed;
    this.#moments.push({ elapsed: now.elapsed, ended });
    while (this.#moments.length > 2 && now.elapsed - (this.#moments[1]?.elapsed ?? 0) >= rateWindow) this.#moments.shift();
    const [from] = this.#moments;
    if (from === undefined || now.elapsed <= from.elapsed) return 0;
    return ((ended - from.ended) * 1_000) / (now.elapsed - from.elapsed);
  }
}

function counted({ settled, total }: Snapshot, estimate: number | undefined): string {
  const done = settled.toLocaleString("en");
  if (total !== undefined) return `${done} of ${total.toLocaleString("en")}`;
  if (estimate !== undefined) return `${done} of about ${Math.round(estimate).toLocaleString("en")}`;
  return `${done} done`;
}

/** A file's number of lines is known from its size when a part of it has been read, near enough. */
function estimatedTotal({ total, fraction, read }: Snapshot): number | undefined {
  if (total !== undefined) return total;
  return fraction === undefined || fraction <= 0 || read === 0 ? undefined : read / fraction;
}
