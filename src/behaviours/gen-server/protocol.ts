import { isObject } from "../../kernel/attempt.js";
import { type Pid, type Ref, isAddress } from "../../kernel/ids.js";
import { shared } from "../../kernel/shared.js";
import { takeMark } from "../../kernel/transfer.js";

/**
 * What passes between a server and those who use it. All of it are plain values, the same on every wire: a server may be written by hand, in any process
 * that answers `$call`.
 */

/** Where the answer to a call goes: the address of the pending calls of the caller's node, and the call's number there. */
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
  // A name would do, but that nobody may have it: an answer to it would throw, and end the server.
  return typeof $call === "string" ? typeof to === "string" && isAddress(to) && typeof id === "number" : typeof $cast === "string";
}

/** What pending calls can be told. */
export type Answers = Partial<ReplyMessage & FailureMessage>;

/** What was to be moved of a value in a message is to be moved of the message. */
export function carryMark<M extends object>(message: M, value: unknown): M {
  const list = shared.used ? takeMark(value) : undefined;
  if (list !== undefined) shared.lists.set(message, list);
  return message;
}

/** The same for the arguments of a call. */
export function carryMarks<M extends object>(message: M, args: readonly unknown[]): M {
  const all = shared.used ? args.flatMap((arg) => takeMark(arg) ?? []) : nothing;
  if (all.length > 0) shared.lists.set(message, [...new Set(all)]);
  return message;
}

const nothing: readonly object[] = [];
