/** What is to be moved along with a value, for every copy of this package in the program: a task file may have found another one than the program did. */
interface Marks {
  /** Whether anything has ever been marked: who transfers nothing pays for a look at this, and for nothing else. */
  used: boolean;
  /** Of a marked value, and of the arguments of a call. */
  readonly lists: WeakMap<object, readonly object[]>;
  /** Arguments that have been sent: what they had is elsewhere. */
  readonly gone: WeakSet<object>;
  /** Refuses what cannot be transferred. Comes with the wires: without one, nothing is. */
  check?: (value: object, list: readonly object[]) => void;
}

const key = Symbol.for("taskward.transfer");
export const marks: Marks = ((globalThis as { [key]?: Marks })[key] ??= { used: false, lists: new WeakMap(), gone: new WeakSet() });

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
  marks.check?.(value, list);
  marks.used = true;
  marks.lists.set(value, [...list]);
  return value;
}

/** What is to be moved along with a value that is handed over now; from here on it is a value like any other. */
export function takeMark(value: unknown): readonly object[] | undefined {
  if (!marks.used) return undefined;
  const list = marks.lists.get(value as object);
  if (list !== undefined) marks.lists.delete(value as object);
  return list;
}

/** The marks of a call's arguments become one of them all. */
export function gatherMarks(args: unknown[]): unknown[] {
  if (!marks.used) return args;
  const all = new Set(args.flatMap((arg) => takeMark(arg) ?? []));
  if (all.size > 0) marks.lists.set(args, [...all]);
  return args;
}

/** What is to be moved along with the arguments of a call. */
export const listOf = (args: object): readonly object[] | undefined => (marks.used ? marks.lists.get(args) : undefined);

/** True of arguments that were sent with what was to be moved: they cannot be sent once more. */
export const isGone = (args: object | undefined): boolean => marks.used && marks.gone.has(args as object);
