/** The other side of a worker that may be a thread or a child process. */
import { parentPort } from "node:worker_threads";

/** Takes what comes with `handle`, which gets the message and how to answer it. */
export function serve(handle) {
  const source = parentPort ?? process;
  const post = parentPort === null ? (message) => process.send(message) : (message, transfer) => parentPort.postMessage(message, transfer);
  source.on("message", (message) => handle(message, post));
}
