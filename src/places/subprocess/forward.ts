import type { Readable, Writable } from "node:stream";

/** Prints what a child prints, as Node does it for threads: where this program's own output goes. */
export function forward(from: Readable, to: Writable): void {
  // Each child that is piped there listens to it, and any number of them is fine.
  const most = to.getMaxListeners();
  to.setMaxListeners(0);
  from.pipe(to, { end: false });
  to.setMaxListeners(most);
}
