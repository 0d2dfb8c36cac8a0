import { isObject } from "../../kernel/attempt.js";
import { type Pid, isAddress } from "../../kernel/ids.js";
import { shared } from "../../kernel/shared.js";
import { takeMark } from "../../kernel/transfer.js";
import { type Carried, type ReplyTo, isCarried } from "../requests/answers.js";

/**
 * What passes between a server and those who use it. All of it are plain values, the same on every wire: a server may be written by hand, in any process
 * that answers `$call`.
 */

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

/** Asks a server to end, with this reason. */
export interface StopMessage {
  readonly $stop: Carried;
}

type Told = Partial<CallMessage & CastMessage & StopMessage>;

/** What a message asks of a server; undefined when it is anything else. Looking at a message must not fail, whatever it is. */
export function requestIn(message: unknown): Told | undefined {
  if (!isObject(message)) return undefined;
  const told = message as Told;
  try {
    if (told.$call !== undefined || told.$cast !== undefined) return isAsked(told) ? told : undefined;
    return isCarried(told.$stop) ? told : undefined;
  } catch {
    return undefined;
  }
}

function isAsked({ $call, $cast, args, to, id }: Told): boolean {
  if (!Array.isArray(args)) return false;
  // A name would do, but that nobody may have it: an answer to it would throw, and end the server.
  return typeof $call === "string" ? typeof to === "string" && isAddress(to) && typeof id === "number" : typeof $cast === "string";
}

/** What was to be moved of the arguments of a call is to be moved of its message. */
export function carryMarks<M extends object>(message: M, args: readonly unknown[]): M {
  const all = shared.used ? args.flatMap((arg) => takeMark(arg) ?? []) : nothing;
  if (all.length > 0) shared.lists.set(message, [...new Set(all)]);
  return message;
}

const nothing: readonly object[] = [];
