import { Exited, InvalidOption, NameTaken, NoProcess } from "./errors.js";
import { type Destination, type Pid, type Ref, type RemoteName, checkName, isAddress, makePid, nameAddress } from "./ids.js";
import { type Entry, Mailbox } from "./mailbox.js";
import { Down, Exit } from "./messages.js";
import type { Node } from "./node.js";
import { checkMilliseconds } from "./options.js";
import { type ExitReason, isOrderly } from "./reasons.js";
import type { Runnable } from "./scheduler.js";
import type { ProcessFunction, ProcessInfo, ReceiveOptions, Self, SpawnProcessOptions, Timer } from "./self.js";
import { MessageTimer } from "./timer.js";
import { Op } from "./wire.js";

/** Is told, within the kernel, that a process ended: once, and once more when its function outlived it and then returned. */
export interface Ender {
  ended(process: Process, reason: ExitReason, value: unknown): void;
  returned?(process: Process): void;
}

export interface ProcessOptions extends SpawnProcessOptions {
  readonly args?: readonly unknown[] | undefined;
  readonly parent?: Process | undefined;
  readonly callers?: readonly Pid[] | undefined;
  readonly ender?: Ender | undefined;
  readonly link?: boolean;
  /** For crash reports and inspection, where the function itself does not tell. */
  readonly runs?: string | undefined;
}

type Match = (message: unknown) => boolean;

/** A `receive` that waits. */
interface Waiter {
  readonly resolve: (value: unknown) => void;
  readonly promise: Promise<unknown>;
  readonly match: Match | undefined;
  timer: unknown;
  next: Waiter | null;
}

/** Thrown by `self.exit(reason)`: unwinds the function, and its process exits with the reason. */
class ExitRequest {
  constructor(readonly reason: ExitReason) {}
}

let resolveLast: (value: unknown) => void;
const capture = (resolve: (value: unknown) => void): void => {
  resolveLast = resolve;
};

const none: readonly Pid[] = Object.freeze([]);
const ignore = (): void => {};
const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/** A process: identity, mailbox, links and monitors around one running function. It is its function's `self`. */
export class Process implements Self, Runnable {
  readonly node: Node;
  readonly id: number;
  readonly since: number;
  label: string | undefined;
  trapExit = false;
  /** Neighbours in the node's list of live processes. */
  previous: Process | null = null;
  next: Process | null = null;
  name: string | undefined = undefined;
  dead = false;
  /** The function has begun, and has not returned. */
  busy = false;

  readonly #fn: (...args: never[]) => unknown;
  readonly #options: ProcessOptions;
  #pid: Pid | undefined = undefined;
  #reason: ExitReason = undefined;
  #mailbox: Mailbox | null = null;
  #waiter: Waiter | null = null;
  #links: Set<Pid> | null = null;
  #monitors: Map<Ref, Pid | string | RemoteName> | null = null;
  #watchers: Map<Ref, Pid> | null = null;
  #aliases: Set<Ref> | null = null;
  #timers: Set<MessageTimer> | null = null;
  #controller: AbortController | null = null;

  constructor(node: Node, id: number, fn: (...args: never[]) => unknown, options: ProcessOptions) {
    this.node = node;
    this.id = id;
    this.since = node.coarseNow();
    this.label = options.label;
    this.#fn = fn;
    this.#options = options;
  }

  // ——— Identity ———

  /** Made when first asked for: most tasks live and end without anybody knowing theirs. */
  get pid(): Pid {
    if (this.#pid !== undefined) return this.#pid;
    const pid = makePid(this.node.name, this.id);
    this.#pid = pid;
    if (!this.dead) this.node.table.set(pid, this);
    return pid;
  }

  get parent(): Pid | undefined {
    return this.#options.parent?.pid;
  }

  get callers(): readonly Pid[] {
    return this.#options.callers ?? none;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.dead) this.#controller.abort(new Exited(this.pid, this.#reason));
    }
    return this.#controller.signal;
  }

  /** The name of the function it runs. */
  get runs(): string {
    return this.#options.runs ?? (this.#fn.name || "(anonymous function)");
  }

  get args(): readonly unknown[] | undefined {
    return this.#options.args;
  }

  // ——— Life ———

  begin(): void {
    if (this.dead) return;
    this.busy = true;
    let result: unknown;
    try {
      const args = this.#options.args;
      result = args === undefined ? this.#fn(this as never) : this.#fn(...(args as never[]));
    } catch (error) {
      this.#threw(error);
      return;
    }
    if (isThenable(result)) {
      result.then(
        (value) => this.#returned(value),
        (error: unknown) => this.#threw(error),
      );
    } else this.#returned(result);
  }

  #returned(value: unknown): void {
    this.busy = false;
    if (this.dead) this.#straggled();
    else this.terminate("normal", value);
  }

  #threw(error: unknown): void {
    this.busy = false;
    if (this.dead) this.#straggled();
    else this.terminate(error instanceof ExitRequest ? error.reason : error);
  }

  #straggled(): void {
    this.node.stragglers--;
    this.#options.ender?.returned?.(this);
  }

  /** Ends the process, whatever its function does: everybody concerned is told before any of its code runs again (K12). */
  terminate(reason: ExitReason, value?: unknown): void {
    if (this.dead) return;
    this.dead = true;
    this.#reason = reason;
    const node = this.node;
    node.remove(this, this.#pid);
    if (this.busy) node.stragglers++;
    if (this.#aliases !== null) for (const ref of this.#aliases) node.table.delete(ref);
    if (this.#timers !== null) for (const timer of this.#timers) timer.cancel();
    if (this.#links !== null) for (const to of this.#links) node.route([Op.exit, to, this.pid, reason, true]);
    if (this.#watchers !== null) for (const [ref, to] of this.#watchers) node.route([Op.down, to, ref, reason]);
    if (this.#monitors !== null) for (const ref of [...this.#monitors.keys()]) this.#dropMonitor(ref);
    const ender = this.#options.ender;
    if (!isOrderly(reason) && reason !== "killed") node.report(this, reason, ender !== undefined || this.#watchers !== null);
    this.#controller?.abort(new Exited(this.pid, reason));
    this.#abandonWaiters(reason);
    ender?.ended(this, reason, value);
    this.#links = this.#watchers = this.#monitors = this.#aliases = this.#timers = this.#mailbox = null;
  }

  #abandonWaiters(reason: ExitReason): void {
    let waiter = this.#waiter;
    this.#waiter = null;
    for (; waiter !== null; waiter = waiter.next) {
      if (waiter.timer !== undefined) this.node.clock.clear(waiter.timer);
      waiter.promise.catch(ignore);
      waiter.resolve(Promise.reject(new Exited(this.pid, reason)));
    }
  }

  #alive(): void {
    if (this.dead) throw new Exited(this.pid, this.#reason);
  }

  // ——— Messages ———

  send(to: Destination<never>, message: unknown): void {
    if (!this.dead) this.node.send(to, message, this);
  }

  sendAfter(to: Destination<never>, message: unknown, delay: number | { readonly at: number }): Timer {
    this.#alive();
    return this.node.sendAfter(to, message, delay);
  }

  /** A message arrives. Answers where it lies in the mailbox, or null when somebody was waiting for it or the process is dead. */
  deliver(message: unknown): Entry | null {
    if (this.dead) return null;
    let before: Waiter | null = null;
    for (let waiter = this.#waiter; waiter !== null; before = waiter, waiter = waiter.next) {
      if (waiter.match !== undefined && !waiter.match(message)) continue;
      if (before === null) this.#waiter = waiter.next;
      else before.next = waiter.next;
      if (waiter.timer !== undefined) this.node.clock.clear(waiter.timer);
      this.node.scheduler.wake(waiter.resolve, message);
      return null;
    }
    this.#mailbox ??= new Mailbox();
    return this.#mailbox.push(message);
  }

  receive(match?: Match, options?: ReceiveOptions): Promise<never> {
    return this.#receive(match, options?.after) as Promise<never>;
  }

  #receive(match: Match | undefined, after: number | undefined): Promise<unknown> {
    if (after !== undefined) checkMilliseconds("after", after);
    if (this.dead) return Promise.reject(new Exited(this.pid, this.#reason));
    const mailbox = this.#mailbox;
    if (mailbox !== null && mailbox.length > 0) {
      let entry: Entry | null;
      try {
        entry = mailbox.find(match);
      } catch (error) {
        return Promise.reject(error);
      }
      if (entry !== null) {
        mailbox.remove(entry);
        if (this.node.scheduler.spend()) return Promise.resolve(entry.message);
        const turn = new Promise<unknown>(capture);
        this.node.scheduler.wake(resolveLast, entry.message);
        return turn;
      }
    }
    if (after === 0) return Promise.resolve(undefined);
    const promise = new Promise<unknown>(capture);
    const waiter: Waiter = { resolve: resolveLast, promise, match, timer: undefined, next: null };
    if (after !== undefined) waiter.timer = this.node.clock.set(() => this.#giveUp(waiter), after);
    if (this.#waiter === null) this.#waiter = waiter;
    else {
      let last = this.#waiter;
      while (last.next !== null) last = last.next;
      last.next = waiter;
    }
    return promise;
  }

  #giveUp(waiter: Waiter): void {
    if (this.#waiter === waiter) this.#waiter = waiter.next;
    else for (let w = this.#waiter; w !== null; w = w.next) if (w.next === waiter) w.next = waiter.next;
    this.node.scheduler.wake(waiter.resolve, undefined);
  }

  async sleep(ms: number): Promise<void> {
    checkMilliseconds("sleep", ms);
    if (ms > 0) await this.#receive(never, ms);
    else await new Promise<void>((resolve) => void this.node.clock.set(resolve, 0));
  }

  /** Takes one message out again, wherever it lies. */
  take(entry: Entry): boolean {
    return this.#mailbox?.remove(entry) ?? false;
  }

  /** Removes every message that matches; answers how many. */
  flush(match: Match): number {
    return this.#mailbox?.removeAll(match) ?? 0;
  }

  // ——— Processes of its own ———

  #spawn(fn: ProcessFunction<never, unknown>, options: SpawnProcessOptions | undefined, link: boolean): Process {
    this.#alive();
    return this.node.start(fn as (...args: never[]) => unknown, { ...options, parent: this, link, callers: this.callers });
  }

  spawn(fn: ProcessFunction<never, unknown>, options?: SpawnProcessOptions): Pid<never> {
    return this.#spawn(fn, options, false).pid;
  }

  spawnLink(fn: ProcessFunction<never, unknown>, options?: SpawnProcessOptions): Pid<never> {
    return this.#spawn(fn, options, true).pid;
  }

  spawnMonitor(fn: ProcessFunction<never, unknown>, options?: SpawnProcessOptions): { pid: Pid<never>; ref: Ref } {
    const pid = this.#spawn(fn, options, false).pid;
    return { pid, ref: this.monitor(pid) };
  }

  // ——— Links ———

  link(to: Pid<never>): void {
    this.#alive();
    const pid = to as Pid;
    if (pid === this.pid || this.#links?.has(pid)) return;
    this.addLink(pid);
    this.node.route([Op.link, pid, this.pid]);
  }

  unlink(to: Pid<never>): void {
    this.#alive();
    if (this.dropLink(to as Pid)) this.node.route([Op.unlink, to as Pid, this.pid]);
  }

  addLink(pid: Pid): void {
    this.#links ??= new Set();
    this.#links.add(pid);
  }

  dropLink(pid: Pid): boolean {
    return this.#links?.delete(pid) ?? false;
  }

  /** An exit signal arrives. One by a link that is no longer there is late, and dropped (K9). */
  signalled(from: Pid, reason: ExitReason, byLink: boolean): void {
    if (this.dead || (byLink && !this.dropLink(from))) return;
    if (reason === "kill" && !byLink) this.terminate("killed");
    else if (this.trapExit) this.deliver(new Exit(from, reason));
    else if (reason !== "normal" || from === this.#pid) this.terminate(reason);
  }

  // ——— Monitors ———

  monitor(target: Pid<never> | string | RemoteName): Ref {
    this.#alive();
    const ref = this.node.ref();
    this.#monitors ??= new Map();
    this.#monitors.set(ref, target as Pid);
    const to = this.node.addressOf(target);
    if (to === undefined) this.down(ref, "noproc");
    else this.node.route([Op.monitor, to, this.pid, ref]);
    return ref;
  }

  demonitor(ref: Ref, options?: { readonly flush?: boolean }): boolean {
    this.#alive();
    const was = this.#dropMonitor(ref);
    if (options?.flush) this.flush((message) => message instanceof Down && message.ref === ref);
    return was;
  }

  #dropMonitor(ref: Ref): boolean {
    const target = this.#monitors?.get(ref);
    if (target === undefined) return false;
    this.#monitors?.delete(ref);
    const to = this.node.addressOf(target);
    if (to !== undefined) this.node.route([Op.demonitor, to, ref]);
    return true;
  }

  /** The end of something this process monitors. */
  down(ref: Ref, reason: ExitReason): void {
    const target = this.#monitors?.get(ref);
    if (target === undefined) return;
    this.#monitors?.delete(ref);
    this.deliver(new Down(ref, target, reason));
  }

  addWatcher(ref: Ref, watcher: Pid): void {
    this.#watchers ??= new Map();
    this.#watchers.set(ref, watcher);
  }

  dropWatcher(ref: Ref): void {
    this.#watchers?.delete(ref);
  }

  /** Nodes were lost: everything there that this process is tied to is down. */
  nodeLost(isLost: (address: string) => boolean, reason: ExitReason): void {
    if (this.#watchers !== null) for (const [ref, pid] of this.#watchers) if (isLost(pid)) this.#watchers.delete(ref);
    if (this.#monitors !== null) {
      for (const [ref, target] of [...this.#monitors]) {
        const address = typeof target === "string" ? target : nameAddress(target);
        if (isAddress(address) && isLost(address)) this.down(ref, reason);
      }
    }
    if (this.#links !== null) for (const pid of [...this.#links]) if (isLost(pid)) this.signalled(pid, reason, true);
  }

  // ——— Aliases, timers, names ———

  alias(options?: { readonly once?: boolean }): Ref {
    this.#alive();
    const ref = this.node.ref();
    this.#aliases ??= new Set();
    this.#aliases.add(ref);
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
    if (!this.#aliases?.delete(ref)) return false;
    return this.node.table.delete(ref);
  }

  addTimer(timer: MessageTimer): void {
    this.#timers ??= new Set();
    this.#timers.add(timer);
  }

  dropTimer(timer: MessageTimer): void {
    this.#timers?.delete(timer);
  }

  exit(...given: [reason: ExitReason] | [pid: Pid<never>, reason: ExitReason]): never {
    if (given.length === 1) throw new ExitRequest(given[0]);
    this.#alive();
    const [to, reason] = given;
    if (typeof to !== "string" || !isAddress(to)) throw new InvalidOption("exit(pid, reason): pid", to, "give a pid, such as self.pid");
    this.node.route([Op.exit, to, this.pid, reason, false]);
    return undefined as never;
  }

  register(name: string): void {
    this.#alive();
    checkName("name", name);
    const holder = this.node.names.get(name);
    if (holder !== undefined && holder !== this) throw new NameTaken(name, holder.pid);
    if (this.name !== undefined && this.name !== name) throw new InvalidOption("name", name, `${this.pid} is already registered as ${this.name}`);
    this.name = name;
    this.node.names.set(name, this);
  }

  unregister(name: string): boolean {
    const holder = this.node.names.get(name);
    if (holder === undefined) throw new NoProcess(name);
    holder.name = undefined;
    return this.node.names.delete(name);
  }

  whereis(name: string): Pid | undefined {
    return this.node.whereis(name);
  }

  info(pid: Pid<never>): ProcessInfo | undefined {
    return this.node.info(pid);
  }

  describe(): ProcessInfo {
    return {
      pid: this.pid,
      status: this.#waiter !== null ? "waiting" : this.busy ? "running" : "runnable",
      label: this.label,
      name: this.name,
      mailboxLength: this.mailboxLength,
      links: [...(this.#links ?? none)],
      monitors: [...(this.#monitors?.values() ?? none)],
      monitoredBy: [...(this.#watchers?.values() ?? none)],
      trapExit: this.trapExit,
      parent: this.parent,
      callers: this.callers,
      runs: this.runs,
      since: this.since,
    };
  }

  get mailboxLength(): number {
    return this.#mailbox?.length ?? 0;
  }
}

const never = (): boolean => false;
