import { UsageError } from "./usage-error.js";

/** When to stop before the inputs are used up. */
export type Halt = { readonly when: "never" } | { readonly when: "first-success" } | { readonly when: "failures"; readonly limit: number };

/** Reads `never`, `first-failure`, `first-success`, or a number of failures. */
export function parseHalt(text: string): Halt {
  if (text === "never") return { when: "never" };
  if (text === "first-success") return { when: "first-success" };
  if (text === "first-failure") return { when: "failures", limit: 1 };
  if (/^[1-9]\d*$/.test(text)) return { when: "failures", limit: Number(text) };
  throw new UsageError(`"${text}" is no halting rule; write never, first-failure, first-success, or a number of failures from 1 up`);
}

/** Why the run ends now, or undefined when it goes on. */
export function haltReason(halt: Halt, { ok, failed }: { ok: number; failed: number }): string | undefined {
  if (halt.when === "first-success" && ok > 0) return "after the first success";
  if (halt.when === "failures" && failed >= halt.limit) {
    return halt.limit === 1 ? "after the first failure" : `after ${halt.limit} failures`;
  }
  return undefined;
}
