import type { Pid, Ref } from "./ids.js";
import { type Batch, Op, type SpawnOptions, nextSignal } from "./wire.js";

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

const tidings: readonly unknown[] = ["progress", "yielded", "more"];

/**
 * Whether what stands at this place of a batch is a signal, and one that the other end of its wire may send: in its own name and in that of nodes behind it.
 * Whatever runs at the other end can write what it likes on the wire.
 */
export function isSignal(batch: Batch, at: number, origin: Origin): boolean {
  const one = batch[at + 1];
  const two = batch[at + 2];
  const three = batch[at + 3];
  const four = batch[at + 4];
  switch (batch[at]) {
    case Op.done:
      if (!isNumber(one) || !isNumber(three)) return false;
      break;
    case Op.failed:
      if (!isNumber(one) || !isNumber(three) || typeof four !== "boolean") return false;
      break;
    case Op.spawn:
      if (!isNumber(one) || !isFunction(two) || !isOptions(three) || !Number.isSafeInteger(four) || (four as number) < 0) return false;
      break;
    case Op.message:
      if (!isText(one) && !(isNumber(one) && isTold(two, origin))) return false;
      break;
    case Op.exit:
      if (!(isText(one) || isNumber(one)) || !isFrom(two, origin) || !(four === 0 || four === 1 || four === 2)) return false;
      break;
    case Op.link:
    case Op.unlink:
      if (!isText(one) || !isFrom(two, origin)) return false;
      break;
    case Op.monitor:
      if (!isText(one) || !isFrom(two, origin) || !isText(three)) return false;
      break;
    case Op.demonitor:
      if (!isText(one) || !isText(two)) return false;
      break;
    case Op.down:
      if (!isText(one) || !isText(two) || !origin.watches(one as Pid, two as Ref)) return false;
      break;
    case Op.nodeDown:
      if (!isText(one)) return false;
      break;
    default:
      return false;
  }
  return nextSignal(batch, at) <= batch.length;
}

const isFrom = (from: unknown, origin: Origin): boolean => isText(from) && origin.leadsTo(from);

const isTold = (told: unknown, origin: Origin): boolean => (Array.isArray(told) ? tidings.includes(told[0]) : isFrom(told, origin));

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isFunction(fn: unknown): boolean {
  if (!isObject(fn)) return isNumber(fn);
  const { key, module, name } = fn as Record<string, unknown>;
  return isNumber(key) && isText(module) && isText(name);
}

function isOptions(options: unknown): boolean {
  if (options === undefined) return true;
  if (!isObject(options)) return false;
  const { label, callers, stream, context } = options as SpawnOptions;
  return (
    isOptional(label, "string") &&
    isOptional(stream, "number") &&
    (context === undefined || isObject(context)) &&
    (callers === undefined || (Array.isArray(callers) && callers.every(isText)))
  );
}
