import { isObject } from "./attempt.js";
import { type Pid, type Ref, isPid } from "./ids.js";
import { type Batch, ExitKind, Op, type SpawnOptions, nextSignal } from "./wire.js";

/** What is known of the other end of a wire. */
export interface Origin {
  /** The way to this address leads over that wire. */
  leadsTo(address: string): boolean;
  /** A monitor of this process, where there is such a one, watches somebody whom that wire leads to. */
  watches(pid: Pid, ref: Ref): boolean;
}

const isText = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isOptional = (value: unknown, type: string): boolean => value === undefined || typeof value === type;

/**
 * Where the signal ends that begins at this place of a batch; 0 when there is none, or none that the other end of its wire may send: in its own name and in that of
 * nodes behind it. Whatever runs at the other end can write what it likes on the wire.
 */
export function endOfSignal(batch: Batch, at: number, origin: Origin): number {
  if (!isSignal(batch, at, origin)) return 0;
  const end = nextSignal(batch, at);
  return end <= batch.length ? end : 0;
}

function isSignal(batch: Batch, at: number, origin: Origin): boolean {
  const one = batch[at + 1];
  const two = batch[at + 2];
  const three = batch[at + 3];
  const four = batch[at + 4];
  switch (batch[at]) {
    case Op.done:
      return isNumber(one) && isNumber(three);
    case Op.failed:
      return isNumber(one) && isNumber(three) && typeof four === "boolean";
    case Op.spawn:
      return isNumber(one) && isFunction(two) && isOptions(three) && Number.isSafeInteger(four) && (four as number) >= 0;
    case Op.message:
      return isText(one) || (isNumber(one) && isTold(two, origin));
    case Op.exit:
      return (isText(one) || isNumber(one)) && isFrom(two, origin) && (four === ExitKind.signal || four === ExitKind.link || four === ExitKind.ask);
    case Op.link:
    case Op.unlink:
      return isText(one) && isFrom(two, origin);
    case Op.monitor:
      return isText(one) && isFrom(two, origin) && isText(three);
    case Op.demonitor:
      return isText(one) && isText(two);
    case Op.down:
      return isText(one) && isText(two) && origin.watches(one as Pid, two as Ref);
    case Op.nodeDown:
      return isText(one);
    default:
      return false;
  }
}

const isFrom = (from: unknown, origin: Origin): boolean => isPid(from) && origin.leadsTo(from);

function isTold(told: unknown, origin: Origin): boolean {
  if (!Array.isArray(told)) return isFrom(told, origin);
  const [what, value] = told as [unknown, unknown];
  if (what === "progress" || what === "yielded") return true;
  // Something will be sent to that address.
  return (what === "waits" && value === undefined) || ((what === "waits" || what === "more") && isText(value) && origin.leadsTo(value));
}

function isFunction(fn: unknown): boolean {
  if (!isObject(fn)) return isNumber(fn);
  const { key, module, name } = fn as Record<string, unknown>;
  return isNumber(key) && isText(module) && isText(name);
}

function isOptions(options: unknown): boolean {
  if (options === undefined) return true;
  if (!isObject(options)) return false;
  const { label, callers, parent, under, stream, context, durable } = options as SpawnOptions;
  return (
    isOptional(label, "string") &&
    isOptional(parent, "string") &&
    isOptional(under, "string") &&
    isOptional(stream, "number") &&
    (context === undefined || isObject(context)) &&
    (durable === undefined || isDurable(durable)) &&
    (callers === undefined || (Array.isArray(callers) && callers.every(isText)))
  );
}

function isDurable(key: unknown): boolean {
  if (!isObject(key)) return false;
  const { run, index, launch, attempts } = key as Record<string, unknown>;
  return isText(run) && [index, launch, attempts].every((number) => Number.isSafeInteger(number) && (number as number) >= 0);
}
