import { appendFileSync, closeSync, ftruncateSync, openSync } from "node:fs";
import { explain } from "../explain.js";
import { UsageError } from "../usage-error.js";
import type { DoneInputs } from "./done-inputs.js";
import { readJoblog } from "./read-joblog.js";

/**
 * The joblog on disk. It is written with plain system calls, not through a stream: what `append` was given is in the file when it
 * returns, and stays there when the command is killed the moment after.
 */
export class Joblog {
  readonly #path: string;
  readonly #file: number;
  #failed = false;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
  }

  /** Starts a new joblog, over an old one if there is one. */
  static create(path: string): Joblog {
    return new Joblog(path, openFile(path, "w"));
  }

  /** Goes on with the joblog of an earlier run, and tells what that run has done. */
  static async resume(path: string): Promise<{ joblog: Joblog; done: DoneInputs }> {
    const { done, wholeBytes, needsLineEnd } = await readJoblog(path);
    const joblog = new Joblog(path, openFile(path, "a"));
    ftruncateSync(joblog.#file, wholeBytes);
    if (needsLineEnd) joblog.append("\n");
    return { joblog, done };
  }

  /** When the disk is full, it throws once, and writes nothing more: a line after a torn one would make the file useless. */
  append(text: string): void {
    if (this.#failed) return;
    try {
      appendFileSync(this.#file, text);
    } catch (error) {
      this.#failed = true;
      throw new Error(`--joblog ${this.#path}: ${explain(error)}`, { cause: error });
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** Opens the joblog that the options ask for, and tells what an earlier run has done. */
export async function openJoblog(options: {
  readonly joblog: string | undefined;
  readonly resume: boolean;
}): Promise<{ joblog?: Joblog; done?: DoneInputs }> {
  if (options.joblog === undefined) return {};
  return options.resume ? Joblog.resume(options.joblog) : { joblog: Joblog.create(options.joblog) };
}

function openFile(path: string, flags: "w" | "a"): number {
  try {
    return openSync(path, flags);
  } catch (error) {
    throw new UsageError(`--joblog ${path}: ${explain(error)}`, { cause: error });
  }
}
