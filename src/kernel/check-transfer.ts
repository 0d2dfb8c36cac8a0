import { attempt } from "./attempt.js";
import { InvalidOption, TaskwardError } from "./errors.js";
import { shared } from "./shared.js";

const kindOf = (value: unknown): string => attempt(() => Object.prototype.toString.call(value).slice(8, -1)) ?? "something that cannot be read";

/** Node would take a detached buffer for an empty one. */
export const isDetached = (item: object): boolean =>
  kindOf(item) === "ArrayBuffer" && (item as ArrayBuffer).byteLength === 0 && attempt(() => new Uint8Array(item as ArrayBuffer)) === undefined;

/** @throws TypeError when something in the list has been transferred since it was marked */
export function mustBeThere(list: readonly object[]): void {
  if (list.some(isDetached)) throw new TypeError("an ArrayBuffer that is to be transferred is detached: it has been transferred before");
}

/** What comes of a call that is started again after its arguments have left. */
export const usedTwice = (): TaskwardError =>
  new TaskwardError(
    "not_cloneable",
    "args were transferred with an earlier task of the same call, and are gone: make a call of its own for each task",
  );

/** @throws InvalidOption, which says what of the list cannot be transferred with the value, and why */
export function checkTransfer(value: object, list: readonly object[]): void {
  if (!Array.isArray(list)) throw refusal("list", list, "give an array, such as [bytes.buffer]");
  list.forEach((item: object, at) => {
    const problem = problemWith(item, list.indexOf(item) < at);
    if (problem === undefined) return;
    const isDefault = item === value && list.length === 1;
    throw isDefault && kindOf(item) !== "SharedArrayBuffer" && !isDetached(item)
      ? refusal("value", value, "say what to move of it: transfer(value, [value.bytes.buffer])")
      : refusal(`list[${at}]`, item, problem);
  });
  const stray = strayOf(value, list);
  if (stray !== undefined) throw refusal(`list[${list.indexOf(stray)}]`, stray, "it is not part of the value, and would be lost");
}

shared.check = checkTransfer;

const refusal = (what: string, got: unknown, want: string): InvalidOption => new InvalidOption(`transfer(value, list): ${what}`, kindOf(got), want);

/** What may be in a list is for the wire to say; this is what never may. */
const never = ["Object", "Array", "Function", "Map", "Set", "String", "Number", "Boolean", "Null", "Undefined", "Promise", "Date"];

function problemWith(item: object, isTwice: boolean): string | undefined {
  if (isTwice) return "it is there twice";
  if (isDetached(item)) return "it is detached, for it has been transferred before";
  if (ArrayBuffer.isView(item)) return "give its buffer";
  if (kindOf(item) === "SharedArrayBuffer") return "it is shared, and need not be transferred: leave it out";
  return never.includes(kindOf(item)) ? "give ArrayBuffers and MessagePorts" : undefined;
}

/** The first item that structured clone finds nowhere within the value. */
function strayOf(value: object, items: readonly object[]): object | undefined {
  const missing = new Set<unknown>(items);
  const parts = new Set<unknown>([value]);
  for (const part of parts) {
    missing.delete(part);
    if (missing.size === 0) break;
    // What is added here is come to later.
    for (const inner of attempt(() => partsOf(part)) ?? []) if (typeof inner === "object") parts.add(inner);
  }
  return [...missing][0] as object | undefined;
}

function partsOf(value: unknown): readonly unknown[] {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (value instanceof Map) return [...(value as Map<unknown, unknown>).keys(), ...(value as Map<unknown, unknown>).values()];
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return Object.values(value as object);
}
