import { Exited, describeReason } from "../../kernel/errors.js";
import type { Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import { type ExitReason, isOrderly } from "../../kernel/reasons.js";
import { CallFailed, CallTimeout } from "../errors.js";
import { controlOf } from "./control.js";
import type { Batch, PendingCalls } from "./pending-calls.js";
import type { Watch } from "./watches.js";

type Resolve = (value: unknown) => void;
type Reject = (error: Error) => void;

let resolveLast: Resolve;
let rejectLast: Reject;
const capture = (resolve: Resolve, reject: Reject): void => {
  resolveLast = resolve;
  rejectLast = reject;
};

/** A call that waits for its answer: what comes of it, and what has to be taken back then. */
export class PendingCall implements Ender {
  // Assigned below and not here: initialisers run one by one, and there is one of these for each call.
  declare readonly calls: PendingCalls;
  /** The server, in words: asked only when they are needed. */
  declare readonly who: { toString(): string };
  declare readonly method: string;
  declare readonly timeout: number;
  declare readonly caller: Process | undefined;
  declare readonly promise: Promise<unknown>;
  declare protected readonly resolve: Resolve;
  declare protected readonly reject: Reject;
  /** Its number among the node's calls; 0 before it waits. */
  declare id: number;
  declare watch: Watch | undefined;
  declare batch: Batch | undefined;
  declare timer: unknown;

  constructor(calls: PendingCalls, who: { toString(): string }, method: string, timeout: number, caller: Process | undefined) {
    this.calls = calls;
    this.who = who;
    this.method = method;
    this.timeout = timeout;
    this.caller = caller;
    // Captured by one function for all: a closure for each call would cost more than all the rest.
    this.promise = new Promise(capture);
    this.resolve = resolveLast;
    this.reject = rejectLast;
    this.id = 0;
    this.watch = undefined;
    this.batch = undefined;
    this.timer = undefined;
  }

  answered(value: unknown): void {
    this.resolve(value);
  }

  /** The server lives, and has no answer. */
  failed(reason: ExitReason): void {
    this.reject(new CallFailed(String(this.who), this.method, reason));
  }

  /** The server has ended, or was not there. */
  serverEnded(reason: ExitReason): void {
    this.reject(new CallFailed(String(this.who), this.method, reason, true));
  }

  timedOut(): void {
    this.reject(new CallTimeout(String(this.who), this.method, this.timeout, busyWith(this.calls.node, this.watch?.address ?? "")));
  }

  /** The process that called has ended. */
  ended({ pid }: Process, reason: ExitReason): void {
    if (this.id !== 0 && !this.calls.close(this)) return;
    this.promise.catch(() => undefined); // it may never look at it
    this.reject(new Exited(pid, reason));
  }
}

/** Whoever waits for a server to end. */
export class PendingStop extends PendingCall {
  constructor(
    calls: PendingCalls,
    who: { toString(): string },
    readonly reason: ExitReason,
    timeout: number,
    caller: Process | undefined,
  ) {
    super(calls, who, "stop", timeout, caller);
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
