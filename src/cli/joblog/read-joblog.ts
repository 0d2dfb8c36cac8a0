import { createReadStream } from "node:fs";
import { LineSplitter } from "../input/line-splitter.js";
import { explain } from "../explain.js";
import { UsageError } from "../usage-error.js";
import { DoneInputs } from "./done-inputs.js";
import { lineStart, readEntry } from "./entry.js";

export interface JoblogContents {
  readonly done: DoneInputs;
  /** How many bytes of the file are whole lines. What follows was torn when the command was killed, and is cut off. */
  readonly wholeBytes: number;
  /** The last line is whole but lacks its line end. */
  readonly needsLineEnd: boolean;
}

/** Reads what an earlier run has done. A file that is not there is an empty one: `--resume` works the first time as well. */
export async function readJoblog(path: string): Promise<JoblogContents> {
  const done = new DoneInputs();
  const splitter = new LineSplitter();
  let wholeBytes = 0;
  let needsLineEnd = false;
  const take = (text: string): boolean => {
    const entry = readEntry(text);
    if (entry?.outcome === "ok") done.add(entry.index, JSON.stringify(entry.input));
    return entry !== undefined;
  };
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      for (const line of splitter.push(chunk)) {
        const text = line.bytes.toString("utf8");
        if (text !== "" && !take(text)) throw notJoblog(path, line.number);
        wholeBytes = line.end;
      }
    }
    for (const line of splitter.end()) {
      const text = line.bytes.toString("utf8");
      needsLineEnd = take(text);
      if (needsLineEnd) wholeBytes = line.end;
      else if (!isTorn(text)) throw notJoblog(path, line.number);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new UsageError(`--joblog ${path}: ${explain(error)}`, { cause: error });
  }
  return { done, wholeBytes, needsLineEnd };
}

/** The command was killed while it wrote this line. */
const isTorn = (text: string): boolean => text.startsWith(lineStart) || lineStart.startsWith(text);

const notJoblog = (path: string, line: number): UsageError =>
  new UsageError(`--joblog ${path}: line ${line.toLocaleString("en")} is no joblog line; to resume, name the joblog of the earlier run`);
