import { isError } from "../kernel/attempt.js";

/** What a test that failed should say of its seed; undefined where there is none. */
export const seedNote = (seed: number | undefined): string | undefined =>
  seed === undefined ? undefined : `seed: ${seed} (the same run again with { seed: ${seed} })`;

/** Adds a note to an error's message, and answers the error: it stays what it is, so that whoever asks for its class or its fields finds them. */
export function noteOn(error: unknown, note: string | undefined): unknown {
  if (note === undefined) return error;
  if (!isError(error) || !Object.isExtensible(error)) return new Error(`${String(error)}\n${note}`, { cause: error });
  const { message, stack } = error;
  if (message.includes(note)) return error;
  const noted = `${message}\n${note}`;
  // Runners print the one or the other.
  Object.defineProperty(error, "message", { value: noted, configurable: true, writable: true, enumerable: false });
  if (stack?.includes(message) === true) error.stack = stack.replace(message, () => noted);
  return error;
}
