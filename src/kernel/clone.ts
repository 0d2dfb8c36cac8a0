import { NotCloneable, describeReason } from "./errors.js";
import type { ExitReason } from "./reasons.js";

/**
 * Structured clone keeps an error's message and stack, but loses its own properties and a name of its own. So an error travels
 * as a plain description and is made anew on the other side.
 */
interface ErrorDescription {
  readonly "@error": true;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: unknown;
  readonly own: Readonly<Record<string, unknown>>;
}

const deepestCause = 8;
const carried = new Set(["name", "message", "stack", "cause"]);

const isDescription = (value: unknown): value is ErrorDescription =>
  typeof value === "object" && value !== null && (value as Partial<ErrorDescription>)["@error"] === true;

/** The reason in a form that every wire carries unchanged. Anything may be thrown: what cannot be read is left out. */
export function encodeReason(reason: ExitReason, depth = 0): unknown {
  if (typeof reason === "string") return reason;
  if (!(reason instanceof Error)) return isCloneable(reason) ? reason : (attempt(() => describeReason(reason)) ?? "a reason that cannot be read");
  const own: Record<string, unknown> = {};
  for (const key of attempt(() => Object.keys(reason)) ?? []) {
    if (carried.has(key)) continue;
    own[key] = attempt(() => {
      const value = (reason as unknown as Record<string, unknown>)[key];
      return isCloneable(value) ? value : describeReason(value);
    });
  }
  const text = (key: "name" | "message" | "stack"): string | undefined =>
    attempt(() => (reason[key] === undefined || typeof reason[key] === "string" ? reason[key] : describeReason(reason[key])));
  const description = { "@error": true as const, name: text("name") ?? "Error", message: text("message") ?? "", stack: text("stack"), own };
  const cause = attempt(() => reason.cause);
  return cause === undefined || depth >= deepestCause ? description : { ...description, cause: encodeReason(cause, depth + 1) };
}

/** What `read` answers; undefined when it throws, as a getter may. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const standard: Readonly<Record<string, ErrorConstructor>> = { RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError };

/** The reason as it was: an error is an `Error` again, with name, message, stack, cause and own properties. */
export function decodeReason(encoded: unknown): ExitReason {
  if (!isDescription(encoded)) return encoded;
  const Kind = (Object.hasOwn(standard, encoded.name) ? standard[encoded.name] : undefined) ?? Error;
  const error = new Kind(encoded.message, "cause" in encoded ? { cause: decodeReason(encoded.cause) } : undefined);
  if (error.name !== encoded.name) Object.defineProperty(error, "name", { value: encoded.name, configurable: true, writable: true });
  Object.defineProperty(error, "stack", { value: encoded.stack, configurable: true, writable: true });
  for (const [key, value] of Object.entries(encoded.own)) {
    Object.defineProperty(error, key, { value, configurable: true, writable: true, enumerable: true });
  }
  return error;
}

export function isCloneable(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function" && typeof value !== "symbol";
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** Which part of `value` cannot be cloned, as an error that names its path. Called only after a wire has refused the value. */
export function notCloneable(value: unknown, path: string, cause?: unknown): NotCloneable {
  // Structured clone runs out of stack on what is nested too deeply, and so would a search for the place.
  const found = cause instanceof RangeError ? { path, what: "nested too deeply" } : findUncloneable(value, path, 0, new Set());
  return new NotCloneable(found?.path ?? path, found?.what ?? "not cloneable", cause === undefined ? undefined : { cause });
}

/** How far down the place of what cannot be cloned is looked for. */
const deepestPath = 100;
const unreadable = Symbol("unreadable");

function findUncloneable(value: unknown, path: string, depth: number, seen: Set<unknown>): { path: string; what: string } | undefined {
  if (value === unreadable) return { path, what: "a property that cannot be read" };
  if (isCloneable(value)) return undefined;
  if (typeof value === "function") return { path, what: value.name ? `a function (${value.name})` : "a function" };
  if (typeof value !== "object" || value === null) return { path, what: `a ${typeof value}` };
  if (seen.has(value)) return undefined;
  seen.add(value);
  if (depth < deepestPath) {
    for (const [step, part] of partsOf(value)) {
      const found = findUncloneable(part, path + step, depth + 1, seen);
      if (found !== undefined) return found;
    }
  }
  return { path, what: `a ${attempt(() => value.constructor.name) ?? "value"} that cannot be cloned` };
}

function* partsOf(value: object): Iterable<readonly [step: string, part: unknown]> {
  if (value instanceof Map) {
    for (const [key, part] of value) {
      const step = attempt(() => String(key)) ?? typeof key;
      yield [`.keys(${step})`, key];
      yield [`.get(${step})`, part];
    }
  } else if (value instanceof Set) {
    for (const part of value) yield [".values()", part];
  } else {
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
