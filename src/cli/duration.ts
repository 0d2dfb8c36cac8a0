import { UsageError } from "./usage-error.js";

const millisecondsIn = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

type Unit = keyof typeof millisecondsIn;

/** `500ms`, `1.5s`, `2m`, `1h` in milliseconds. A number alone is refused: one reader takes it for seconds, the next for milliseconds. */
export function parseDuration(text: string, { zero = false } = {}): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) throw new UsageError(complaint(text));
  const milliseconds = Number(digits) * millisecondsIn[unit as Unit];
  if (!zero && milliseconds === 0) throw new UsageError(`"${text}" is no time at all; leave the option out for no limit`);
  if (!Number.isSafeInteger(Math.ceil(milliseconds))) throw new UsageError(`"${text}" is longer than can be counted`);
  return milliseconds;
}

function complaint(text: string): string {
  if (/^\d+(\.\d+)?$/.test(text)) return `"${text}" has no unit: write ${text}s, ${text}ms, ${text}m or ${text}h`;
  if (text.startsWith("-")) return `"${text}" is negative; a duration is a number with a unit, such as 30s`;
  return `"${text}" is no duration; write a number and ms, s, m or h, such as 500ms, 30s, 2m or 1h`;
}

/** A time as people say it: `640ms`, `12.3s`, `4m 05s`, `2h 10m`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m ${twoDigits(seconds % 60)}s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)}h ${twoDigits(minutes % 60)}m`;
}

const twoDigits = (n: number): string => String(n).padStart(2, "0");
