import { Exited, InvalidOption } from "../../kernel/errors.js";
import { encodeReason } from "../../kernel/encode-reason.js";
import { type Destination, type Pid, type Ref, isAddress, nodeOf } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { checkMilliseconds, checkOptions } from "../../kernel/options.js";
import { type Process, checkSelf } from "../../kernel/process.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { AnySelf } from "../../kernel/self.js";
import { ExitKind, Op } from "../../kernel/wire.js";
import { CallFailed } from "../errors.js";
import { Ask, StopAsk } from "./asks.js";
import { running } from "./control.js";
import { type Desk, defaultTimeout, deskOf } from "./desk.js";
import { callableFace, faceOf } from "./faces.js";
import { noMethod } from "./methods.js";
import { type CallMessage, type CastMessage, type StopMessage, carryMarks } from "./protocol.js";
import type { CallFace, CallOptions, Calls, Casts, Server } from "./types.js";

const callChecks = { timeout: checkMilliseconds };

/** What is known of a server beside where it is. */
export interface Known {
  /** What its class is called. */
  readonly name: string;
  readonly methods: ReadonlySet<string>;
}

/** A server as those have it who use it, by its address. */
export class ServerHandle<S> implements Server<S> {
  readonly #desk: Desk;
  readonly #to: Destination;
  readonly #caller: Process | undefined;
  readonly #known: Known | undefined;
  #call: CallFace<S> | undefined = undefined;
  #cast: Casts<S> | undefined = undefined;

  constructor(node: Node, to: Destination, caller?: Process, known?: Known) {
    this.#desk = deskOf(node);
    this.#to = to;
    this.#caller = caller;
    this.#known = known;
    node.addressOf(to); // refuses what is no destination
  }

  get pid(): Pid {
    const to = this.#to;
    return (typeof to === "string" && isAddress(to) ? to : this.#address) as Pid;
  }

  /** Of a name on another node nobody here knows whose it is. */
  get #address(): string | undefined {
    const address = this.#desk.node.addressOf(this.#to);
    return address?.includes("!") === true ? undefined : address;
  }

  get call(): CallFace<S> {
    return (this.#call ??= callableFace<CallFace<S>>({ send: (method, args) => this.#ask(method, args, defaultTimeout) }, (options: CallOptions) => {
      checkOptions("call options", options, callChecks);
      const { timeout = defaultTimeout } = options;
      return faceOf<Calls<S>>({ send: (method, args) => this.#ask(method, args, timeout) });
    }));
  }

  get cast(): Casts<S> {
    return (this.#cast ??= faceOf<Casts<S>>({
      send: (method, args) => {
        this.#tell(method, args);
      },
    }));
  }

  from(self: AnySelf): this {
    checkSelf("from(self): self", self);
    const caller = self as Process;
    return new ServerHandle<S>(caller.node, this.#to, caller, this.#known) as this;
  }

  /** In words, for errors. */
  toString(): string {
    const to = this.#to;
    const where = typeof to !== "object" ? to : "node" in to ? `${to.name} on ${to.node}` : String(to);
    return this.#known === undefined ? where : `${this.#known.name} ${where}`;
  }

  #ask(method: string, args: readonly unknown[], timeout: number): Promise<unknown> {
    const caller = this.#caller;
    if (caller?.dead === true) return this.#tooLate(caller);
    return new Promise((resolve, reject) => {
      const ask = new Ask(this, this.#desk.node, method, timeout, resolve, reject);
      if ((running.now !== undefined || caller !== undefined) && this.#isItself()) ask.ended("calling_self");
      else {
        const by = caller?.pid;
        const make = (to: Ref, id: number): CallMessage => carryMarks({ $call: method, args, to, id, by }, args);
        try {
          this.#desk.ask(this.#to, make, ask, timeout, caller);
        } catch (error) {
          ask.failed(error);
        }
      }
    });
  }

  #tooLate(caller: Process): Promise<never> {
    return new Promise((_resolve, reject) => {
      caller.whenEnded({
        ended: ({ pid }, reason) => {
          reject(new Exited(pid, reason));
        },
      });
    });
  }

  /** Whoever calls is the server itself, and would wait for ever. */
  #isItself(): boolean {
    const address = this.#desk.node.addressOf(this.#to);
    const process = address === undefined ? undefined : this.#desk.node.find(address as Pid);
    return process !== undefined && (process === running.now?.self || process === this.#caller);
  }

  #tell(method: string, args: readonly unknown[]): void {
    const known = this.#known;
    if (known?.methods.has(method) === false) throw noMethod(known.name, method, {}, known.methods);
    if (this.#caller?.dead === true) return;
    const { node } = this.#desk;
    const address = node.addressOf(this.#to);
    if (address !== undefined) node.send(address as Pid, carryMarks<CastMessage>({ $cast: method, args }, args));
  }

  async stop(reason: ExitReason = "normal", timeout = Infinity): Promise<void> {
    checkMilliseconds("stop(reason, timeout): timeout", timeout);
    this.#caller?.mustLive();
    if (this.#isItself()) throw new CallFailed(String(this), "stop", "calling_self");
    await new Promise<void>((resolve, reject) => {
      const ask = new StopAsk(this, this.#desk.node, reason, timeout, resolve, reject);
      const message: StopMessage = { $stop: encodeReason(reason) };
      this.#desk.ask(this.#to, () => message, ask, timeout, this.#caller);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop("normal", defaultTimeout);
    } catch {
      const { pid } = this;
      this.#desk.node.route([Op.exit, pid, pid, "kill", ExitKind.signal]);
    }
  }
}

/** Refuses what no server can be at. */
export function checkServer(to: unknown): void {
  if (typeof to === "string" && isAddress(to) && (nodeOf(to) === undefined || to.includes("#")))
    throw new InvalidOption("at(to): to", to, "give a pid, a name, { name, node } or registry.via(key)");
}
