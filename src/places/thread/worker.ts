import { type MessagePort, workerData } from "node:worker_threads";
import { connect } from "../../kernel/connection.js";
import { setDefaultNode } from "../../kernel/default-node.js";
import type { Pid } from "../../kernel/ids.js";
import { LocalHost } from "../../kernel/local-host.js";
import { Node } from "../../kernel/node.js";
import { moduleResolver } from "../../tasks/module-reference.js";
import { importModule } from "../import-module.js";
import { PortWire } from "./port-wire.js";
import { SharedBoard } from "./shared-board.js";

/** What a thread is given when it starts. */
export interface ThreadData {
  readonly name: string;
  readonly parent: string;
  readonly supervisor: Pid;
  readonly port: MessagePort;
  readonly board: SharedArrayBuffer;
  readonly concurrency: number;
}

const { name, parent, supervisor, port, board: buffer, concurrency } = (workerData as { readonly taskward: ThreadData }).taskward;
const board = new SharedBoard(buffer);
const node = new Node({ name });
setDefaultNode(node);
const host = new LocalHost(node, moduleResolver(importModule), { concurrency, ledger: board, parent: supervisor });
const wire = new PortWire(port, () => {
  board.clear();
});
wire.unreadable = (error) => {
  board.deaf();
  throw error;
};
// The port was all that kept an idle thread: it ends now, when what its tasks printed has left, and whatever else they began.
wire.farewell = () => {
  port.unref();
};
const connection = connect(node, parent, wire, host);
// A task that calls process.exit takes along what others have returned, unless it is sent now.
process.on("exit", () => {
  connection.flush();
});
board.up();
