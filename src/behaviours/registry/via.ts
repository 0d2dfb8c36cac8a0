import type { LocalName, Pid, Via } from "../../kernel/ids.js";
import { NoProcess } from "../../kernel/errors.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import type { AnySelf } from "../../kernel/self.js";
import { type Server, nameOfKey, serverOf } from "./server.js";

/** How a handle finds its registry: by name, where it has one, for it may have been started again; else it is the one that was started. */
export class Home {
  readonly #node: Node;
  readonly #name: LocalName | undefined;
  #last: Server | undefined;

  constructor(node: Node, name: LocalName | undefined, server?: Server) {
    this.#node = node;
    this.#name = name;
    this.#last = server;
  }

  /** The one that is there, or was last. */
  get server(): Server | undefined {
    const named = this.#name === undefined ? undefined : serverOf(this.#node, this.#name);
    return (this.#last = named ?? this.#last);
  }

  /** @throws NoProcess when there has never been one of this name, Exited when it has ended */
  get live(): Server {
    const { server } = this;
    if (server === undefined) throw new NoProcess(this.title, "start a registry of this name first, and list it before whoever uses it");
    server.process.mustLive();
    return server;
  }

  get title(): string {
    return String(this.#name ?? this.#last?.process.pid);
  }
}

/** A key of a registry as a name. */
export class KeyName implements Via {
  readonly #home: Home;
  readonly #key: unknown;
  readonly #value: unknown;

  constructor(home: Home, key: unknown, value: unknown) {
    this.#home = home;
    this.#key = key;
    this.#value = value;
  }

  /** Nobody, while there is no registry. @throws InvalidOption when many may have a key */
  holder(): Pid | undefined {
    const { server } = this.#home;
    server?.mustBeUnique("via(key)");
    return server?.under(this.#key)[0]?.holder.pid;
  }

  take(self: AnySelf): void {
    const { live } = this.#home;
    live.mustBeUnique("via(key)");
    live.register(self as Process, this.#key, this.#value);
  }

  free(self: AnySelf): boolean {
    return this.#home.server?.unregister(self as Process, this.#key) ?? false;
  }

  toString(): string {
    return nameOfKey(this.#home.title, this.#key);
  }
}
