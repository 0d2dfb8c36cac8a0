import { Exited, InvalidOption, NameTaken, NoProcess } from "./errors.js";
import { type Destination, type Pid, type Ref, type RemoteName, checkName, isAddress, makePid } from "./ids.js";
import { Inbox, type Match } from "./inbox.js";
import type { Entry } from "./mailbox.js";
import { Down, Exit } from "./messages.js";
import type { Node } from "./node.js";
import { checkMilliseconds } from "./options.js";
import { type ExitReason, isOrderly } from "./reasons.js";
import type { Runnable } from "./scheduler.js";
import type { ProcessFunction, ProcessInfo, ReceiveOptions, Self, SpawnProcessOptions, Timer } from "./self.js";
import { Ties } from "./ties.js";
import type { MessageTimer } from "./timer.js";
import { ExitKind, Op } from "./wire.js";

/** Is told, within the kernel, that a process ended: once, before anything that the process' code does later. */
export interface Ender {
  /** `value` is what the function returned, when the reason is `"normal"`. */
  ended(process: Process, reason: ExitReason, value: unknown): void;
}

export interface ProcessOptions extends SpawnProcessOptions {
  readonly args?: readonly unknown[] | undefined;
  /** The pid that asked for it, from whatever node. */
  readonly parent?: Pid | undefined;
  readonly callers?: readonly Pid[] | undefined;
  readonly ender?: Ender | undefined;
  /** For crash reports and inspection, where the function itself does not tell. */
  readonly runs?: string | undefined;
}

/** Thrown by `self.exit(reason)`: unwinds the function, and its process exits with the reason. */
class ExitRequest {
  constructor(readonly reason: ExitReason) {}
}

const none: readonly Pid[] = Object.freeze([]);
const never = (): boolean => false;
const notAsked = Symbol("not asked to end");

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
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
  #reason: ExitReason = notAsked;
  #inbox: Inbox | null = null;
  #ties: Ties | null = null;
  #aliases: Set<Ref> | null = null;
  #timers: Set<MessageTimer> | null = null;
  #enders: Set<Ender> | null = null;
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
    return this.#options.parent;
  }

  get callers(): readonly Pid[] {
    return this.#options.callers ?? none;
  }

  /** Who its own children have to thank: itself, and those who asked for it. */
  get chain(): readonly Pid[] {
    return [this.pid, ...this.callers];
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== notAsked) this.#controller.abort(new Exited(this.pid, this.#reason));
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
        (value) => {
          this.#returned(value);
        },
        (error: unknown) => {
          this.#threw(error);
        },
      );
    } else this.#returned(result);
  }

  #returned(value: unknown): void {
    this.busy = false;
    if (this.dead) this.node.stragglers--;
    else this.terminate("normal", value);
  }

  #threw(error: unknown): void {
    this.busy = false;
    if (this.dead) {
      this.node.stragglers--;
      return;
    }
    if (this.#reason !== notAsked) {
      this.terminate(this.#reason); // it was asked to end, and this is how its code came out
      return;
    }
    const reason = error instanceof ExitRequest ? error.reason : error;
    const told = this.#options.ender !== undefined || this.#enders !== null || this.#ties !== null;
    this.terminate(reason);
    if (!isOrderly(reason)) this.node.report(this, reason, told);
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
    if (this.#ties !== null) this.#ties.cut(node, this.pid, reason);
    if (this.#controller !== null) this.#controller.abort(new Exited(this.pid, reason));
    if (this.#inbox !== null) this.#inbox.abandon(() => new Exited(this.pid, reason), node.clock);
    this.#options.ender?.ended(this, reason, value);
    if (this.#enders !== null) for (const ender of this.#enders) ender.ended(this, reason, value);
    this.#ties = this.#aliases = this.#timers = this.#inbox = this.#enders = null;
  }

  /** Has `ender` told when this process ends; at once, when it has ended. */
  whenEnded(ender: Ender): void {
    if (this.dead) ender.ended(this, this.#reason, undefined);
    else (this.#enders ??= new Set()).add(ender);
  }

  unwatch(ender: Ender): void {
    this.#enders?.delete(ender);
  }

  #alive(): void {
    if (this.dead) throw new Exited(this.pid, this.#reason);
  }

  // ——— Messages ———

  send(to: Destination<never>, message: unknown): void {
    if (!this.dead) this.node.send(to, message);
  }

  sendAfter(to: Destination<never>, message: unknown, delay: number | { readonly at: number }): Timer {
    this.#alive();
    return this.node.sendAfter(to, message, delay);
  }

  /** A message arrives. Answers where it lies in the mailbox, or null when somebody was waiting for it or the process is dead. */
  deliver(message: unknown): Entry | null {
    if (this.dead) return null;
    return (this.#inbox ??= new Inbox()).deliver(message, this.node.scheduler, this.node.clock);
  }

  receive(match?: Match, options?: ReceiveOptions): Promise<never> {
    const after = options?.after;
    if (after !== undefined) checkMilliseconds("after", after);
    return this.#receive(match, after) as Promise<never>;
  }

  #receive(match: Match | undefined, after: number | undefined): Promise<unknown> {
    if (this.dead) return Promise.reject(new Exited(this.pid, this.#reason));
    return (this.#inbox ??= new Inbox()).receive(match, after, this.node.scheduler, this.node.clock);
  }

  async sleep(ms: number): Promise<void> {
    checkMilliseconds("sleep", ms);
    if (ms > 0) await this.#receive(never, ms);
    else {
      await new Promise<void>((resolve) => void this.node.clock.set(resolve, 0));
      this.#alive();
    }
  }

  /** Takes one message out again, wherever it lies. */
  take(entry: Entry): boolean {
    return this.#inbox?.mailbox.remove(entry) ?? false;
  }

  /** Removes every message that matches; answers how many. */
  flush(match: Match): number {
    return this.#inbox?.mailbox.removeAll(match) ?? 0;
  }

  // ——— Processes of its own ———

  #spawn(fn: (self: never) => unknown, options: SpawnProcessOptions | undefined): Pid {
    this.#alive();
    return this.node.start(fn as (...args: never[]) => unknown, { label: options?.label, parent: this.pid, callers: this.callers }).pid;
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

  // ——— Links ———

  link(to: Pid<never>): void {
    this.#alive();
    const pid = to as Pid;
    if (pid === this.pid || this.#ties?.links.has(pid)) return;
    this.addLink(pid);
    this.node.route([Op.link, pid, this.pid]);
  }

  unlink(to: Pid<never>): void {
    this.#alive();
    if (this.dropLink(to as Pid)) this.node.route([Op.unlink, to as Pid, this.pid]);
  }

  addLink(pid: Pid): void {
    (this.#ties ??= new Ties()).links.add(pid);
  }

  dropLink(pid: Pid): boolean {
    return this.#ties?.links.delete(pid) ?? false;
  }

  /** An exit signal arrives. One by a link that is no longer there is late, and dropped (K9). */
  signalled(from: Pid, reason: ExitReason, kind: ExitKind): void {
    if (this.dead || (kind === ExitKind.link && !this.dropLink(from))) return;
    if (reason === "kill" && kind !== ExitKind.link) this.terminate("killed");
    else if (this.trapExit) this.deliver(new Exit(from, reason));
    else if (kind === ExitKind.ask && this.#controller !== null) {
      if (this.#reason === notAsked) this.#reason = reason;
      this.#controller.abort(new Exited(this.pid, reason));
    } else if (reason !== "normal" || from === this.#pid) this.terminate(reason);
  }

  // ——— Monitors ———

  monitor(target: Pid<never> | string | RemoteName): Ref {
    this.#alive();
    const ref = this.node.ref();
    const to = this.node.addressOf(target);
    if (to === undefined) this.deliver(new Down(ref, target as Pid, "noproc"));
    else {
      (this.#ties ??= new Ties()).monitors.set(ref, { target: target as Pid, to });
      this.node.route([Op.monitor, to, this.pid, ref]);
    }
    return ref;
  }

  demonitor(ref: Ref, options?: { readonly flush?: boolean }): boolean {
    this.#alive();
    const was = this.#ties?.dropMonitor(this.node, ref) ?? false;
    if (options?.flush) this.flush((message) => message instanceof Down && message.ref === ref);
    return was;
  }

  /** The end of something this process monitors. */
  down(ref: Ref, reason: ExitReason): void {
    const message = this.#ties?.down(ref, reason);
    if (message !== undefined) this.deliver(message);
  }

  addWatcher(ref: Ref, watcher: Pid): void {
    (this.#ties ??= new Ties()).watchers.set(ref, watcher);
  }

  dropWatcher(ref: Ref): void {
    this.#ties?.watchers.delete(ref);
  }

  /** Nodes were lost: everything there that this process is tied to is down. */
  nodeLost(isLost: (address: string) => boolean, reason: ExitReason): void {
    if (this.#ties === null) return;
    const { refs, pids } = this.#ties.lost(isLost);
    for (const ref of refs) this.down(ref, reason);
    for (const pid of pids) this.signalled(pid, reason, ExitKind.link);
  }

  /** Has links or monitors, or is watched. */
  get isTied(): boolean {
    return this.#ties !== null;
  }

  // ——— Aliases, timers, names ———

  alias(options?: { readonly once?: boolean }): Ref {
    this.#alive();
    const ref = this.node.ref();
    (this.#aliases ??= new Set()).add(ref);
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

  /** A timer that goes when the process goes. */
  addTimer(timer: MessageTimer): void {
    (this.#timers ??= new Set()).add(timer);
  }

  dropTimer(timer: MessageTimer): void {
    this.#timers?.delete(timer);
  }

  exit(...given: [reason: ExitReason] | [pid: Pid<never>, reason: ExitReason]): never {
    if (given.length === 1) throw new ExitRequest(given[0]);
    this.#alive();
    const [to, reason] = given;
    if (typeof to !== "string" || !isAddress(to)) throw new InvalidOption("exit(pid, reason): pid", to, "give a pid, such as self.pid");
    this.node.route([Op.exit, to, this.pid, reason, ExitKind.signal]);
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
    const ties = this.#ties;
    return {
      pid: this.pid,
      status: this.#inbox?.waits ? "waiting" : this.busy ? "running" : "runnable",
      label: this.label,
      name: this.name,
      mailboxLength: this.#inbox?.mailbox.length ?? 0,
      links: ties === null ? none : [...ties.links],
      monitors: ties === null ? none : [...ties.monitors.values()].map(({ target }) => target),
      monitoredBy: ties === null ? none : [...ties.watchers.values()],
      trapExit: this.trapExit,
      parent: this.parent,
      callers: this.callers,
      runs: this.runs,
      since: this.since,
    };
  }
}
