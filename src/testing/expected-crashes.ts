import { type CrashReport, formatCrash } from "../kernel/crash-report.js";
import { type Check, checkCount, checkOptions } from "../kernel/options.js";
import { InvalidOption } from "../kernel/errors.js";
import type { Finding } from "./errors.js";

/** Which crash is meant: one whose report, as text, contains this or matches it, or for which the function answers true. */
export type CrashMatch = string | RegExp | ((report: CrashReport) => boolean);

/** How many crashes are expected. */
export interface ExpectCrashOptions {
  /** So many, exactly. Default 1; with `Infinity` any number, none included. */
  readonly times?: number;
}

interface Expected {
  readonly match: CrashMatch;
  readonly times: number;
}

const checks = { times: checkCount as Check };

/** Tells the crashes that a test expects from those that it does not. */
export class ExpectedCrashes {
  readonly #expected: Expected[] = [];

  add(match: CrashMatch, options: ExpectCrashOptions = {}): void {
    if (typeof match !== "string" && typeof match !== "function" && !(match instanceof RegExp))
      throw new InvalidOption("expectCrash(match): match", match, "give a part of the report's text, a RegExp for it, or a function of the report");
    checkOptions("expectCrash options", options, checks);
    this.#expected.push({ match, times: options.times ?? 1 });
  }

  /** What nobody was told of and nobody expected. */
  unexpected(reports: readonly CrashReport[]): CrashReport[] {
    return this.#compare(reports).unexpected;
  }

  /** The crashes that should not have been, and those that should have. */
  findings(reports: readonly CrashReport[]): Finding[] {
    const { unexpected, missing } = this.#compare(reports);
    return [
      ...unexpected.map((report): Finding => ({
        kind: "crash",
        text: `nobody was told of it, and no expectCrash matches it\n${formatCrash(report)}`,
      })),
      ...missing.map(({ match, times, came }): Finding => {
        const what = typeof match === "function" ? "that the given function accepts" : `that matches ${String(match)}`;
        return { kind: "missing_crash", text: `${times} expected ${what}, ${came} came` };
      }),
    ];
  }

  /** Each report counts for the first expectation that it matches and that is not met yet; those of which nobody was told go first. */
  #compare(reports: readonly CrashReport[]): { unexpected: CrashReport[]; missing: (Expected & { came: number })[] } {
    const all = this.#expected.map((one) => ({ ...one, came: 0 }));
    const unexpected: CrashReport[] = [];
    for (const report of [...reports].sort((one, two) => Number(one.handled) - Number(two.handled))) {
      const met = all.find((one) => one.came < one.times && matches(one.match, report));
      if (met !== undefined) met.came++;
      else if (!report.handled) unexpected.push(report);
    }
    return { unexpected, missing: all.filter(({ times, came }) => times !== Infinity && came < times) };
  }
}

function matches(match: CrashMatch, report: CrashReport): boolean {
  if (typeof match === "function") return match(report);
  const text = formatCrash(report);
  return typeof match === "string" ? text.includes(match) : text.search(match) !== -1;
}
