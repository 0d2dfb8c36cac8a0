import { InvalidOption } from "../../kernel/errors.js";
import type { Pid } from "../../kernel/ids.js";
import type { Process } from "../../kernel/process.js";
import { ExitRequest } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { noteHandling } from "../crash-notes.js";
import { Control, constructing, running, setControl } from "./control.js";
import type { GenServer } from "./gen-server.js";
import { Loop } from "./loop.js";
import { methodsOf, root } from "./methods.js";
import type { ServerClass } from "./types.js";

/** Is told, once, whether a server has come up. */
export interface Starter {
  ready(): void;
  /** Its `init` refused, or threw. */
  failed(reason: ExitReason): void;
}

/** The process of a server, from its making to its end. */
export async function live(self: Process, Class: ServerClass<GenServer>, args: readonly unknown[], starter: Starter, parent?: Pid): Promise<void> {
  const control = new Control(self, nameOf(Class), parent);
  const methods = methodsOf(Class);
  let server: GenServer;
  try {
    server = make(Class, control);
    await begin(server, control, args);
  } catch (error) {
    if (!self.dead) starter.failed(error instanceof ExitRequest ? error.reason : error);
    return;
  }
  if (self.dead) return;
  control.doing = undefined;
  if (control.ignored) starter.failed("ignore");
  else if (control.stopping !== undefined) starter.failed(control.stopping.reason);
  else {
    starter.ready();
    noteHandling(self, () => control.message);
    await new Loop(server, control, methods).run();
  }
}

function make(Class: ServerClass<GenServer>, control: Control): GenServer {
  setControl(control);
  constructing.now = control;
  try {
    return new Class();
  } finally {
    constructing.now = undefined;
  }
}

function begin(server: GenServer, control: Control, args: readonly unknown[]): unknown {
  const before = running.now;
  running.now = control;
  control.doing = "init";
  control.since = control.self.node.clock.now();
  try {
    return (server.init as ((...given: readonly unknown[]) => unknown) | undefined)?.call(server, ...args);
  } finally {
    running.now = before;
  }
}

export const nameOf = (Class: { readonly name: string }): string => (Class.name === "" ? "(anonymous server)" : Class.name);

/** Refuses what is no class of servers. @throws InvalidOption */
export function checkClass(option: string, Class: unknown): asserts Class is ServerClass<GenServer> {
  const prototype = typeof Class === "function" ? (Class.prototype as object | undefined) : undefined;
  if (prototype === undefined || !(root in prototype) || Object.hasOwn(prototype, root))
    throw new InvalidOption(option, Class, "give a class that extends GenServer");
}
