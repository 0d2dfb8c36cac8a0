import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { encodeReason } from "../../kernel/encode-reason.js";
import { FileLedger } from "../board/file-ledger.js";
import type { Beginning } from "../pool/beginning.js";
import { Inside } from "../pool/inside.js";
import { type Aside, type ChildData, fds, variable } from "./child-data.js";
import { PipeWire } from "./pipe-wire.js";
import { writeAll } from "./write-all.js";

const { env } = process;
const settings = JSON.parse(env[variable] ?? "") as ChildData;
const { guarded, maxMemory } = settings;
Reflect.deleteProperty(env, variable);

// What a terminal or a service manager sends to all processes is for the program, which stops its pools in order.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

// A thread is a third of what a child costs to start. The child's own options are none of its: what those load is for tasks.
if (!guarded || maxMemory !== undefined)
  new Worker(new URL("./watchdog.js", import.meta.url), {
    execArgv: [],
    env: {},
    workerData: { maxMemory },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
  }).unref();

const from = new Socket({ fd: fds.in, readable: true, writable: false });
// Its parent is gone.
const ended = (): never => process.exit();
from.on("error", ended).on("end", ended);
const wire = new PipeWire<Beginning, Aside>(from, (frame) => {
  if (!writeAll(fds.out, frame)) ended();
});
const inside = new Inside(settings, wire, new FileLedger(fds.board));
wire.aside = (beginning) => {
  inside.begin(beginning);
};
// The wire was all that kept an idle child: it ends now, when what its tasks began is over.
wire.farewell = () => {
  from.unref();
};

/** What nobody catches ends the child, as it ends a thread: its parent is told what it was, and nothing is printed. A task that catches it is left alone. */
process.on("uncaughtException", (error: unknown) => {
  if (process.listenerCount("uncaughtException") > 1) return;
  inside.connection.flush();
  wire.say({ error: encodeReason(error) });
  try {
    process.exit(1);
  } catch {
    process.exit(1); // a listener of `exit` threw: they are not asked again
  }
});
