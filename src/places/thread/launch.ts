import { MessageChannel, Worker, type ResourceLimits } from "node:worker_threads";
import type { Identity, NodeSettings, Printed } from "../pool/beginning.js";
import type { Carrier, Death } from "../pool/carrier.js";
import { SharedBoard } from "../board/shared-board.js";
import { PortWire } from "./port-wire.js";
import type { ThreadData } from "./worker.js";

export interface WorkerOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly execArgv?: string[];
  readonly argv?: string[];
  readonly resourceLimits?: ResourceLimits;
}

/** Starts a worker thread with a node of this name. */
export function launch(
  identity: Identity,
  { concurrency, beginning, stdout, stderr }: NodeSettings,
  options: WorkerOptions,
  print: (printed: Printed) => void,
): Carrier {
  const { port1: port, port2 } = new MessageChannel();
  const board = new SharedBoard();
  const data: ThreadData = { ...identity, port: port2, board: board.buffer, concurrency, beginning, stdout, stderr };
  const worker = new Worker(new URL("./worker.js", import.meta.url), {
    ...options,
    name: identity.name,
    workerData: { taskward: data },
    transferList: [port2],
  });
  let cause: Pick<Death, "cause" | "what"> | undefined;
  const wire = new PortWire(port);
  wire.aside = print;
  const exited = new Promise<Death>((resolve) => {
    worker.once("error", (error: NodeJS.ErrnoException) => {
      cause ??= { cause: error, ...(error?.code === "ERR_WORKER_OUT_OF_MEMORY" ? { what: "its memory is exhausted" } : {}) };
    });
    worker.once("exit", (exitCode) => {
      resolve(cause ?? { exitCode });
    });
  });
  return {
    wire,
    board,
    exited,
    ref() {
      worker.ref();
      port.ref();
    },
    unref() {
      worker.unref();
      port.unref();
    },
    terminate() {
      void worker.terminate();
    },
    close() {
      port.close();
    },
  };
}
