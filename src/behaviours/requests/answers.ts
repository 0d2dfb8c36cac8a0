import { isObject } from "../../kernel/attempt.js";
import { decodeReason, encodeReason } from "../../kernel/encode-reason.js";
import { type Ref, nodeOf } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { shared } from "../../kernel/shared.js";
import { takeMark } from "../../kernel/transfer.js";

/** Where the answer to a request goes: the address of the pending requests of whoever asked, and its number there. */
export interface ReplyTo {
  readonly to: Ref;
  readonly id: number;
}

/** A reason: as it is within a node, encoded on its way to another, so that an error keeps its class. */
export type Carried = { readonly is: ExitReason } | { readonly encoded: unknown };

/** A reason on its way to an address. */
export const carried = (node: Node, address: string, reason: ExitReason): Carried =>
  (nodeOf(address) ?? node.name) === node.name ? { is: reason } : { encoded: encodeReason(reason) };

/** Anything may be sent in its place. */
export const isCarried = (reason: unknown): reason is Carried => isObject(reason) && ("is" in reason || "encoded" in reason);

export const unwrap = (reason: Carried): ExitReason => ("is" in reason ? reason.is : decodeReason(reason.encoded));

export interface ReplyMessage {
  readonly $reply: number;
  /** So called because errors name the path to what cannot be cloned: `message.reply.socket`. */
  readonly reply: unknown;
}

/** The request has no answer, but whoever was asked lives: why. */
export interface FailureMessage {
  readonly $failed: number;
  readonly reason: Carried;
}

/** What pending requests can be told. */
export type Answers = Partial<ReplyMessage & FailureMessage>;

/** Answers a request. What cannot go there is told in its place, and harms nobody else. */
export function sendReply(node: Node, { to, id }: ReplyTo, value: unknown): void {
  try {
    const message: ReplyMessage = { $reply: id, reply: value };
    node.send(to, carryMark(message, value));
  } catch (error) {
    sendFailure(node, { to, id }, error);
  }
}

/** Tells whoever asked that there is no answer. */
export function sendFailure(node: Node, { to, id }: ReplyTo, reason: unknown): void {
  node.send(to, { $failed: id, reason: carried(node, to, reason) } satisfies FailureMessage);
}

/** What was to be moved of a value in a message is to be moved of the message. */
export function carryMark<M extends object>(message: M, value: unknown): M {
  const list = shared.used ? takeMark(value) : undefined;
  if (list !== undefined) shared.lists.set(message, list);
  return message;
}
