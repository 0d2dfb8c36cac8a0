/**
 * A thread in every child process that does nothing but wait for the parent's end. Then it gives the child a moment to end in order, and kills it:
 * the child may be in a loop.
 */
import { Socket } from "node:net";
import { fds } from "./child-data.js";

/** In milliseconds. */
const moment = 500;

const lifeline = new Socket({ fd: fds.lifeline, readable: true, writable: false });
const over = (): void => {
  setTimeout(() => process.kill(process.pid, "SIGKILL"), moment);
};
lifeline.once("error", over);
lifeline.once("end", over);
lifeline.resume();
