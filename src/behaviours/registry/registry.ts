import { defaultNode } from "../../kernel/default-node.js";
import { InvalidOption } from "../../kernel/errors.js";
import { type LocalName, type Pid, type Via, checkName } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { type Check, checkFunction, checkNode, checkOneOf, checkOptions, oneOf } from "../../kernel/options.js";
import { type Process, checkSelf } from "../../kernel/process.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { AnySelf } from "../../kernel/self.js";
import type { StartChild } from "../child-spec.js";
import type { Entry } from "./entries.js";
import { Server } from "./server.js";
import { Home, KeyName } from "./via.js";

/** What a registry can be started with. */
export interface RegistryOptions {
  /** Whether one process at a time can have a key, or any number of them. */
  readonly keys: "unique" | "duplicate";
  /** Registered under this name. A handle of a registry with a name finds it again when it has been restarted. */
  readonly name?: LocalName;
  /** Names of processes of this node that get a `RegistryEvent` as a message whenever a key is registered or gone. */
  readonly listeners?: readonly LocalName[];
  /** The node whose processes it is for. Default: that of this event loop. */
  readonly node?: Node;
}

/** Who has a key, and with what value. */
export interface Registered<V = unknown> {
  readonly pid: Pid;
  readonly value: V;
}

/** The same with its key, as `select` answers it. */
export interface RegisteredKey<K = unknown, V = unknown> extends Registered<V> {
  readonly key: K;
}

const keyKinds = ["unique", "duplicate"] as const;

const ownChecks: Readonly<Record<string, Check>> = {
  keys: oneOf(keyKinds),
  name: checkName,
  listeners: (option, names) => {
    if (!Array.isArray(names)) throw new InvalidOption(option, names, "give an array of names");
    names.forEach((name, index) => checkName(`${option}[${index}]`, name));
  },
};
const checks = { ...ownChecks, node: checkNode };

function checkRegistry(options: RegistryOptions, known = checks): void {
  checkOptions("Registry options", options, known);
  checkOneOf("keys", options.keys, keyKinds);
}

const registered = ({ holder, value }: Entry<unknown, unknown, Process>): Registered<never> => ({ pid: holder.pid, value: value as never });

/**
 * Finds processes by keys: each process registers itself, under as many as it likes, with a value for each. With unique keys it names processes that come
 * and go by the thousand; with duplicate keys it tells who is interested in what. It is for the processes of one node.
 *
 * Keys are compared as those of a `Map` are, but arrays by what is in them: `["room", 7]` is a key. What a process registered is gone with it, before anybody
 * can look it up. When the registry itself ends, the processes in it end with the same reason, as if they were linked to it: nobody would find them.
 *
 * @example
 * const sessions = Registry.start<string>({ keys: "unique", name: "sessions" });
 * await run(async (self) => {
 *   const pid = self.spawn(async (one) => {
 *     one.register(sessions.via("ann"));
 *     self.send(self.pid, await one.receive());
 *   });
 *   await self.sleep(0);
 *   self.send(sessions.via("ann"), "hello");
 * });
 */
export class Registry<K = unknown, V = unknown> {
  readonly #home: Home;

  private constructor(home: Home) {
    this.#home = home;
  }

  /**
   * Starts a registry that nobody is linked to (G5). `await using` stops it.
   * @throws InvalidOption, NameTaken
   */
  static start<K = unknown, V = unknown>(options: RegistryOptions): Registry<K, V> {
    checkRegistry(options);
    const { node = defaultNode(), name } = options;
    return new Registry(new Home(node, name, new Server(node, options)));
  }

  /** Starts a registry of this process' node, linked to it. @throws InvalidOption, NameTaken */
  static startLink<K = unknown, V = unknown>(self: AnySelf, options: Omit<RegistryOptions, "node">): Registry<K, V> {
    checkSelf("startLink(self, options): self", self);
    checkRegistry(options, ownChecks as typeof checks);
    const process = self as Process;
    process.mustLive();
    const server = new Server(process.node, options, process);
    process.link(server.process.pid);
    return new Registry(new Home(process.node, options.name, server));
  }

  /**
   * A registry as a child of a supervisor. Give it a name, and take a handle with `Registry.at`.
   * @throws InvalidOption
   * @example
   * const children = [{ id: "sessions", start: Registry.child({ keys: "unique", name: "sessions" }) }];
   */
  static child(options: Omit<RegistryOptions, "node">): StartChild {
    checkRegistry(options, ownChecks as typeof checks);
    return (self) => Registry.startLink(self, options);
  }

  /**
   * The registry that has this name whenever it is used: now or later, and again when it has been restarted.
   * @throws InvalidOption
   * @example
   * const sessions = Registry.at<string>("sessions");
   */
  static at<K = unknown, V = unknown>(name: LocalName, options: { readonly node?: Node } = {}): Registry<K, V> {
    checkName("name", name);
    checkOptions("at options", options, { node: checkNode });
    return new Registry(new Home(options.node ?? defaultNode(), name));
  }

  /** @throws NoProcess when no registry of this name has been started */
  get pid(): Pid {
    return (this.#home.server ?? this.#home.live).process.pid;
  }

  /** How many keys are registered, each as often as it is. @throws as all that ask the registry, NoProcess or Exited when it is not there */
  get count(): number {
    return this.#home.live.count;
  }

  get isRunning(): boolean {
    return this.#home.server?.process.dead === false;
  }

  /**
   * Registers a process under a key, until it unregisters or ends. A process can have many keys, and with duplicate keys the same key many times.
   * @param self the process, by its own handle
   * @param value what `lookup` tells with it
   * @throws AlreadyRegistered when keys are unique and a live process has this one, the same process included; InvalidOption for an array with something in it
   *   that is compared by identity, or a process of another node
   */
  register(self: AnySelf, key: K, ...[value]: undefined extends V ? [value?: V] : [value: V]): void {
    checkSelf("register(self, key, value): self", self);
    this.#home.live.register(self as Process, key, value);
  }

  /** Takes a key from a process again, as often as it has it. Answers whether it had it. */
  unregister(self: AnySelf, key: K): boolean {
    checkSelf("unregister(self, key): self", self);
    return this.#home.live.unregister(self as Process, key);
  }

  /** Who has a key, in the order in which they registered. */
  lookup(key: K): Registered<V>[] {
    return this.#home.live.under(key).map(registered);
  }

  /** The keys of a process, in the order in which it registered them, each as often as it has it. */
  keys(pid: Pid<never>): K[] {
    return this.#home.live.heldBy(pid).map(({ key }) => key as K);
  }

  /** The values that a process has under a key: one at most, where keys are unique. */
  values(key: K, pid: Pid<never>): V[] {
    return this.lookup(key).flatMap((one) => (one.pid === pid ? [one.value] : []));
  }

  /**
   * Gives a process' key another value. Answers the new one and the old one, or undefined when the process does not have the key. Listeners are not told.
   * @param fn is given the old value, and answers the new one
   * @throws InvalidOption where keys are duplicate
   */
  updateValue(self: AnySelf, key: K, fn: (value: V) => V): readonly [value: V, old: V] | undefined {
    checkSelf("updateValue(self, key, fn): self", self);
    checkFunction("updateValue(self, key, fn): fn", fn);
    const server = this.#home.live;
    server.mustBeUnique("updateValue");
    const entry = server.under(key).find(({ holder }) => holder === self);
    if (entry === undefined) return undefined;
    const old = entry.value as V;
    entry.value = fn(old);
    return [entry.value as V, old];
  }

  /**
   * Calls a function with those who have a key, unless nobody has: for sending them all something, say.
   * @returns what the function returned
   * @example
   * topics.dispatch("news", (readers) => readers.forEach(({ pid }) => self.send(pid, { news: "..." })));
   */
  dispatch<R>(key: K, fn: (entries: Registered<V>[]) => R): R | undefined {
    checkFunction("dispatch(key, fn): fn", fn);
    const entries = this.lookup(key);
    return entries.length === 0 ? undefined : fn(entries);
  }

  /** Those under a key that a function says yes to. */
  match(key: K, test: (value: V, pid: Pid) => boolean): Registered<V>[] {
    checkFunction("match(key, test): test", test);
    return this.lookup(key).filter(({ value, pid }) => test(value, pid));
  }

  /** All that is registered, or what a function says yes to of it. */
  select(test: (one: RegisteredKey<K, V>) => boolean = () => true): RegisteredKey<K, V>[] {
    checkFunction("select(test): test", test);
    const all = this.#home.live.all().map((entry): RegisteredKey<K, V> => ({ key: entry.key as K, ...registered(entry) }));
    return all.filter(test);
  }

  /**
   * A key as a name (G4): it stands wherever a name is taken, in `send`, `monitor`, `whereis`, `register`, and in the `name` of what can be started with one. The
   * registry is asked each time.
   * @param value what `lookup` tells with it, when a process is registered by this name
   * @throws InvalidOption, when it is used, where keys are duplicate
   */
  via(key: K, value?: V): Via {
    return new KeyName(this.#home, key, value);
  }

  /** Ends the registry, and the processes in it with the same reason (`"normal"` ends none of them). */
  stop(reason: ExitReason = "shutdown"): Promise<void> {
    this.#home.server?.process.terminate(reason);
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  toString(): string {
    return `Registry ${this.#home.title}`;
  }
}
