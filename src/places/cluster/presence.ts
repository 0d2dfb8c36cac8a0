import { isObject } from "../../kernel/attempt.js";
import { isToken } from "./subjects.js";

/** What a node tells the others of itself. */
export interface Presence {
  readonly incarnation: string;
  /** The groups of nodes that it belongs to. */
  readonly groups: readonly string[];
  /** How many tasks of others it runs at once. */
  readonly capacity: number;
  /** How many it has: those that run, and those that wait there. */
  readonly load: number;
  /** It takes no new ones. */
  readonly draining: boolean;
  /** Whoever hears this is to tell of itself. */
  readonly asks?: boolean;
  /** It leaves. */
  readonly leaves?: boolean;
}

export const encodePresence = (presence: Presence): Uint8Array => Buffer.from(JSON.stringify(presence));

const isCount = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** Undefined for what no node of a cluster says. */
export function decodePresence(bytes: Uint8Array): Presence | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { incarnation, groups, capacity, load, draining, asks, leaves } = value as Record<string, unknown>;
  if (!isToken(incarnation) || !Array.isArray(groups) || !groups.every(isToken) || !isCount(capacity) || !isCount(load)) return undefined;
  return { incarnation, groups, capacity, load, draining: draining === true, asks: asks === true, leaves: leaves === true };
}
