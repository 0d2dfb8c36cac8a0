import { InvalidOption } from "./errors.js";
import type { AnySelf } from "./self.js";

declare const kind: unique symbol;
declare const takes: unique symbol;

/**
 * The identity of a process: an opaque string, compared with `===`, that survives structured clone and JSON and reads well
 * in a log (`<main.12>`, `<main/t2.7>`). `M` is the type of the messages that the process takes.
 */
export type Pid<M = unknown> = string & { readonly [kind]: "pid"; readonly [takes]?: (message: M) => void };

/** The identity of a monitor, an alias or a timer: an opaque string like a pid. */
export type Ref = string & { readonly [kind]: "ref" };

/** A process that is registered under a name, on another node. */
export interface RemoteName {
  readonly name: string;
  readonly node: string;
}

/**
 * A name that a process has somewhere else than at its node: `registry.via(key)` of `taskward/behaviours` is one. It stands wherever a name is taken, and is
 * asked for its holder each time.
 */
export interface Via {
  /** The live process that has the name; undefined when there is none. */
  holder(): Pid | undefined;
  /** Gives the name to a process: what `self.register(via)` does. @throws NameTaken when another has it */
  take(self: AnySelf): void;
  /** Takes it from the process again: what `self.unregister(via)` does. Answers whether the process had it. */
  free(self: AnySelf): boolean;
  /** What errors call it. */
  toString(): string;
}

/** A name that a process can have: one of its node, or one that is kept elsewhere. */
export type LocalName = string | Via;

/** What a process can be called instead of its pid. */
export type Name = LocalName | RemoteName;

/** Where a message can go: a pid, an alias, a name on this node or one that is kept elsewhere (`Via`), a name on another node. */
export type Destination<M = never> = Pid<M> | Ref | Name;

export const makePid = (node: string, id: number): Pid => `<${node}.${id}>` as Pid;
export const makeRef = (node: string, id: number): Ref => `<${node}#${id}>` as Ref;

/** A name on another node as an address that can be routed like a pid. */
export const nameAddress = (to: RemoteName): string => `<${to.node}!${to.name}>`;

/** Addresses start with "<", names never do. */
export const isAddress = (text: string): boolean => text.charCodeAt(0) === 60;

const addressNode = /^<([^.#!<>]+)[.#!]/;

/** The node of a pid, ref or name address; undefined when the text is none of them. */
export const nodeOf = (address: string): string | undefined => addressNode.exec(address)?.[1];

/** What a node is called whichever incarnation of it is meant: `b` of `b~k3`. One that has no incarnation of its own has no other name, such as `b~k3/t1`. */
export function bareNode(node: string): string {
  const mark = node.indexOf("~");
  return mark === -1 || node.includes("/") ? node : node.slice(0, mark);
}

/** The registered name in a name address, or undefined. */
export function nameIn(address: string): string | undefined {
  const mark = address.indexOf("!");
  return mark > 0 && isAddress(address) ? address.slice(mark + 1, -1) : undefined;
}

export const isVia = (name: unknown): name is Via => typeof (name as Via | null | undefined)?.holder === "function";

export function checkName(option: string, name: unknown): asserts name is LocalName {
  if (!isVia(name) && (typeof name !== "string" || name === "" || isAddress(name))) {
    throw new InvalidOption(option, name, 'give a non-empty string that does not start with "<"');
  }
}

const pidShape = /^<[^.#!<>]+\.\d+>$/;

export const isPid = (pid: unknown): pid is Pid => typeof pid === "string" && pidShape.test(pid);

/** Refuses what is no pid: a link to an alias, which is for messages alone, would wait for ever. */
export function checkPid(option: string, pid: unknown, want = "give a pid, such as self.pid; an alias is for messages alone"): asserts pid is Pid {
  if (!isPid(pid)) throw new InvalidOption(option, pid, want);
}

export function checkNodeName(name: unknown): asserts name is string {
  if (typeof name !== "string" || !/^[^\s.#!<>]+$/.test(name)) {
    throw new InvalidOption("node name", name, "give a non-empty string without spaces and without any of . # ! < >");
  }
}
