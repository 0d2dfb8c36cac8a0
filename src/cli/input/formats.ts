import { UsageError } from "../usage-error.js";

export const formats = ["lines", "ndjson", "csv"] as const;

/** How a file is cut into inputs. */
export type Format = (typeof formats)[number];

const formatOfSuffix: Readonly<Record<string, Format>> = { csv: "csv", ndjson: "ndjson", jsonl: "ndjson" };

/** The format that a file's name tells; lines when it tells none. */
export function formatByName(file: string): Format {
  const suffix = /\.([^./\\]+)$/.exec(file)?.[1]?.toLowerCase() ?? "";
  if (suffix === "json") {
    throw new UsageError(`${file}: a .json file may be one value or one value per line; say --format ndjson or --format lines`);
  }
  return formatOfSuffix[suffix] ?? "lines";
}
