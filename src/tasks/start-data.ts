/** Known to every copy of this package in the program: a task file may have found another one than the pool did. */
const key = Symbol.for("taskward.startData");

/**
 * What the pool that a task's node belongs to was given as `data`: `threads({ data })`, `processes({ data })`. Undefined where there is no pool, or it
 * was given none.
 *
 * @example
 * export const lookUp = (word: string) => startData<Map<string, string>>().get(word);
 */
export const startData = <T = unknown>(): T => (globalThis as Record<symbol, unknown>)[key] as T;

/** @internal */
export function setStartData(data: unknown): void {
  (globalThis as Record<symbol, unknown>)[key] = data;
}
