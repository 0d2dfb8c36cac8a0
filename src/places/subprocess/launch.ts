import { spawn } from "node:child_process";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { decodeReason } from "../../kernel/encode-reason.js";
import type { Beginning, Identity, NodeSettings, OutputModes, Printed, Stream } from "../pool/beginning.js";
import type { Carrier, Death } from "../pool/carrier.js";
import { type Aside, type ChildData, variable } from "./child-data.js";
import { FileBoard } from "../board/file-board.js";
import { forward } from "./forward.js";
import { canGuard, guard } from "./guard.js";
import { PipeWire } from "./pipe-wire.js";

export interface ChildOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly execArgv: readonly string[];
  readonly argv: readonly string[];
  readonly maxMemory: number | undefined;
}

const entry = fileURLToPath(new URL("./child.js", import.meta.url));

/** How long, in milliseconds, what a dead child printed may take to end: another process that it started may go on printing. */
const lastPrints = 100;

/** What V8 prints when it gives up, and nowhere tells otherwise. */
const exhausted = /FATAL ERROR: .*(out of memory|Reached heap limit)/;

/** Starts a child process with a node of this name. */
export function launch(
  identity: Identity,
  { concurrency, beginning, stdout, stderr }: NodeSettings,
  { env, execArgv, argv, maxMemory }: ChildOptions,
  print: (printed: Printed) => void,
): Carrier {
  const board = new FileBoard();
  const guarded = canGuard();
  const data: ChildData = { ...identity, concurrency, stdout, stderr, maxMemory, guarded };
  try {
    const child = spawn(process.execPath, [...execArgv, entry, ...argv], {
      env: { ...env, [variable]: JSON.stringify(data) },
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", board.fd, "pipe"],
      windowsHide: true,
    });
    const carrier = new Child(child, board, data, print);
    if (guarded) guard(child);
    carrier.wire.say(beginning);
    return carrier;
  } catch (error) {
    board.close();
    throw error;
  }
}

type Spawned = ReturnType<typeof spawn>;

class Child implements Carrier {
  readonly board: FileBoard;
  readonly wire: PipeWire<Aside, Beginning>;
  readonly exited: Promise<Death>;
  readonly #child: Spawned;
  readonly #pipes: readonly Socket[];
  #cause: Death | undefined = undefined;
  #outOfMemory = false;

  constructor(child: Spawned, board: FileBoard, modes: OutputModes, print: (printed: Printed) => void) {
    this.#child = child;
    this.board = board;
    this.exited = new Promise((resolve) => {
      child.once("error", (cause) => {
        this.#cause ??= { cause };
      });
      child.once("close", (exitCode: number | null, signal: string | null) => {
        resolve(this.#cause ?? this.#death(exitCode, signal));
      });
    });
    // Without a descriptor left there are no pipes at all, and the error only comes later.
    if ((child.stdio as unknown) === undefined) throw new Error("no child process can be started: too many open files");
    this.#pipes = child.stdio.filter((pipe) => pipe !== null && pipe !== undefined) as unknown as Socket[];
    const [stdout, stderr, to, from, lifeline] = this.#pipes as readonly [Socket, Socket, Socket, Socket, Socket];
    // One that breaks tells nothing that the child's end does not.
    for (const pipe of this.#pipes) pipe.on("error", () => undefined);
    lifeline.unref();
    const past = (stream: Stream) => (text: string) => {
      print({ stream, text, id: undefined });
    };
    forward(stdout, process.stdout, modes.stdout, past("stdout"));
    forward(stderr, process.stderr, modes.stderr, past("stderr"));
    let before = "";
    stderr.on("data", (piece: Buffer) => {
      const text = before + piece.toString("latin1");
      this.#outOfMemory ||= exhausted.test(text);
      before = text.slice(-200);
    });
    child.once("exit", () => {
      // What has arrived is read before: after a timer it is the turn of the pipes, then of this.
      setTimeout(() => setImmediate(() => setImmediate(() => [stdout, stderr].forEach((pipe) => pipe.destroy()))), lastPrints).unref();
    });
    this.wire = new PipeWire(from, (frame) => {
      to.write(frame);
    });
    this.wire.received = () => board.rounds++;
    this.wire.aside = (aside) => {
      if ("error" in aside) this.#cause ??= { cause: decodeReason(aside.error) };
      else print(aside);
    };
  }

  #death(exitCode: number | null, signal: string | null): Death {
    return {
      ...(exitCode === null ? {} : { exitCode }),
      ...(signal === null ? {} : { signal }),
      ...(this.#outOfMemory ? { what: "its memory is exhausted" } : {}),
    };
  }

  ref(): void {
    this.#child.ref();
    for (const pipe of this.#pipes) pipe.ref();
  }

  unref(): void {
    this.#child.unref();
    for (const pipe of this.#pipes) pipe.unref();
  }

  terminate(): void {
    this.#child.kill("SIGKILL");
  }

  close(): void {
    for (const pipe of this.#pipes.slice(2)) pipe.destroy();
    this.board.close();
  }
}
