import type { Readable } from "node:stream";
import type { OutputModes, Printed, Stream } from "../pool/beginning.js";

/**
 * Prints what a child prints, as Node does it for threads: where this program's own output goes. Where lines are wanted, the child sends them with
 * their tasks, and what still comes this way was printed past its `process.stdout`.
 */
export function forward(from: Readable, stream: Stream, modes: OutputModes, print: (printed: Printed) => void): void {
  const to = process[stream];
  if (modes[stream] === "ignore") from.resume();
  else if (modes[stream] === "lines") from.setEncoding("utf8").on("data", (text: string) => print({ stream, text, id: undefined }));
  else {
    // Each child that is piped there listens to it, and any number of them is fine.
    const most = to.getMaxListeners();
    to.setMaxListeners(0);
    from.pipe(to, { end: false });
    to.setMaxListeners(most);
  }
}
