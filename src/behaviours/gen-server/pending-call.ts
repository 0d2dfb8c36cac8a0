import { describeReason } from "../../kernel/errors.js";
import type { Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import { type ExitReason, isOrderly } from "../../kernel/reasons.js";
import { CallFailed, CallTimeout } from "../errors.js";
import { Pending } from "../requests/pending.js";
import type { PendingRequests } from "../requests/pending-requests.js";
import { controlOf } from "./control.js";

/** A call that waits for its answer. */
export class PendingCall extends Pending {
  /** The server, in words: asked only when they are needed. */
  declare readonly who: { toString(): string };
  declare readonly method: string;

  constructor(requests: PendingRequests, who: { toString(): string }, method: string, timeout: number, caller: Process | undefined) {
    super(requests, timeout, caller);
    this.who = who;
    this.method = method;
  }

  failed(reason: ExitReason): void {
    this.reject(new CallFailed(String(this.who), this.method, reason));
  }

  serverEnded(reason: ExitReason): void {
    this.reject(new CallFailed(String(this.who), this.method, reason, true));
  }

  timedOut(): void {
    this.reject(new CallTimeout(String(this.who), this.method, this.timeout, busyWith(this.requests.node, this.watch?.address ?? "")));
  }
}

/** Whoever waits for a server to end. */
export class PendingStop extends PendingCall {
  constructor(
    requests: PendingRequests,
    who: { toString(): string },
    readonly reason: ExitReason,
    timeout: number,
    caller: Process | undefined,
  ) {
    super(requests, who, "stop", timeout, caller);
  }

  override serverEnded(reason: ExitReason): void {
    // From another node the reason comes as a copy of what was asked for. Whoever has it end anyway has it end in order, too.
    if (reason === "noproc" || isOrderly(reason) || describeReason(reason) === describeReason(this.reason)) this.resolve(undefined);
    else super.serverEnded(reason);
  }
}

/** What a server of this node has been doing, as far as it is known. */
function busyWith(node: Node, address: string): string | undefined {
  const process = node.find(address as Pid);
  const control = process && controlOf(process);
  if (process === undefined || control === undefined) return undefined;
  const doing = control.describe() ?? "it handles nothing: it has put its answer off";
  const { mailboxLength: waiting } = process.describe();
  return waiting === 0 ? doing : `${doing}, and ${waiting} message${waiting === 1 ? " waits" : "s wait"} behind it`;
}
