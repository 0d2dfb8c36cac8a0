import { attempt, isObject } from "../../kernel/attempt.js";
import type { Pid, Ref } from "../../kernel/ids.js";
import { shared } from "../../kernel/shared.js";
import { takeMark } from "../../kernel/transfer.js";

/**
 * What passes between a server and those who use it. All of it are plain values, the same on every wire: a server may be written by hand, in any process
 * that answers `$call`.
 */

/** Where the answer to a call goes: the desk of the caller's node, and the call's number there. */
export interface ReplyTo {
  readonly to: Ref;
  readonly id: number;
}

export interface CallMessage extends ReplyTo {
  readonly $call: string;
  readonly args: readonly unknown[];
  /** The process that called; plain code has none. */
  readonly by: Pid | undefined;
}

export interface CastMessage {
  readonly $cast: string;
  readonly args: readonly unknown[];
}

/** Asks a server to end, with this reason (encoded). */
export interface StopMessage {
  readonly $stop: unknown;
}

export interface ReplyMessage {
  readonly $reply: number;
  readonly value: unknown;
}

/** The call has no answer, but the server lives: why (encoded). */
export interface FailureMessage {
  readonly $failed: number;
  readonly reason: unknown;
}

type Told = Partial<CallMessage & CastMessage & StopMessage>;

/** What a message asks of a server; undefined when it is anything else. Looking at a message must not fail, whatever it is. */
export function requestIn(message: unknown): Told | undefined {
  if (!isObject(message)) return undefined;
  const told = message as Told;
  try {
    if (told.$call !== undefined || told.$cast !== undefined) return isAsked(told) ? told : undefined;
    return told.$stop === undefined ? undefined : told;
  } catch {
    return undefined;
  }
}

function isAsked({ $call, $cast, args, to, id }: Told): boolean {
  if (!Array.isArray(args)) return false;
  return typeof $call === "string" ? typeof to === "string" && typeof id === "number" : typeof $cast === "string";
}

export const isReply = (message: unknown): message is ReplyMessage =>
  isObject(message) && attempt(() => typeof (message as Partial<ReplyMessage>).$reply === "number") === true;

export const isFailure = (message: unknown): message is FailureMessage =>
  isObject(message) && attempt(() => typeof (message as Partial<FailureMessage>).$failed === "number") === true;

/** What was to be moved of the values in a message is to be moved of the message. */
export function carryMarks<M extends object>(message: M, values: readonly unknown[]): M {
  if (shared.used) {
    const all = values.flatMap((value) => takeMark(value) ?? []);
    if (all.length > 0) shared.lists.set(message, [...new Set(all)]);
  }
  return message;
}
