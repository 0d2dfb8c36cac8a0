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

/** The reason in a form that every wire carries unchanged. */
export function encodeReason(reason: ExitReason, depth = 0): unknown {
  if (typeof reason === "string") return reason;
  if (!(reason instanceof Error)) return isCloneable(reason) ? reason : describeReason(reason);
  const own: Record<string, unknown> = {};
  for (const key of Object.keys(reason)) {
    const value = (reason as unknown as Record<string, unknown>)[key];
    if (!carried.has(key)) own[key] = isCloneable(value) ? value : describeReason(value);
  }
  const description = { "@error": true as const, name: reason.name, message: reason.message, stack: reason.stack, own };
  if (reason.cause === undefined || depth >= deepestCause) return description;
  return { ...description, cause: encodeReason(reason.cause, depth + 1) };
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
  const found = findUncloneable(value, path, new Set()) ?? { path, what: "not cloneable" };
  return new NotCloneable(found.path, found.what, cause === undefined ? undefined : { cause });
}

function findUncloneable(value: unknown, path: string, seen: Set<unknown>): { path: string; what: string } | undefined {
  if (isCloneable(value)) return undefined;
  if (typeof value === "function") return { path, what: value.name ? `a function (${value.name})` : "a function" };
  if (typeof value !== "object" || value === null) return { path, what: `a ${typeof value}` };
  if (seen.has(value)) return undefined;
  seen.add(value);
  for (const [step, part] of partsOf(value)) {
    const found = findUncloneable(part, path + step, seen);
    if (found !== undefined) return found;
  }
  return { path, what: `a ${value.constructor?.name ?? "value"} that cannot be cloned` };
}

function* partsOf(value: object): Iterable<readonly [step: string, part: unknown]> {
  if (value instanceof Map) {
    for (const [key, part] of value) {
      yield [`.keys(${String(key)})`, key];
      yield [`.get(${String(key)})`, part];
    }
  } else if (value instanceof Set) {
    for (const part of value) yield [".values()", part];
  } else {
    for (const key of Object.keys(value)) {
      const part = (value as Record<string, unknown>)[key];
      yield [Array.isArray(value) ? `[${key}]` : /^[\w$]+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`, part];
    }
  }
}
