import { Exit } from "../../kernel/messages.js";
import type { Process } from "../../kernel/process.js";
import { ExitRequest, isThenable } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Timer } from "../../kernel/self.js";
import { type Carried, type ReplyTo, sendFailure, sendReply, unwrap } from "../requests/answers.js";
import { type Control, running } from "./control.js";
import { Deferred } from "./deferred.js";
import type { GenServer } from "./gen-server.js";
import { noMethod } from "./methods.js";
import { requestIn } from "./protocol.js";

type Method = (...args: readonly unknown[]) => unknown;

/** Tells a server that no message has come for as long as it said. Nobody but its own process makes or sees one. */
class Idle {
  readonly idle = true;
}

/**
 * A server's life after its `init`: one message after the other, each handled before the next is looked at, whatever the handler waits for. Every way out that
 * leaves it a word leads over `terminate`.
 */
export class Loop {
  readonly #server: GenServer;
  readonly #control: Control;
  readonly #self: Process;
  readonly #methods: ReadonlySet<string>;
  /** That of the present wait: another has fired too late. */
  #idle: Idle | undefined = undefined;
  #timer: Timer | undefined = undefined;

  constructor(server: GenServer, control: Control, methods: ReadonlySet<string>) {
    this.#server = server;
    this.#control = control;
    this.#self = control.self;
    this.#methods = methods;
  }

  /** Returns when the server has ended normally, and throws its exit reason otherwise. */
  async run(): Promise<void> {
    const control = this.#control;
    const self = this.#self;
    let reason: ExitReason;
    try {
      if (control.asked) await this.#attend();
      while (control.stopping === undefined) {
        const message: unknown = await self.receive();
        if (this.#idle !== undefined) this.#awake();
        control.message = message;
        const handling = this.#handle(message);
        if (handling !== undefined) await this.#settle(handling);
        control.doing = control.caller = undefined;
        if (control.asked) await this.#attend();
      }
      ({ reason } = control.stopping);
    } catch (error) {
      reason = error instanceof ExitRequest ? error.reason : error;
    }
    if (self.dead) return; // killed, and its code has just noticed
    await this.#terminate(reason);
  }

  // ——— Messages ———

  /** Handles a message; answers what is still to be waited for. */
  #handle(message: unknown): PromiseLike<unknown> | undefined {
    const request = requestIn(message);
    if (request === undefined) return this.#inform(message);
    const { $call, $cast, args = [] } = request;
    if ($call !== undefined) {
      const to = request as ReplyTo;
      if (!this.#methods.has($call)) {
        sendFailure(this.#self.node, to, noMethod(this.#control.name, $call, this.#server, this.#methods));
        return undefined;
      }
      this.#control.caller = request.by;
      const result = this.#invoke($call, args);
      if (isThenable(result)) return this.#replyLater(to, result);
      this.#reply(to, result);
      return undefined;
    }
    if ($cast !== undefined) return this.#methods.has($cast) ? pending(this.#invoke($cast, args)) : this.#inform(message);
    this.#control.stop(unwrap(request.$stop as Carried));
    return undefined;
  }

  /** A message that asks nothing that every server knows. */
  #inform(message: unknown): PromiseLike<unknown> | undefined {
    if (message instanceof Idle) {
      if (message !== this.#idle) return undefined;
      this.#idle = undefined;
      return pending(this.#invoke("handleInfo", ["timeout"]));
    }
    if (message instanceof Exit && (message.from === this.#self.parent || message.from === this.#control.parent)) {
      this.#control.stop(message.reason);
      return undefined;
    }
    return pending(this.#invoke("handleInfo", [message]));
  }

  #invoke(name: string, args: readonly unknown[]): unknown {
    const control = this.#control;
    const before = running.now;
    control.doing = name;
    control.since = undefined;
    running.now = control;
    try {
      const server = this.#server as unknown as Readonly<Record<string, Method | undefined>>;
      return server[name]?.(...args);
    } finally {
      running.now = before;
    }
  }

  /** Waits for a handler. From here on it may take its time, and others may want to know how long it has. */
  async #settle(handling: PromiseLike<unknown>): Promise<void> {
    this.#control.since = this.#self.node.clock.now();
    await handling;
    this.#self.mustLive();
  }

  #reply(to: ReplyTo, value: unknown): void {
    if (value instanceof Deferred) value.await(to);
    else sendReply(this.#self.node, to, value);
  }

  async #replyLater(to: ReplyTo, result: PromiseLike<unknown>): Promise<void> {
    const value = await result;
    if (!this.#self.dead) this.#reply(to, value);
  }

  // ——— Between messages ———

  /** Does what a handler asked for. */
  async #attend(): Promise<void> {
    const control = this.#control;
    while (control.next !== undefined && control.stopping === undefined) {
      const { value } = control.next;
      control.next = undefined;
      const handling = pending(this.#invoke("handleContinue", [value]));
      if (handling !== undefined) await this.#settle(handling);
      control.doing = undefined;
    }
    control.asked = false;
    const { idle } = control;
    control.idle = undefined;
    if (idle === undefined || idle === Infinity || control.stopping !== undefined) return;
    this.#idle = new Idle();
    this.#timer = this.#self.sendAfter(this.#self.pid, this.#idle, idle);
  }

  /** A message has come. The one that says that none did may be on its way already. */
  #awake(): void {
    if (this.#timer?.cancel() !== false) this.#idle = undefined;
    this.#timer = undefined;
  }

  async #terminate(reason: ExitReason): Promise<void> {
    let last = reason;
    try {
      const ending = pending(this.#invoke("terminate", [reason]));
      if (ending !== undefined) await this.#settle(ending);
    } catch (error) {
      if (this.#self.dead) return;
      last = error instanceof ExitRequest ? error.reason : error;
    }
    if (last !== "normal") throw new ExitRequest(last);
  }
}

const pending = (result: unknown): PromiseLike<unknown> | undefined => (isThenable(result) ? result : undefined);
