import type { Readable, Writable } from "node:stream";
import type { OutputModes } from "../pool/beginning.js";

/**
 * Prints what a child prints, as Node does it for threads: where this program's own output goes. Where lines are wanted, the child sends them with
 * their tasks, and what still comes this way was printed past its `process.stdout`.
 */
export function forward(from: Readable, to: Writable, mode: OutputModes["stdout"], past: (text: string) => void): void {
  if (mode === "ignore") from.resume();
  else if (mode === "lines") from.setEncoding("utf8").on("data", past);
  else {
    // Each child that is piped there listens to it, and any number of them is fine.
    const most = to.getMaxListeners();
    to.setMaxListeners(0);
    from.pipe(to, { end: false });
    to.setMaxListeners(most);
  }
}
