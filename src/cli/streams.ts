import type { Readable, Writable } from "node:stream";

/** A program's own streams, as `process` has them when it starts. */
export interface Streams {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** Resolves when everything that was written has left, or never will. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
