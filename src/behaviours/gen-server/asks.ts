import type { Exited } from "../../kernel/errors.js";
import { describeReason } from "../../kernel/errors.js";
import type { Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { type ExitReason, isOrderly } from "../../kernel/reasons.js";
import { CallFailed, CallTimeout } from "../errors.js";
import { controlOf } from "./control.js";
import type { Asker } from "./desk.js";

type Reject = (error: Error) => void;

/** A call that waits: what becomes of it, in the caller's words. */
export class Ask implements Asker {
  constructor(
    /** The server, in words: asked only when they are needed. */
    readonly who: { toString(): string },
    readonly node: Node,
    readonly method: string,
    readonly timeout: number,
    readonly resolve: (value: unknown) => void,
    readonly reject: Reject,
  ) {}

  answered(value: unknown): void {
    this.resolve(value);
  }

  failed(reason: ExitReason): void {
    this.reject(new CallFailed(String(this.who), this.method, reason));
  }

  ended(reason: ExitReason): void {
    this.reject(new CallFailed(String(this.who), this.method, reason, true));
  }

  timedOut(address: string): void {
    this.reject(new CallTimeout(String(this.who), this.method, this.timeout, busyWith(this.node, address)));
  }

  abandoned(error: Exited): void {
    this.reject(error);
  }
}

/** Whoever waits for a server to end. */
export class StopAsk extends Ask {
  constructor(
    who: { toString(): string },
    node: Node,
    readonly reason: ExitReason,
    timeout: number,
    resolve: () => void,
    reject: Reject,
  ) {
    super(who, node, "stop", timeout, resolve, reject);
  }

  override ended(reason: ExitReason): void {
    // From another node the reason comes as a copy of what was asked for. Whoever has it end anyway has it end in order, too.
    if (reason === "noproc" || isOrderly(reason) || describeReason(reason) === describeReason(this.reason)) this.resolve(undefined);
    else super.ended(reason);
  }
}

/** What a server of this node has been doing, as far as it is known. */
function busyWith(node: Node, address: string): string | undefined {
  const process = node.find(address as Pid);
  if (process === undefined) return undefined;
  const doing = controlOf(process)?.describe() ?? "it waits for messages: it has taken the call, and put the answer off";
  const { mailboxLength } = process.describe();
  return mailboxLength === 0
    ? doing
    : `${doing}, and ${mailboxLength} message${mailboxLength === 1 ? "" : "s"} wait${mailboxLength === 1 ? "s" : ""} behind it`;
}
