import { defaultNode } from "../../kernel/default-node.js";
import { encodeReason } from "../../kernel/encode-reason.js";
import { InvalidOption } from "../../kernel/errors.js";
import { type Destination, type LocalName, type Pid, checkName, checkPid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { type Check, anything, checkMilliseconds, checkNode, checkOptions } from "../../kernel/options.js";
import type { Process } from "../../kernel/process.js";
import { type Ender, ExitRequest } from "../../kernel/process-body.js";
import { type ExitReason, isOrderly } from "../../kernel/reasons.js";
import { StartFailed } from "../errors.js";
import type { GenServer } from "./gen-server.js";
import { type Starter, checkClass, live, nameOf } from "./life.js";
import { methodsOf } from "./methods.js";
import { ServerHandle } from "./server.js";
import type { Server, ServerClass } from "./types.js";

/** What a server can be started with. All are optional. */
export interface ServerOptions {
  /** Registered under this name, from before its `init` on (G4). */
  readonly name?: LocalName;
  /** What it is for, as crash reports and inspection show it. */
  readonly label?: string;
  /** Milliseconds that its `init` may take, before it is killed. Default Infinity. */
  readonly timeout?: number;
}

/** Where it runs, too: a linked server runs where the process runs that it is linked to. */
export interface StartServerOptions extends ServerOptions {
  /** The node it runs on. Default: that of this event loop. */
  readonly node?: Node;
}

/** How a running process becomes a server. */
export interface EnterOptions {
  /** Registered under this name, from before its `init` on (G4). */
  readonly name?: LocalName;
  /** Is sent `{ $started: pid }` when `init` is done, or `{ $notStarted: reason }`: for whoever had the process started, on whatever node. */
  readonly ready?: Destination;
  /** Whose exit ends it in order, as that of the process does that it was started by: a supervisor on another node, say. */
  readonly parent?: Pid | undefined;
}

const linkedChecks: Readonly<Record<string, Check>> = { name: checkName, label: anything, timeout: checkMilliseconds };
const startChecks: Readonly<Record<string, Check>> = { ...linkedChecks, node: checkNode };
const enterChecks: Readonly<Record<string, Check>> = { name: checkName, ready: anything, parent: (option, pid) => checkPid(option, pid) };

/** What a server can be started with that is linked to whoever starts it. @throws InvalidOption */
export const checkLinkedOptions = (options: ServerOptions): void => checkOptions("GenServer options", options, linkedChecks);

export function checkArgs(args: unknown): asserts args is readonly unknown[] {
  if (!Array.isArray(args)) throw new InvalidOption("args", args, "give an array of the arguments of init");
}

/** A server that is coming up: whoever starts it waits for one of three things, its being ready, its refusal, or its end. */
class Start<S extends GenServer> implements Starter, Ender {
  readonly process: Process;
  readonly #Class: ServerClass<S>;
  readonly #parent: Process | undefined;
  readonly #resolve: (server: Server<S>) => void;
  readonly #reject: (error: Error) => void;
  #timer: unknown = undefined;

  constructor(
    Class: ServerClass<S>,
    args: readonly unknown[],
    { label, name, node, timeout = Infinity }: StartServerOptions,
    parent: Process | undefined,
    resolve: (server: Server<S>) => void,
    reject: (error: Error) => void,
  ) {
    this.#Class = Class;
    this.#parent = parent;
    this.#resolve = resolve;
    this.#reject = reject;
    const own = parent?.node ?? node ?? defaultNode();
    const run = (...given: unknown[]): Promise<void> => live(this.process, Class, given, this);
    this.process = own.start(run, { args, label, runs: nameOf(Class), parent: parent?.pid, callers: parent?.chain });
    this.process.whenEnded(this);
    try {
      if (name !== undefined) this.process.register(name);
    } catch (error) {
      this.#fail(error, "normal");
      return;
    }
    parent?.link(this.process.pid);
    if (timeout !== Infinity) this.#timer = own.clock.set(() => this.#fail("timeout", "killed"), timeout);
  }

  ready(): void {
    this.#over();
    const { node, pid } = this.process;
    this.#resolve(new ServerHandle<S>(node, pid, undefined, { name: nameOf(this.#Class), methods: methodsOf(this.#Class) }));
  }

  failed(reason: ExitReason): void {
    const { process } = this;
    this.#fail(reason, reason === "ignore" ? "normal" : reason);
    if (reason !== "ignore" && !isOrderly(reason)) process.node.report(process, reason, true);
  }

  /** It was killed, say. */
  ended(_process: Process, reason: ExitReason): void {
    this.#over();
    this.#reject(new StartFailed(this.#who, reason));
  }

  /** Whoever started it is told by this and nothing else: the link is gone by the time that it ends. */
  #fail(reason: ExitReason, exit: ExitReason): void {
    this.#over();
    const { process } = this;
    if (!process.dead && this.#parent !== undefined) process.unlink(this.#parent.pid);
    process.terminate(exit);
    this.#reject(new StartFailed(this.#who, reason));
  }

  get #who(): string {
    return `${nameOf(this.#Class)} ${this.process.pid}`;
  }

  #over(): void {
    if (this.#timer !== undefined) this.process.node.clock.clear(this.#timer);
    this.process.unwatch(this);
  }
}

export async function startServer<S extends GenServer>(
  Class: ServerClass<S>,
  args: readonly unknown[],
  options: StartServerOptions,
  parent?: Process,
): Promise<Server<S>> {
  checkClass("Class", Class);
  checkArgs(args);
  checkOptions("GenServer options", options, parent === undefined ? startChecks : linkedChecks);
  parent?.mustLive();
  return new Promise((resolve, reject) => {
    new Start(Class, args, options, parent, resolve, reject);
  });
}

/** Turns a running process into a server, until that one ends. */
export async function enterServer(self: Process, Class: ServerClass<GenServer>, args: readonly unknown[], options: EnterOptions): Promise<void> {
  checkClass("Class", Class);
  checkArgs(args);
  checkOptions("GenServer.enter options", options, enterChecks);
  const { name, ready, parent } = options;
  const { node, pid } = self;
  const starter: Starter = {
    ready() {
      if (ready !== undefined) node.send(ready, { $started: pid });
    },
    failed(reason) {
      const exit = reason === "ignore" ? "normal" : reason;
      if (ready === undefined) throw new ExitRequest(exit);
      node.send(ready, { $notStarted: encodeReason(reason) });
      // Whoever had it started has been told.
      self.terminate(exit);
      if (!isOrderly(exit)) node.report(self, exit, true);
    },
  };
  try {
    if (name !== undefined) self.register(name);
  } catch (error) {
    starter.failed(error);
    return;
  }
  await live(self, Class, args, starter, parent);
}
