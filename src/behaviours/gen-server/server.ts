import { type Destination, type Pid, isAddress } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { checkMilliseconds, checkOptions } from "../../kernel/options.js";
import { type Process, checkSelf } from "../../kernel/process.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { AnySelf } from "../../kernel/self.js";
import { ExitKind, Op } from "../../kernel/wire.js";
import { CallFailed, CallTimeout } from "../errors.js";
import { running } from "./control.js";
import { carried } from "../requests/answers.js";
import { type PendingRequests, defaultTimeout, pendingRequestsOf } from "../requests/pending-requests.js";
import { callableFace, faceOf } from "./faces.js";
import { noMethod } from "./methods.js";
import { type CallMessage, type CastMessage, type StopMessage, carryMarks } from "./protocol.js";
import { PendingStop, PendingCall } from "./pending-call.js";
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
  readonly #requests: PendingRequests;
  readonly #to: Destination;
  readonly #caller: Process | undefined;
  readonly #known: Known | undefined;
  #call: CallFace<S> | undefined = undefined;
  #cast: Casts<S> | undefined = undefined;

  constructor(node: Node, to: Destination, caller?: Process, known?: Known) {
    this.#requests = pendingRequestsOf(node);
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
    const address = this.#requests.node.addressOf(this.#to);
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
    const requests = this.#requests;
    const pending = new PendingCall(requests, this, method, timeout, caller);
    if (caller?.dead === true) caller.whenEnded(pending);
    else if ((running.now !== undefined || caller !== undefined) && this.#isItself()) pending.serverEnded("calling_self");
    else {
      const address = requests.open(pending, this.#to);
      if (address !== undefined) {
        const message: CallMessage = { $call: method, args, to: requests.ref, id: pending.id, by: caller?.pid };
        requests.post(pending, address, carryMarks(message, args));
      }
    }
    return pending.promise;
  }

  /** Whoever calls is the server itself, and would wait for ever. */
  #isItself(): boolean {
    const address = this.#requests.node.addressOf(this.#to);
    const process = address === undefined ? undefined : this.#requests.node.find(address as Pid);
    return process !== undefined && (process === running.now?.self || process === this.#caller);
  }

  #tell(method: string, args: readonly unknown[]): void {
    const known = this.#known;
    if (known?.methods.has(method) === false) throw noMethod(known.name, method, {}, known.methods);
    if (this.#caller?.dead === true) return;
    const { node } = this.#requests;
    const address = node.addressOf(this.#to);
    if (address !== undefined) node.send(address as Pid, carryMarks<CastMessage>({ $cast: method, args }, args));
  }

  async stop(reason: ExitReason = "normal", timeout = Infinity): Promise<void> {
    checkMilliseconds("stop(reason, timeout): timeout", timeout);
    this.#caller?.mustLive();
    if (this.#isItself()) throw new CallFailed(String(this), "stop", "calling_self");
    const requests = this.#requests;
    const pending = new PendingStop(requests, this, reason, timeout, this.#caller);
    const address = requests.open(pending, this.#to);
    if (address !== undefined) requests.post(pending, address, { $stop: carried(requests.node, address, reason) } satisfies StopMessage);
    await pending.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop("normal", defaultTimeout);
    } catch (error) {
      if (!(error instanceof CallTimeout)) return; // it has ended, though in another way
      const pid = this.pid as Pid | undefined;
      if (pid !== undefined) this.#requests.node.route([Op.exit, pid, pid, "kill", ExitKind.signal]);
    }
  }
}
