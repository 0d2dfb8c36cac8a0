import { isAbsolute } from "node:path";
import type { Readable } from "node:stream";
import { glob } from "tinyglobby";
import { UsageError } from "../usage-error.js";
import { type Format, formatByName } from "./formats.js";
import type { Input, Inputs } from "./input.js";
import { openBytes } from "./open-bytes.js";
import { readCsv } from "./read-csv.js";
import { type Position, readLines, readNdjson } from "./read-lines.js";

/** Where the inputs come from, as the command line says it. */
export type Source =
  | { readonly kind: "file"; readonly path: string; readonly format: Format | undefined }
  | { readonly kind: "glob"; readonly patterns: readonly string[] }
  | { readonly kind: "arguments"; readonly values: readonly string[] };

/** Makes the inputs ready to be read. A file that is not there, or a pattern that nothing matches, is refused here. */
export async function openInputs(source: Source, stdin: Readable): Promise<Inputs> {
  switch (source.kind) {
    case "arguments":
      return listed("the arguments", source.values);
    case "glob":
      return listed(`--glob ${source.patterns.join(" ")}`, await matchingFiles(source.patterns));
    case "file":
      return await fromFile(source.path, source.format, stdin);
  }
}

/** In the order of their names, not of the directory: an index must mean the same file in the next run. */
async function matchingFiles(patterns: readonly string[]): Promise<string[]> {
  // As a shell does it: a pattern that says where it begins gives paths that do.
  const absolute = patterns.some((pattern) => isAbsolute(pattern));
  const files = await glob([...patterns], { onlyFiles: true, expandDirectories: false, absolute });
  if (files.length === 0) throw new UsageError(`--glob ${patterns.join(" ")}: no file matches`);
  return files.sort();
}

function listed(name: string, values: readonly string[]): Inputs {
  let given = 0;
  return {
    name,
    total: values.length,
    fraction: () => (values.length === 0 ? 1 : given / values.length),
    close: () => {},
    async *[Symbol.asyncIterator]() {
      for (const [index, value] of values.entries()) {
        given = index + 1;
        yield { kind: "good", index, value };
      }
    },
  };
}

async function fromFile(path: string, format: Format | undefined, stdin: Readable): Promise<Inputs> {
  const chosen = format ?? (path === "-" ? "lines" : formatByName(path));
  const { name, stream, size } = await openBytes(path, stdin);
  const position: Position = { bytes: 0 };
  return {
    name,
    fraction: () => (size === undefined || size === 0 ? undefined : Math.min(1, position.bytes / size)),
    close: () => stream.destroy(),
    [Symbol.asyncIterator]: () => readers[chosen](stream, position)[Symbol.asyncIterator](),
  };
}

const readers: Record<Format, (stream: Readable, position: Position) => AsyncGenerator<Input, void, undefined>> = {
  lines: readLines,
  ndjson: readNdjson,
  csv: readCsv,
};
