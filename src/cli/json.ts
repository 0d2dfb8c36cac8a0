/** A value cannot be written as JSON; the message says which part of it. */
export class NotJsonError extends Error {
  readonly code = "ERR_TASKWARD_NOT_JSON";
  override readonly name = "NotJsonError";
}

/**
 * A task's value as JSON text. What JSON has no word for, but has an obvious spelling, is spelled: a BigInt as its digits, a Map as its
 * entries, a Set and binary data as lists, an Error by its name and message. Nothing at all (undefined, a function) is null.
 */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, spell) ?? "null";
  } catch (error) {
    const circle = pathOfCircle(value, "value", new Set());
    const why = circle === undefined ? (error as Error).message : `${circle} leads back to itself`;
    throw new NotJsonError(`the result cannot be written as JSON: ${why}`, { cause: error });
  }
}

function spell(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return [...(value as Uint8Array)];
  return value;
}

/** Looks for the circle that made JSON give up; a value nested too deep for the stack has none that can be told. */
function pathOfCircle(value: unknown, path: string, above: Set<unknown>): string | undefined {
  if (typeof value !== "object" || value === null || above.size > 1_000) return undefined;
  if (above.has(value)) return path;
  above.add(value);
  for (const [key, part] of Object.entries(value)) {
    const found = pathOfCircle(part, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`, above);
    if (found !== undefined) return found;
  }
  above.delete(value);
  return undefined;
}
