import { getSystemErrorMap } from "node:util";

/** A system error in words: `no such file or directory` instead of a code, a call and a path that the message names already. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errno } = error as NodeJS.ErrnoException;
  const known = errno === undefined ? undefined : getSystemErrorMap().get(errno);
  return known?.[1] ?? error.message;
}
