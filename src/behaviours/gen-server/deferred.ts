import type { Node } from "../../kernel/node.js";
import { AlreadyReplied } from "../errors.js";
import { type ReplyTo, sendFailure, sendReply } from "../requests/answers.js";

/**
 * An answer that comes later: `this.defer<T>()` makes one, and a method that returns it leaves its callers waiting while the server goes on. `reply` and
 * `fail` may be called from anywhere, and once.
 *
 * @example
 * class Lock extends GenServer {
 *   readonly #waiting: Deferred<void>[] = [];
 *   acquire() {
 *     const turn = this.defer<void>();
 *     this.#waiting.push(turn);
 *     return turn;
 *   }
 *   release() {
 *     this.#waiting.shift()?.reply();
 *   }
 * }
 */
export class Deferred<T> {
  readonly #node: Node;
  readonly #method: string;
  #waiting: ReplyTo[] = [];
  #send: ((to: ReplyTo) => void) | undefined = undefined;

  /** @internal */
  constructor(node: Node, method: string) {
    this.#node = node;
    this.#method = method;
  }

  /** Answers whoever called. @throws AlreadyReplied when that was done before */
  reply(value: T): void {
    this.#settle((to) => sendReply(this.#node, to, value));
  }

  /** Has the call rejected: with `CallFailed`, whose `reason` this is. @throws AlreadyReplied */
  fail(reason: unknown): void {
    this.#settle((to) => sendFailure(this.#node, to, reason));
  }

  #settle(send: (to: ReplyTo) => void): void {
    if (this.#send !== undefined) throw new AlreadyReplied(this.#method);
    this.#send = send;
    for (const to of this.#waiting.splice(0)) send(to);
  }

  /** @internal A call waits for it from now on. It may have been answered before the method returned it. */
  await(to: ReplyTo): void {
    if (this.#send === undefined) this.#waiting.push(to);
    else this.#send(to);
  }
}
