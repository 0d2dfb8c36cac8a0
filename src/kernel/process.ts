import { ExitRequest, ProcessBody } from "./process-body.js";
import { InvalidOption, NameTaken, NoProcess } from "./errors.js";
import { type Destination, type LocalName, type Name, type Pid, type Ref, checkName, checkPid, isAddress, isVia } from "./ids.js";
import type { Match } from "./inbox.js";
import { Down } from "./messages.js";
import { type Check, checkFunction, checkKnown, checkMilliseconds, checkOptions, spawnOptions } from "./options.js";
import type { ExitReason } from "./reasons.js";
import type { ProcessFunction, ProcessInfo, ReceiveOptions, Self, SpawnProcessOptions, Timer } from "./self.js";
import { ExitKind, Op } from "./wire.js";

const never = (): boolean => false;

export const checkSelf: Check = (option, value) => {
  if (!(value instanceof Process)) throw new InvalidOption(option, value, "give a process' own self, such as this.self");
};

/** A process as its own function sees it: what `self` can do. The rest of it, which the kernel alone handles, is the body. */
export class Process extends ProcessBody implements Self {
  // ——— Messages ———

  send(to: Destination<never>, message: unknown): void {
    if (!this.dead) this.node.send(to, message);
  }

  sendAfter(to: Destination<never>, message: unknown, delay: number | { readonly at: number }): Timer {
    this.mustLive();
    return this.node.sendAfter(to, message, delay);
  }

  receive(match?: Match, options?: ReceiveOptions): Promise<never> {
    const after = options?.after;
    if (match !== undefined && typeof match !== "function")
      throw new InvalidOption("match", match, "give a function, or receive(undefined, { after })");
    if (after !== undefined) checkMilliseconds("after", after);
    else if (options !== undefined) checkKnown("receive options", options, ["after"]);
    return this.waitFor(match, after) as Promise<never>;
  }

  sleep(ms: number): Promise<void> {
    checkMilliseconds("sleep", ms);
    if (ms > 0) return this.waitFor(never, ms) as Promise<void>;
    const turn = new Promise<void>((resolve, reject) => {
      this.node.clock.set(() => {
        if (this.dead) this.waitFor(never, 0).catch(reject);
        else resolve();
      }, 0);
    });
    turn.catch(() => undefined); // a dead process may not look at it
    return turn;
  }

  progress(value: unknown): void {
    this.tell("progress", value);
  }

  // ——— Processes of its own ———

  #spawn(fn: (self: never) => unknown, options: SpawnProcessOptions | undefined): Pid {
    this.mustLive();
    checkFunction("spawn(fn): fn", fn);
    if (options !== undefined) checkOptions("spawn options", options, spawnOptions);
    const inherited = (this.held.offspring ??= { parent: this.pid, callers: this.callers });
    const { label } = options ?? {};
    return this.node.start(fn as (...args: never[]) => unknown, label === undefined ? inherited : { ...inherited, label }).pid;
  }

  spawn<N = unknown>(fn: ProcessFunction<N, unknown>, options?: SpawnProcessOptions): Pid<N> {
    return this.#spawn(fn, options) as Pid<N>;
  }

  spawnLink<N = unknown>(fn: ProcessFunction<N, unknown>, options?: SpawnProcessOptions): Pid<N> {
    const pid = this.#spawn(fn, options);
    this.link(pid);
    return pid as Pid<N>;
  }

  spawnMonitor<N = unknown>(fn: ProcessFunction<N, unknown>, options?: SpawnProcessOptions): { pid: Pid<N>; ref: Ref } {
    const pid = this.#spawn(fn, options);
    return { pid: pid as Pid<N>, ref: this.monitor(pid) };
  }

  // ——— Links and monitors ———

  link(to: Pid<never>): void {
    this.mustLive();
    checkPid("link(pid): pid", to);
    const pid = to as Pid;
    if (pid === this.pid) return;
    this.addLink(pid);
    // Told even when it is linked already: where an unlink crossed a link on a wire, the other side may not know of it.
    this.node.route([Op.link, pid, this.pid]);
  }

  unlink(to: Pid<never>): void {
    this.mustLive();
    if (this.dropLink(to as Pid)) this.node.route([Op.unlink, to as Pid, this.pid]);
  }

  monitor(target: Pid<never> | Name): Ref {
    this.mustLive();
    if (typeof target === "string" && isAddress(target))
      checkPid("monitor(target): target", target, "give a pid or a name; an alias is for messages alone");
    const ref = this.node.ref();
    const to = this.node.addressOf(target);
    if (to === undefined) this.deliver(new Down(ref, target as Pid, "noproc"));
    else {
      this.ties.monitors.set(ref, { target: target as Pid, to });
      this.node.route([Op.monitor, to, this.pid, ref]);
    }
    return ref;
  }

  demonitor(ref: Ref, options?: { readonly flush?: boolean }): boolean {
    this.mustLive();
    const was = this.tied?.dropMonitor(this.node, ref) ?? false;
    if (options?.flush) this.flush((message) => message instanceof Down && message.ref === ref);
    return was;
  }

  // ——— Aliases ———

  alias(options?: { readonly once?: boolean }): Ref {
    this.mustLive();
    const ref = this.node.ref();
    (this.held.aliases ??= new Set()).add(ref);
    const once = options?.once === true;
    this.node.table.set(ref, {
      deliver: (message) => {
        if (once) this.unalias(ref);
        this.deliver(message);
      },
    });
    return ref;
  }

  unalias(ref: Ref): boolean {
    if (!this.holdings?.aliases?.delete(ref)) return false;
    return this.node.table.delete(ref);
  }

  // ——— Exits, names, others ———

  exit(...given: [reason: ExitReason] | [pid: Pid<never>, reason: ExitReason]): never {
    if (given.length === 1) throw new ExitRequest(given[0]);
    this.mustLive();
    const [to, reason] = given;
    checkPid("exit(pid, reason): pid", to);
    this.node.route([Op.exit, to, this.pid, reason, ExitKind.signal]);
    return undefined as never;
  }

  register(name: LocalName): void {
    this.mustLive();
    checkName("name", name);
    if (isVia(name)) {
      name.take(this);
      return;
    }
    const holder = this.node.names.get(name);
    if (holder !== undefined && holder !== this) throw new NameTaken(name, holder.pid);
    const held = this.held;
    if (held.name !== undefined && held.name !== name) throw new InvalidOption("name", name, `${this.pid} is already registered as ${held.name}`);
    held.name = name;
    this.node.names.set(name, this);
  }

  unregister(name: LocalName): boolean {
    this.mustLive();
    if (isVia(name)) return name.free(this);
    const holder = this.node.names.get(name);
    if (holder === undefined) throw new NoProcess(name);
    holder.forgetName();
    return this.node.names.delete(name);
  }

  whereis(name: LocalName): Pid | undefined {
    return this.node.whereis(name);
  }

  info(pid: Pid<never>): ProcessInfo | undefined {
    return this.node.info(pid);
  }
}
