/** One line of the joblog: how one task ended. */
export interface JoblogEntry {
  readonly index: number;
  readonly input: unknown;
  /** The node that it ran on, such as `main/t2`; null when it had not started. */
  readonly place: string | null;
  /** ISO 8601, or null when it had not started. */
  readonly start: string | null;
  /** In milliseconds; of the last attempt, as `start` is. */
  readonly duration: number | null;
  readonly outcome: "ok" | "error" | "pending";
  /** Why it failed, in one line; only with `error`. */
  readonly reason?: string;
  readonly attempts: number;
}

/** What every line begins with. A file that begins otherwise is no joblog, and must not be taken for one and cut. */
export const lineStart = '{"index":';

/** The entry as a line. The input comes as JSON, for it is written once for the result and the joblog alike. */
export function joblogLine({ index, ...rest }: Omit<JoblogEntry, "input">, inputJson: string): string {
  return `${lineStart}${index},"input":${inputJson},${JSON.stringify(rest).slice(1)}\n`;
}

/** What `--resume` needs of a line; undefined when it is none of a joblog. */
export function readEntry(text: string): Pick<JoblogEntry, "index" | "input" | "outcome"> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { index, input, outcome } = value as { index?: unknown; input?: unknown; outcome?: unknown };
  if (typeof index !== "number" || !Number.isSafeInteger(index) || index < 0 || !("input" in value)) return undefined;
  if (outcome !== "ok" && outcome !== "error" && outcome !== "pending") return undefined;
  return { index, input, outcome };
}
