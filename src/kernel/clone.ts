import { attempt, isError } from "./attempt.js";
import { isDetached } from "./check-transfer.js";
import { NotCloneable } from "./errors.js";

export function isCloneable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function" && typeof value !== "symbol";
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Moves what is listed, and copies the rest. */
export const cloneMoving = <T>(value: T, list: readonly object[]): T => structuredClone(value, { transfer: [...list] as never[] });

/** Which part of `value` cannot be cloned, as an error that names its path. Called only after a wire has refused the value. */
export function notCloneable(value: unknown, path: string, cause?: unknown, list: readonly object[] = []): NotCloneable {
  // Structured clone runs out of stack on what is nested too deeply, and so would a search for the place.
  const found =
    cause instanceof RangeError ? { path, what: "nested too deeply" } : findUncloneable(value, path, 0, new Set<unknown>(list), list.length > 0);
  const what = found?.what ?? (isError(cause) ? `refused (${cause.message})` : "not cloneable");
  return new NotCloneable(found?.path ?? path, what, cause === undefined ? undefined : { cause });
}

/** How far down the place of what cannot be cloned is looked for. */
const deepestPath = 100;
const unreadable = Symbol("unreadable");

/** `moves`: something within the value is to be moved, and is in `seen`. Then what contains it cannot be cloned as it is, and is not to blame. */
function findUncloneable(
  value: unknown,
  path: string,
  depth: number,
  seen: Set<unknown>,
  moves: boolean,
): { path: string; what: string } | undefined {
  if (value === unreadable) return { path, what: "a property that cannot be read" };
  // With something to be moved in it, it could not be cloned in any case; and Node 20 does not survive cloning a port that has left already.
  if (!moves && isCloneable(value)) return undefined;
  if (typeof value === "function")
    return { path, what: attempt(() => (value.name === "" ? undefined : `a function (${value.name})`)) ?? "a function" };
  if (typeof value !== "object" || value === null) return isCloneable(value) ? undefined : { path, what: `a ${typeof value}` };
  if (seen.has(value)) return undefined;
  seen.add(value);
  let parts = 0;
  if (depth < deepestPath) {
    for (const [step, part] of partsOf(value)) {
      const found = findUncloneable(part, path + step, depth + 1, seen, moves);
      if (found !== undefined) return found;
      parts++;
    }
  }
  return moves && (parts > 0 || isCloneable(value)) ? undefined : { path, what: describeUncloneable(value) };
}

function describeUncloneable(value: object): string {
  if (isDetached(ArrayBuffer.isView(value) ? value.buffer : value)) return "detached, for its memory has been transferred before";
  const name = attempt(() => value.constructor.name) ?? "value";
  return name === "MessagePort" ? "a MessagePort, which has to be moved with transfer(value, [port])" : `a ${name} that cannot be cloned`;
}

function* partsOf(value: object): Iterable<readonly [step: string, part: unknown]> {
  if (attempt(() => value instanceof Map) === true) {
    for (const [key, part] of value as Map<unknown, unknown>) {
      const step = attempt(() => String(key)) ?? typeof key;
      yield [`.keys(${step})`, key];
      yield [`.get(${step})`, part];
    }
  } else if (attempt(() => value instanceof Set) === true) {
    for (const part of value as Set<unknown>) yield [".values()", part];
  } else if (!ArrayBuffer.isView(value)) {
    for (const key of attempt(() => Object.keys(value)) ?? []) {
      let part: unknown = unreadable;
      try {
        part = (value as Record<string, unknown>)[key];
      } catch {
        // its getter throws: that is why it cannot be cloned
      }
      yield [Array.isArray(value) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, part];
    }
  }
}
