import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { connect } from "../../kernel/connection.js";
import { setDefaultNode } from "../../kernel/default-node.js";
import { encodeReason } from "../../kernel/encode-reason.js";
import { LocalHost } from "../../kernel/local-host.js";
import { Node } from "../../kernel/node.js";
import type { Beginning } from "../pool/beginning.js";
import { Inside } from "../pool/inside.js";
import { type Aside, type ChildData, fds, variable } from "./child-data.js";
import { PipeWire } from "./pipe-wire.js";
import { writeAll } from "./write-all.js";
import { FileLedger } from "../board/file-ledger.js";

const { env } = process;
const settings = JSON.parse(env[variable] ?? "") as ChildData;
const { name, parent, supervisor, concurrency } = settings;
Reflect.deleteProperty(env, variable);

// What a terminal or a service manager sends to all processes is for the program, which stops its pools in order.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

// Its own options are none of the child's: what those load is for tasks.
new Worker(new URL("./watchdog.js", import.meta.url), {
  execArgv: [],
  env: {},
  workerData: { maxMemory: settings.maxMemory },
  resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
}).unref();

const ledger = new FileLedger(fds.board);
const node = new Node({ name });
setDefaultNode(node);
const from = new Socket({ fd: fds.in, readable: true, writable: false });
// Its parent is gone.
const ended = (): never => process.exit();
from.on("error", ended);
from.on("end", ended);
const wire = new PipeWire<Beginning, Aside>(from, (frame) => {
  if (!writeAll(fds.out, frame)) ended();
});
wire.posted = () => {
  ledger.clear();
};
const inside = new Inside(node, ledger, settings, (printed) => {
  wire.say(printed);
});
const host = new LocalHost(node, inside.resolve, { concurrency, ledger: inside.ledger, parent: supervisor });
const connection = connect(node, parent, wire, host);
wire.unreadable = (error) => {
  ledger.deaf();
  throw error;
};
// The wire was all that kept an idle child: it ends now, when what its tasks began is over.
wire.farewell = () => {
  from.unref();
};

/** What nobody catches ends the child, as it ends a thread: its parent is told what it was, and nothing is printed. A task that catches it is left alone. */
process.on("uncaughtException", (error: unknown) => {
  if (process.listenerCount("uncaughtException") > 1) return;
  connection.flush();
  wire.say({ error: encodeReason(error) });
  try {
    process.exit(1);
  } catch {
    process.exit(1); // a listener of `exit` threw: they are not asked again
  }
});
// A task that calls process.exit takes along what others have returned, unless it is sent now.
process.on("exit", () => {
  connection.flush();
});
wire.aside = (beginning) => {
  inside.begin(beginning);
};
