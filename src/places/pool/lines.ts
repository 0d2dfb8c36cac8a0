import type { Pid } from "../../kernel/ids.js";
import type { TaskWork } from "../../tasks/job.js";
import type { Stream } from "./beginning.js";

/** The task that printed a line; of a run, it is the `task` of its events. */
export interface PrintingTask {
  readonly label: string | undefined;
  readonly work: TaskWork;
  /** The arguments of a module's function. */
  readonly args: readonly unknown[] | undefined;
  readonly pid: Pid | undefined;
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number | undefined;
}

/** Where a line comes from. */
export interface LineOrigin {
  readonly stream: Stream;
  /** The task that ran; undefined between two, where several run at once, and for what was printed past `process.stdout`. */
  readonly task: PrintingTask | undefined;
  /** The node, such as `main/t2`. */
  readonly member: string;
}

/** What becomes of what tasks print: it goes where this program's own output goes, nowhere, or line by line to a function. */
export type Output = "inherit" | "ignore" | ((line: string, origin: LineOrigin) => void);

/** Longer lines are told in pieces of this many characters. */
const longest = 1_048_576;

/** Makes lines of what one node prints on one stream. */
export class Lines {
  readonly #tell: (line: string, origin: LineOrigin) => void;
  readonly #stream: Stream;
  readonly #member: string;
  #rest = "";
  #task: PrintingTask | undefined = undefined;

  constructor(tell: (line: string, origin: LineOrigin) => void, stream: Stream, member: string) {
    this.#tell = tell;
    this.#stream = stream;
    this.#member = member;
  }

  push(text: string, task: PrintingTask | undefined): void {
    if (task !== this.#task) this.end();
    this.#task = task;
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#hand(line);
    while (this.#rest.length > longest) {
      this.#hand(this.#rest.slice(0, longest));
      this.#rest = this.#rest.slice(longest);
    }
  }

  /** Nothing comes any more, or not from the same task: what has no end of line is a line all the same. */
  end(): void {
    const rest = this.#rest;
    this.#rest = "";
    if (rest !== "") this.#hand(rest);
  }

  #hand(line: string): void {
    const tell = this.#tell;
    try {
      tell(line.endsWith("\r") ? line.slice(0, -1) : line, { stream: this.#stream, task: this.#task, member: this.#member });
    } catch (error) {
      // The pool has more to do, with the end of a node, say; the error is the program's all the same.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
