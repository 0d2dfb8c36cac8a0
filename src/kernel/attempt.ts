/** What `read` answers; undefined when it throws, as a getter may. Anything may be thrown, sent or returned: looking at it must not fail. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export const isError = (value: unknown): value is Error => attempt(() => value instanceof Error) === true;

export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;
