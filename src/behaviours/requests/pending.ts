import { Exited } from "../../kernel/errors.js";
import type { Process } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Batch, PendingRequests } from "./pending-requests.js";
import type { Watch } from "./watches.js";

type Resolve = (value: unknown) => void;
type Reject = (error: Error) => void;

let resolveLast: Resolve;
let rejectLast: Reject;
const capture = (resolve: Resolve, reject: Reject): void => {
  resolveLast = resolve;
  rejectLast = reject;
};

/** A request that waits for its answer: what comes of it, and what has to be taken back then. */
export abstract class Pending implements Ender {
  // Assigned below and not here: initialisers run one by one, and there is one of these for each call.
  declare readonly requests: PendingRequests;
  /** Milliseconds, or Infinity. */
  declare readonly timeout: number;
  /** The process that asks; plain code has none. */
  declare readonly caller: Process | undefined;
  declare readonly promise: Promise<unknown>;
  declare protected readonly resolve: Resolve;
  declare protected readonly reject: Reject;
  /** Its number among the node's requests; 0 before it waits. */
  declare id: number;
  declare watch: Watch | undefined;
  /** Its neighbours among those that wait for the same server. */
  declare before: Pending | undefined;
  declare after: Pending | undefined;
  declare batch: Batch | undefined;
  declare timer: unknown;

  constructor(requests: PendingRequests, timeout: number, caller: Process | undefined) {
    this.requests = requests;
    this.timeout = timeout;
    this.caller = caller;
    // Captured by one function for all: a closure for each call would cost more than all the rest.
    this.promise = new Promise(capture);
    this.resolve = resolveLast;
    this.reject = rejectLast;
    this.id = 0;
    this.watch = undefined;
    this.before = undefined;
    this.after = undefined;
    this.batch = undefined;
    this.timer = undefined;
  }

  answered(value: unknown): void {
    this.resolve(value);
  }

  /** Whoever was asked lives, and has no answer; or the request could not be sent. */
  abstract failed(reason: unknown): void;
  /** Whoever was asked has ended, or was not there. */
  abstract serverEnded(reason: ExitReason): void;
  abstract timedOut(): void;

  /** The process that asked has ended. */
  ended({ pid }: Process, reason: ExitReason): void {
    if (this.id !== 0 && !this.requests.close(this)) return;
    this.promise.catch(() => undefined); // it may never look at it
    this.reject(new Exited(pid, reason));
  }
}
