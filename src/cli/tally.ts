import { reasonKind } from "./reason.js";

/** More different reasons than this are counted together: the summary must not grow with the input. */
const distinctReasons = 1_000;

/** How a run stands: counts, and the reasons of the failures with the first input of each. */
export class Tally {
  /** Inputs read so far, whatever became of them. */
  read = 0;
  ok = 0;
  failed = 0;
  /** Had not ended at the deadline. */
  pending = 0;
  /** Had been read, and had not ended when the run was stopped. */
  unfinished = 0;
  /** Unreadable inputs passed over by `--skip-bad-input`. */
  skipped = 0;
  /** Had succeeded in an earlier run. */
  resumed = 0;
  readonly #reasons = new Map<string, { count: number; first: number }>();

  /** Inputs that need no more work. */
  get settled(): number {
    return this.ok + this.failed + this.skipped + this.resumed;
  }

  fail(index: number, reason: unknown): void {
    this.failed += 1;
    const line = reasonKind(reason);
    const known = this.#reasons.get(line);
    if (known) {
      known.count += 1;
      known.first = Math.min(known.first, index);
    } else if (this.#reasons.size < distinctReasons) this.#reasons.set(line, { count: 1, first: index });
  }

  /** The reasons of failures, the most frequent first. */
  reasons(): { reason: string; count: number; first: number }[] {
    return [...this.#reasons].map(([reason, { count, first }]) => ({ reason, count, first })).sort((a, b) => b.count - a.count || a.first - b.first);
  }
}
