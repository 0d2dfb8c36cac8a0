import { attempt } from "../../kernel/attempt.js";
import { InvalidOption } from "../../kernel/errors.js";
import type { LocalName, Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Self } from "../../kernel/self.js";
import { ExitKind, Op } from "../../kernel/wire.js";
import { AlreadyRegistered } from "../errors.js";
import { Entries, type Entry } from "./entries.js";

/** What a registry tells its listeners: that a process has a key now, or has it no longer. */
export interface RegistryEvent<K = unknown, V = unknown> {
  readonly type: "register" | "unregister";
  /** The registry's name, or its pid where it has none. */
  readonly registry: string;
  readonly key: K;
  readonly pid: Pid;
  readonly value: V;
}

export interface ServerOptions {
  readonly keys: "unique" | "duplicate";
  readonly name?: LocalName | undefined;
  readonly listeners?: readonly LocalName[] | undefined;
}

/** It has a pid and a name, can be linked, monitored and killed, and does nothing that can fail. */
async function registry(self: Self): Promise<void> {
  for (;;) await self.receive();
}

const servers = new WeakMap<Process, Server>();

/** The registry that has this name now. */
export function serverOf(node: Node, name: LocalName): Server | undefined {
  const process = node.named(name);
  return process && servers.get(process);
}

/** What is registered while the registry's process lives, and what its end comes to. */
export class Server {
  readonly process: Process;
  readonly isUnique: boolean;
  readonly #name: LocalName | undefined;
  readonly #listeners: readonly LocalName[];
  readonly #entries = new Entries<unknown, unknown, Process>();
  /** One for all of them: it is told of whom. */
  readonly #holderWatch: Ender = { ended: (holder) => this.#holderEnded(holder) };

  /** @throws NameTaken */
  constructor(node: Node, options: ServerOptions, parent?: Process) {
    this.isUnique = options.keys === "unique";
    this.#name = options.name;
    this.#listeners = [...(options.listeners ?? [])];
    this.process = node.start(registry as (...args: never[]) => unknown, {
      label: "Registry",
      parent: parent?.pid,
      callers: parent?.chain,
      ender: { ended: (_process, reason) => this.#ended(reason) },
    });
    servers.set(this.process, this);
    try {
      if (this.#name !== undefined) this.process.register(this.#name);
    } catch (error) {
      this.process.terminate("shutdown");
      throw error;
    }
  }

  get count(): number {
    return this.#entries.count;
  }

  get title(): string {
    return String(this.#name ?? this.process.pid);
  }

  /** @throws InvalidOption where many may have a key */
  mustBeUnique(what: string): void {
    if (!this.isUnique) throw new InvalidOption(what, this.title, "it takes a registry of unique keys, for here many may have one");
  }

  /** @throws AlreadyRegistered, InvalidOption, Exited when the registry has ended or the process has */
  register(holder: Process, key: unknown, value: unknown): void {
    this.process.mustLive();
    holder.mustLive();
    if (holder.node !== this.process.node)
      throw new InvalidOption("self", holder.pid, `the registry is of node ${this.process.node.name}: register in one of the process' own node`);
    const [taken] = this.isUnique ? this.under(key) : [];
    if (taken !== undefined) throw new AlreadyRegistered(nameOfKey(this.title, key), taken.holder.pid);
    if (!this.#entries.isHolder(holder)) holder.whenEnded(this.#holderWatch);
    this.#tell("register", this.#entries.add(holder, key, value));
  }

  /** Answers whether there was something to take. */
  unregister(holder: Process, key: unknown): boolean {
    const gone = [...this.#entries.under(key)].filter((entry) => entry.holder === holder);
    for (const entry of gone) this.#remove(entry);
    if (!this.#entries.isHolder(holder)) holder.unwatch(this.#holderWatch);
    return gone.length > 0;
  }

  /** A process that has ended is not found any more, even by who is called before this registry is told of the end. */
  under(key: unknown): Entry<unknown, unknown, Process>[] {
    return [...this.#entries.under(key)].filter(isLive);
  }

  heldBy(pid: Pid<never>): Entry<unknown, unknown, Process>[] {
    const process = this.process.node.find(pid);
    return process === undefined ? [] : [...this.#entries.heldBy(process)];
  }

  all(): Entry<unknown, unknown, Process>[] {
    return [...this.#entries.all()].filter(isLive);
  }

  #holderEnded(holder: Process): void {
    for (const entry of [...this.#entries.heldBy(holder)]) this.#remove(entry);
  }

  /** A listener may take it first, when it is asked whether it wants to hear of another. */
  #remove(entry: Entry<unknown, unknown, Process>): void {
    if (this.#entries.remove(entry)) this.#tell("unregister", entry);
  }

  #tell(type: "register" | "unregister", { key, holder, value }: Entry<unknown, unknown, Process>): void {
    const { node } = this.process;
    const event: RegistryEvent = { type, registry: this.title, key, pid: holder.pid, value };
    // A listener that is not there now may be there again for the next.
    for (const listener of this.#listeners) attempt(() => node.send(listener, event));
  }

  /**
   * Nobody would find its processes any more: they end with it, as if they were linked to it. They are not, for a link would make a crash of theirs
   * somebody's business.
   */
  #ended(reason: ExitReason): void {
    const holders = [...this.#entries.holders];
    for (const holder of holders) holder.unwatch(this.#holderWatch);
    for (const entry of [...this.#entries.all()]) this.#entries.remove(entry);
    const { node, pid } = this.process;
    for (const holder of holders) node.routeExit([Op.exit, holder.pid, pid, reason, ExitKind.signal]);
  }
}

const isLive = ({ holder }: Entry<unknown, unknown, Process>): boolean => !holder.dead;

/** `sessions[ann]`, `rooms[lobby,7]`: a key and where it is registered. */
export function nameOfKey(registry: string, key: unknown): string {
  return `${registry}[${typeof key === "object" && key !== null && !Array.isArray(key) ? "an object" : String(key)}]`;
}
