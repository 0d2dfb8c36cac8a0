import { isObject } from "../../kernel/attempt.js";
import type { Pid } from "../../kernel/ids.js";
import type { SpawnId } from "../../kernel/wire.js";

/** Which node it is, whose, and the parent of what runs there. */
export interface Identity {
  readonly name: string;
  /** The node that started it. */
  readonly parent: string;
  readonly supervisor: Pid;
}

/** What a node of a pool is told when it begins, beyond its name. */
export interface Beginning {
  readonly data: unknown;
  /** The function that is called before the first task. */
  readonly setup: { readonly module: string; readonly name: string; readonly args: readonly unknown[] } | undefined;
}

/** What becomes of what it prints, where that is not printed. */
export interface OutputModes {
  readonly stdout?: "lines" | "ignore" | undefined;
  readonly stderr?: "lines" | "ignore" | undefined;
}

/** All that whoever launches a node needs to know of it. */
export interface NodeSettings extends OutputModes {
  /** How many tasks run at once. */
  readonly concurrency: number;
  readonly beginning: Beginning;
}

export type Stream = "stdout" | "stderr";

/** Text that a node printed, as it travels. */
export interface Printed {
  readonly stream: Stream;
  readonly text: string;
  /** The task that ran, where that is known. */
  readonly id: SpawnId | undefined;
}

/** Whatever runs on a node can write what it likes on its wire. */
export function isPrinted(aside: unknown): aside is Printed {
  if (!isObject(aside)) return false;
  const { stream, text } = aside as Partial<Printed>;
  return (stream === "stdout" || stream === "stderr") && typeof text === "string";
}
