import { shared } from "./shared.js";

/**
 * Marks an argument, a result or a message so that what it holds is moved to the other node instead of copied, and is gone from here once it has
 * left. Answers the value itself; on the same event loop it is handed over as it is.
 *
 * Mark the whole argument, not a part of it. A mark counts for the next that is sent with it.
 *
 * @param value the argument, result or message
 * @param list what to move of it: ArrayBuffers (a typed array's `buffer`), MessagePorts, streams. Default: the value itself, or its buffer
 * @returns `value`
 * @throws InvalidOption when something in the list is detached, is there twice, cannot be transferred, or is not part of the value (P4)
 * @example
 * const bytes = new Uint8Array(1_000_000);
 * const job = computation.run(transfer({ bytes, name: "a.png" }, [bytes.buffer])); // and in the task: return transfer(result)
 */
export function transfer<T extends object>(value: T, list: readonly object[] = [(value as { buffer?: object }).buffer ?? value]): T {
  shared.check?.(value, list);
  shared.used = true;
  shared.lists.set(value, [...list]);
  return value;
}

/** What is to be moved along with a value that is handed over now; from here on it is a value like any other. */
export function takeMark(value: unknown): readonly object[] | undefined {
  const list = listOf(value as object);
  if (list) shared.lists.delete(value as object);
  return list;
}

/** The marks of a call's arguments become one of them all. */
export function gatherMarks(args: unknown[]): unknown[] {
  const all = shared.used ? args.flatMap((arg) => takeMark(arg) ?? []) : [];
  if (all.length > 0) shared.lists.set(args, [...new Set(all)]);
  return args;
}

/** What is to be moved along with the arguments of a call. */
export const listOf = (args: object): readonly object[] | undefined => (shared.used ? shared.lists.get(args) : undefined);

/** True of arguments that were sent with what was to be moved: they cannot be sent once more. */
export const isGone = (args: object | undefined): boolean => shared.used && shared.gone.has(args as object);
