/** The folders of this package's own code, in which nobody looks for the origin of anything: as it is built, and as source maps have it. */
const home = import.meta.url.replace(/^file:\/\//, "").replace(/\/(dist|src)\/.*$/, "");
const own = [`${home}/dist/`, `${home}/src/`];

/** Where something was made, to be told only if it is asked for: the stack is written out then. */
export interface Origin {
  readonly stack?: string;
}

/** Keeps where the caller was called from. */
export function originHere(): Origin {
  const origin: Origin = {};
  (Error as { captureStackTrace?: (target: object, above: unknown) => void }).captureStackTrace?.(origin, originHere);
  return origin;
}

/** The first place outside of this package, as `file:line:column`; undefined where nobody knows. */
export function placeOf(origin: Origin | undefined): string | undefined {
  const lines = origin?.stack?.split("\n").slice(1) ?? [];
  const line = lines.find((one) => ![...own, "node:", "<anonymous>"].some((part) => one.includes(part)));
  return line === undefined ? undefined : (/\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]+:\d+:\d+)\)?$/.exec(line)?.[1] ?? line.trim().replace(/^at /, ""));
}
