import { type MessagePort, workerData } from "node:worker_threads";
import { connect } from "../../kernel/connection.js";
import { setDefaultNode } from "../../kernel/default-node.js";
import { LocalHost } from "../../kernel/local-host.js";
import { Node } from "../../kernel/node.js";
import type { Identity, NodeSettings } from "../pool/beginning.js";
import { Inside } from "../pool/inside.js";
import { PortWire } from "./port-wire.js";
import { SharedBoard } from "../board/shared-board.js";

/** What a thread is given when it starts. */
export interface ThreadData extends Identity, NodeSettings {
  readonly port: MessagePort;
  readonly board: SharedArrayBuffer;
}

const settings = (workerData as { readonly taskward: ThreadData }).taskward;
const { name, parent, supervisor, port, concurrency } = settings;
const board = new SharedBoard(settings.board);
const node = new Node({ name });
setDefaultNode(node);
const wire = new PortWire(port, () => {
  board.clear();
});
const inside = new Inside(node, board, settings, (printed) => {
  wire.print(printed);
});
const host = new LocalHost(node, inside.resolve, { concurrency, ledger: inside.ledger, parent: supervisor });
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
inside.begin(settings.beginning);
