import { constants, fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { explain } from "../explain.js";
import { UsageError } from "../usage-error.js";

/** A stream of bytes to read inputs from. It is opened before anything starts, so that a missing file costs nothing. */
export interface Bytes {
  readonly name: string;
  readonly stream: Readable;
  /** In bytes, where the file system knows it. */
  readonly size: number | undefined;
}

/** Opens a file, or standard input for `-`. */
export async function openBytes(path: string, stdin: Readable): Promise<Bytes> {
  if (path === "-") return fromStdin(stdin);
  try {
    const file = await open(path, constants.O_RDONLY);
    const stat = await file.stat();
    if (stat.isDirectory()) {
      await file.close();
      throw new UsageError(`--input ${path}: it is a directory; for the files in it say --glob '${path.replace(/\/+$/, "")}/**'`);
    }
    return { name: path, stream: file.createReadStream(), size: stat.isFile() ? stat.size : undefined };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--input ${path}: ${explain(error)}`, { cause: error });
  }
}

/** Node takes a directory there for an empty input. */
function fromStdin(stdin: Readable & { readonly fd?: number }): Bytes {
  if (stdin.fd !== undefined && fstatSync(stdin.fd).isDirectory()) throw new UsageError("--input -: standard input is a directory");
  return { name: "standard input", stream: stdin, size: undefined };
}
