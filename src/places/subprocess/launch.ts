import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { isObject } from "../../kernel/attempt.js";
import { decodeReason } from "../../kernel/encode-reason.js";
import { FileBoard } from "../board/file-board.js";
import type { Beginning, Identity, NodeSettings, OutputModes, Printed } from "../pool/beginning.js";
import type { Carrier, Death } from "../pool/carrier.js";
import { inherited } from "../inherited.js";
import { type Aside, type ChildData, variable } from "./child-data.js";
import { forward } from "./forward.js";
import { canGuard, guard } from "./guard.js";
import { limitOptions } from "./limits.js";
import { PipeWire } from "./pipe-wire.js";
import type { ProcessesOptions } from "./processes.js";

const entry = fileURLToPath(new URL("./child.js", import.meta.url));

/** How long, in milliseconds, what a dead child printed may take to end: another process that it started may go on printing. */
const lastPrints = 100;

/** What V8 prints when it gives up, and nowhere tells otherwise. */
const exhausted = /FATAL ERROR: .*(out of memory|Reached heap limit)/;

/** Starts a child process with a node of this name. */
export function launch(identity: Identity, settings: NodeSettings, options: ProcessesOptions, print: (printed: Printed) => void): Carrier {
  const { concurrency, beginning, stdout, stderr } = settings;
  const { env = process.env, execArgv = inherited(process.execArgv), argv = [], resourceLimits, maxMemory } = options;
  const board = new FileBoard();
  const data: ChildData = { ...identity, concurrency, stdout, stderr, maxMemory, guarded: canGuard };
  try {
    const child = spawn(process.execPath, [...execArgv, ...limitOptions(resourceLimits), entry, ...argv], {
      env: { ...env, [variable]: JSON.stringify(data) },
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", board.fd, "pipe"],
      windowsHide: true,
    });
    const carrier = carrierOf(child, board, data, print);
    if (canGuard) guard(child);
    carrier.wire.say(beginning);
    return carrier;
  } catch (error) {
    board.close();
    throw error;
  }
}

function carrierOf(child: ChildProcess, board: FileBoard, modes: OutputModes, print: (printed: Printed) => void) {
  let cause: unknown;
  let what: string | undefined;
  const exited = new Promise<Death>((resolve) => {
    child.once("error", (error) => (cause ??= error));
    child.once("close", (exitCode: number | null, signal: string | null) => {
      resolve(cause === undefined ? { exitCode: exitCode ?? undefined, signal: signal ?? undefined, what } : { cause });
    });
  });
  // Without a descriptor left there are no pipes at all, and the error only comes later.
  if ((child.stdio as unknown) === undefined) throw new Error("no child process can be started: too many open files");
  const pipes = child.stdio.filter((pipe) => pipe !== null && pipe !== undefined) as unknown as Socket[];
  const [stdout, stderr, to, from, lifeline] = pipes as [Socket, Socket, Socket, Socket, Socket];
  // One that breaks tells nothing that the child's end does not.
  for (const pipe of pipes) pipe.on("error", () => undefined);
  lifeline.unref();
  forward(stdout, "stdout", modes, print);
  forward(stderr, "stderr", modes, print);
  let before = "";
  stderr.on("data", (piece: Buffer) => {
    const text = before + piece.toString("latin1");
    if (exhausted.test(text)) what = "its memory is exhausted";
    before = text.slice(-200);
  });
  child.once("exit", () => {
    // What has arrived is read before: after a timer it is the turn of the pipes, then of this.
    setTimeout(() => setImmediate(() => setImmediate(() => [stdout, stderr].forEach((pipe) => pipe.destroy()))), lastPrints).unref();
  });
  const wire = new PipeWire<Aside, Beginning>(from, (frame) => to.write(frame));
  wire.received = () => board.rounds++;
  wire.aside = (aside) => {
    if (isObject(aside) && "error" in aside) cause ??= decodeReason(aside.error);
    else print(aside);
  };
  return {
    wire,
    board,
    exited,
    ref() {
      for (const one of [child, ...pipes]) one.ref();
    },
    unref() {
      for (const one of [child, ...pipes]) one.unref();
    },
    terminate() {
      child.kill("SIGKILL");
    },
    close() {
      for (const pipe of pipes.slice(2)) pipe.destroy();
      board.close();
    },
  };
}
