import { attempt, isError } from "./attempt.js";
import {
  TaskwardError,
  Exited,
  NoProcess,
  NameTaken,
  NodeDown,
  NotCloneable,
  NotPortable,
  InvalidOption,
  InvalidSpec,
  NotOwner,
  TaskTimeout,
  TaskFailed,
  MaxChildren,
  SupervisorDown,
  LoadFailed,
  SourceFailed,
  TooFewValues,
  Deadlock,
  describeReason,
} from "./errors.js";
import type { ExitReason } from "./reasons.js";
import { type ErrorClass, shared } from "./shared.js";

/**
 * Structured clone keeps an error's message and stack, but loses its own properties and a name of its own. So an error travels
 * as a plain description and is made anew on the other side.
 */
interface ErrorDescription {
  readonly "@error": "error";
  /** The names of its class and those above it, as far as the first that every node knows. */
  readonly kinds: readonly string[];
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: unknown;
  readonly own: Readonly<Record<string, unknown>>;
}

/** A list with errors in it, as `AggregateError` has one. */
interface ListDescription {
  readonly "@error": "list";
  readonly items: readonly unknown[];
}

/** Any other value that has the mark that tells descriptions from values. */
interface MarkedValue {
  readonly "@error": "value";
  readonly value: unknown;
}

type Description = ErrorDescription | ListDescription | MarkedValue;

const mark = "@error";
/** Causes within causes, and errors in all: errors may refer to each other without end. */
const deepest = 8;
const most = 64;

const native = { Error, RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError, DOMException };
const own = {
  TaskwardError,
  Exited,
  NoProcess,
  NameTaken,
  NodeDown,
  NotCloneable,
  NotPortable,
  InvalidOption,
  InvalidSpec,
  NotOwner,
  TaskTimeout,
  TaskFailed,
  MaxChildren,
  SupervisorDown,
  LoadFailed,
  SourceFailed,
  TooFewValues,
  Deadlock,
};
/** The classes that every node knows, and their names by their prototypes. */
const known = new Map<string, ErrorClass>();
const names = new Map<unknown, string>();
for (const [name, Class] of Object.entries<ErrorClass>({ ...native, ...own })) {
  known.set(name, Class);
  names.set(Class.prototype, name);
}

/** `prototype` may be that of a proxy, or have been changed. */
function kindsOf(error: Error): string[] {
  const kinds: string[] = [];
  for (let prototype: unknown = Object.getPrototypeOf(error); prototype !== null; prototype = Object.getPrototypeOf(prototype) as unknown) {
    const name = names.get(prototype);
    if (name !== undefined) return [...kinds, name];
    for (const [registered, { prototype: other }] of shared.errors) if (other === prototype) kinds.push(registered);
  }
  return kinds;
}

/** The reason in a form that every wire carries unchanged, as it is now. Anything may be thrown: what cannot be read is left out. */
export function encodeReason(reason: ExitReason): unknown {
  return typeof reason === "string" ? reason : encode(reason, 0, { errors: 0 });
}

function encode(value: unknown, depth: number, total: { errors: number }): unknown {
  try {
    if (isError(value)) return depth > deepest || total.errors >= most ? describeReason(value) : describe(value, depth, total);
    if (Array.isArray(value) && value.some(isError)) {
      return { [mark]: "list", items: value.map((item) => encode(item, depth + 1, total)) } satisfies ListDescription;
    }
    const copy: unknown = structuredClone(value);
    return typeof copy === "object" && copy !== null && Object.hasOwn(copy, mark) ? ({ [mark]: "value", value: copy } satisfies MarkedValue) : copy;
  } catch {
    return describeReason(value);
  }
}

function describe(error: Error, depth: number, total: { errors: number }): ErrorDescription {
  total.errors++;
  // Without a prototype: an error may have a property of any name.
  const own = Object.create(null) as Record<string, unknown>;
  for (const key of attempt(() => Object.getOwnPropertyNames(error)) ?? []) {
    if (!Object.hasOwn(carried, key)) own[key] = attempt(() => encode(error[key as keyof Error], depth + 1, total));
  }
  const cause = attempt(() => error.cause);
  return {
    [mark]: "error",
    kinds: attempt(() => kindsOf(error)) ?? [],
    name: textOf(error, "name") ?? "Error",
    message: textOf(error, "message") ?? "",
    stack: textOf(error, "stack"),
    ...(cause === undefined || depth >= deepest ? undefined : { cause: encode(cause, depth + 1, total) }),
    own,
  };
}

const carried = { name: true, message: true, stack: true, cause: true };

const textOf = (error: Error, key: "name" | "message" | "stack"): string | undefined =>
  attempt(() => {
    const text: unknown = error[key];
    return text === undefined || typeof text === "string" ? text : describeReason(text);
  });

/** The reason as it was: an error is an `Error` again, with name, message, stack, cause and own properties. */
export function decodeReason(encoded: unknown): ExitReason {
  return decode(encoded, 0);
}

/** What does not look like something that was encoded is taken as it is: it may have been forged. */
function decode(encoded: unknown, depth: number): unknown {
  if (typeof encoded !== "object" || encoded === null || !Object.hasOwn(encoded, mark) || depth > 2 * deepest) return encoded;
  const description = encoded as Partial<Description>;
  switch (description[mark]) {
    case "value":
      return description.value;
    case "list":
      return Array.isArray(description.items) ? description.items.map((item) => decode(item, depth + 1)) : encoded;
    case "error":
      return makeError(description, depth);
    default:
      return encoded;
  }
}

function makeError(description: Partial<ErrorDescription>, depth: number): Error {
  const { kinds, name, message, stack, own } = description;
  const error = bare(kinds, typeof message === "string" ? message : "", name);
  if (Object.hasOwn(description, "cause")) define(error, "cause", decode(description.cause, depth + 1));
  if (typeof name === "string" && name !== error.name) define(error, "name", name);
  define(error, "stack", typeof stack === "string" ? stack : undefined);
  if (typeof own === "object" && own !== null) {
    for (const [key, value] of Object.entries(own)) {
      if (!Object.hasOwn(carried, key)) define(error, key, decode(value, depth + 1), key !== "errors" || !(error instanceof AggregateError));
    }
  }
  return error;
}

/** An error of the first of these classes that is known here. Its constructor is not called: what it takes is not known. */
function bare(kinds: unknown, message: string, name: unknown): Error {
  const all: readonly unknown[] = Array.isArray(kinds) ? kinds : [];
  const kind = all.find((one) => known.has(one as string) || shared.errors.has(one as string)) as string | undefined;
  if (kind === "DOMException") return new DOMException(message, typeof name === "string" ? name : "Error");
  const Class = kind === undefined ? Error : (known.get(kind) ?? shared.errors.get(kind) ?? Error);
  const error = new Error(message);
  return Class === Error ? error : (Object.setPrototypeOf(error, Class.prototype as object) as Error);
}

const define = (error: Error, key: string, value: unknown, enumerable = false): unknown =>
  Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
