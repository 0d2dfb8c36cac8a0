import { type MessagePort, workerData } from "node:worker_threads";
import type { Identity, NodeSettings } from "../pool/beginning.js";
import { Inside } from "../pool/inside.js";
import { SharedBoard } from "../board/shared-board.js";
import { PortWire } from "./port-wire.js";

/** What a thread is given when it starts. */
export interface ThreadData extends Identity, NodeSettings {
  readonly port: MessagePort;
  readonly board: SharedArrayBuffer;
}

const settings = (workerData as { readonly taskward: ThreadData }).taskward;
const { port, board, beginning } = settings;
const wire = new PortWire(port);
// The port was all that kept an idle thread: it ends now, when what its tasks printed has left, and whatever else they began.
wire.farewell = () => {
  port.unref();
};
new Inside(settings, wire, new SharedBoard(board)).begin(beginning);
