import { encodeReason } from "../../kernel/encode-reason.js";
import { nodeOf } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { type FailureMessage, type ReplyMessage, type ReplyTo, carryMark } from "./protocol.js";

/** Answers a call. What cannot go there is told in its place, and harms nobody else. */
export function sendReply(node: Node, { to, id }: ReplyTo, value: unknown): void {
  try {
    const message: ReplyMessage = { $reply: id, value };
    node.send(to, carryMark(message, value));
  } catch (error) {
    sendFailure(node, { to, id }, error);
  }
}

/** Tells whoever called that there is no answer. Within a node an error stays the one that it is. */
export function sendFailure(node: Node, { to, id }: ReplyTo, reason: unknown): void {
  node.send(to, { $failed: id, reason: nodeOf(to) === node.name ? reason : encodeReason(reason) } satisfies FailureMessage);
}
