import { isObject } from "./attempt.js";
import { Exited } from "./errors.js";
import type { CrashDetails } from "./crash-report.js";
import { Holdings } from "./holdings.js";
import { type Pid, type Ref, makePid } from "./ids.js";
import { Inbox, type Match, rejected } from "./inbox.js";
import type { Entry } from "./mailbox.js";
import { Exit } from "./messages.js";
import type { Node } from "./node.js";
import type { Process } from "./process.js";
import { type ExitReason, isOrderly } from "./reasons.js";
import { refuseGenerator } from "./refuse-generator.js";
import type { Runnable } from "./scheduler.js";
import type { ProcessInfo, SpawnProcessOptions } from "./self.js";
import { Ties } from "./ties.js";
import type { MessageTimer } from "./timer.js";
import { ExitKind, type Tidings } from "./wire.js";

/** Is told, within the kernel, that a process ended: once, before anything that the process' code does later. */
export interface Ender {
  /** `value` is what the function returned, when the reason is `"normal"`. */
  ended(process: Process, reason: ExitReason, value: unknown): void;
  /** It reports a crash itself, for it knows who is told of the outcome. */
  readonly reports?: boolean;
  /** The process tells something of its work while it runs. */
  told?(what: Tidings, value: unknown): void;
  /** Somebody knows its pid from now on, of which this is the number. */
  known?(id: number): void;
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
export class ExitRequest {
  constructor(readonly reason: ExitReason) {}
}

const none: readonly Pid[] = Object.freeze([]);
const untied = new Ties();

/** Those from `dead` on are dead. */
enum State {
  ready,
  busy,
  dead,
  straggling,
}
const notAsked = Symbol("not asked to end");

export const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  isObject(value) && typeof (value as { then?: unknown }).then === "function";

/**
 * A process as the kernel handles it: identity, life, mailbox, and what ties it to others. Its methods are not `#private`: that would cost each
 * process a field.
 */
export abstract class ProcessBody implements Runnable {
  declare readonly node: Node;
  /** Neighbours in the node's list of live processes. */
  previous: Process | null = null;
  next: Process | null = null;
  /** How far it is: not begun, its function runs, its function has returned; and the same for a process that is dead already. */
  #state: State = State.ready;

  readonly #fn: (...args: never[]) => unknown;
  readonly #options: ProcessOptions;
  /** Milliseconds after the node: a small number takes no memory of its own. */
  readonly #began: number;
  /** Its number, until somebody asks for the pid: most tasks live and end without anybody knowing theirs. */
  #pid: Pid | number;
  #reason: ExitReason = notAsked;
  #inbox: Inbox | null = null;
  #holdings: Holdings | null = null;

  constructor(node: Node, id: number, fn: (...args: never[]) => unknown, options: ProcessOptions) {
    this.node = node;
    this.#pid = id;
    this.#began = node.age();
    this.#fn = fn;
    this.#options = options;
  }

  /** Made when the first thing is to be held. */
  protected get held(): Holdings {
    return (this.#holdings ??= new Holdings());
  }

  /** Only to look. */
  protected get holdings(): Holdings | null {
    return this.#holdings;
  }

  protected get ties(): Ties {
    return (this.held.ties ??= new Ties());
  }

  /** Its links and monitors, and who watches it, if it has had any. */
  get tied(): Ties | null | undefined {
    return this.#holdings?.ties;
  }

  // ——— Identity ———

  get pid(): Pid {
    if (typeof this.#pid !== "number") return this.#pid;
    const id = this.#pid;
    const pid = makePid(this.node.name, id);
    this.#pid = pid;
    if (!this.dead) {
      this.node.table.set(pid, this);
      this.#options.ender?.known?.(id);
    }
    return pid;
  }

  get since(): number {
    return this.node.bornAt + this.#began;
  }

  get dead(): boolean {
    return this.#state >= State.dead;
  }

  /** The function has begun, and has not returned. */
  get busy(): boolean {
    return this.#state === State.busy || this.#state === State.straggling;
  }

  get name(): string | undefined {
    return this.#holdings?.name;
  }

  get label(): string | undefined {
    return this.#holdings?.label ?? this.#options.label;
  }

  set label(label: string | undefined) {
    this.held.label = label;
  }

  get trapExit(): boolean {
    return this.#holdings?.trapExit ?? false;
  }

  set trapExit(traps: boolean) {
    if (traps || this.#holdings !== null) this.held.trapExit = traps;
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
    const held = this.held;
    if (held.controller === null) {
      held.controller = new AbortController();
      if (this.#reason !== notAsked) held.controller.abort(new Exited(this.pid, this.#reason));
    }
    return held.controller.signal;
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
    if (this.#state !== State.ready) return;
    this.#state = State.busy;
    let result: unknown;
    try {
      const args = this.#options.args;
      result = args === undefined ? this.#fn(this as never) : this.#fn(...(args as never[]));
      // What is only like a promise may answer twice.
      if (isThenable(result)) {
        const promise = result instanceof Promise ? result : Promise.resolve(result);
        // Bound functions, for they are smaller than closures and the scope they share.
        promise.then(this.returned.bind(this), this.threw.bind(this));
        return;
      }
      refuseGenerator(result, this.runs);
    } catch (error) {
      this.threw(error);
      return;
    }
    this.returned(result);
  }

  private returned(value: unknown): void {
    if (this.#state === State.straggling) this.straggled();
    else if (this.#state === State.busy) {
      this.#state = State.ready;
      this.terminate("normal", value);
    }
  }

  private threw(error: unknown): void {
    if (this.#state === State.straggling) {
      this.straggled();
      return;
    }
    if (this.#state !== State.busy) return; // what it returned settles twice
    this.#state = State.ready;
    if (this.#reason !== notAsked) {
      this.terminate(this.#reason); // it was asked to end, and this is how its code came out
      return;
    }
    const reason = error instanceof ExitRequest ? error.reason : error;
    const { ender } = this.#options;
    if (isOrderly(reason) || ender?.reports === true) {
      this.terminate(reason);
      return;
    }
    // All of this is let go when it ends.
    const details = { label: this.label, mailboxLength: this.#inbox?.length, ...this.#holdings?.notes };
    const told = details.supervisor === undefined && (ender !== undefined || this.tied?.areWatched === true);
    this.terminate(reason);
    this.node.report(this as unknown as Process, reason, told, details);
  }

  /** What a crash report is to say that its supervisor and what handles its messages know. */
  get notes(): CrashDetails {
    return (this.held.notes ??= {});
  }

  private straggled(): void {
    this.#state = State.dead;
    this.node.stragglers--;
  }

  /** Ends the process, whatever its function does: everybody concerned is told before any of its code runs again (K12). */
  terminate(reason: ExitReason, value?: unknown): void {
    if (this.dead) return;
    const node = this.node;
    if (this.#state === State.busy) node.stragglers++;
    this.#state = this.#state === State.busy ? State.straggling : State.dead;
    this.#reason = reason;
    node.remove(this as unknown as Process, typeof this.#pid === "number" ? undefined : this.#pid);
    const held = this.#holdings;
    // Whoever started it is told first: a task's reply arrives before the exit by its link.
    this.#options.ender?.ended(this as unknown as Process, reason, value);
    if (held !== null) this.letGo(held, reason);
    if (this.#inbox !== null) this.#inbox.abandon(() => new Exited(this.pid, reason), node.clock);
    this.#inbox = this.#holdings = null;
    if (held === null) return;
    if (held.enders !== null) for (const ender of held.enders) ender.ended(this as unknown as Process, reason, value);
    const { controller } = held;
    if (controller !== null) node.afterExits(() => controller.abort(new Exited(this.pid, reason)));
  }

  private letGo({ name, aliases, timers, ties }: Holdings, reason: ExitReason): void {
    const node = this.node;
    if (name !== undefined) node.names.delete(name);
    if (aliases !== null) for (const ref of aliases) node.table.delete(ref);
    if (timers !== null) for (const timer of timers) timer.cancel();
    if (ties !== null) ties.cut(node, this.pid, reason);
  }

  /** Has `ender` told when this process ends; at once, when it has ended. */
  whenEnded(ender: Ender): void {
    if (this.dead) ender.ended(this as unknown as Process, this.#reason, undefined);
    else (this.held.enders ??= new Set()).add(ender);
  }

  unwatch(ender: Ender): void {
    this.#holdings?.enders?.delete(ender);
  }

  /** @throws Exited */
  mustLive(): void {
    if (this.dead) throw new Exited(this.pid, this.#reason);
  }

  /** Tells whoever started it something of its work, if that one listens. */
  tell(what: Tidings, value: unknown): void {
    if (!this.dead) this.#options.ender?.told?.(what, value);
  }

  // ——— Messages ———

  /** A message arrives. Answers where it lies in the mailbox, or null when somebody was waiting for it or the process is dead. */
  deliver(message: unknown): Entry | null {
    if (this.dead) return null;
    return (this.#inbox ??= new Inbox()).deliver(message, this.node.scheduler, this.node.clock);
  }

  protected waitFor(match: Match | undefined, after: number | undefined): Promise<unknown> {
    if (this.dead) return rejected(new Exited(this.pid, this.#reason));
    const inbox = (this.#inbox ??= new Inbox());
    const received = inbox.receive(match, after, this.node.scheduler, this.node.clock);
    if (match !== undefined && this.dead) inbox.abandon(() => new Exited(this.pid, this.#reason), this.node.clock); // by its match
    return received;
  }

  /** Takes one message out again, wherever it lies. */
  take(entry: Entry): boolean {
    return this.#inbox?.remove(entry) ?? false;
  }

  /** Removes every message that matches; answers how many. */
  flush(match: Match): number {
    return this.#inbox?.removeAll(match) ?? 0;
  }

  // ——— Links ———

  addLink(pid: Pid): void {
    this.ties.links.add(pid);
  }

  dropLink(pid: Pid): boolean {
    return this.tied?.links.delete(pid) ?? false;
  }

  /** An exit signal arrives. One by a link that is no longer there is late, and dropped (K9). */
  signalled(from: Pid, reason: ExitReason, kind: ExitKind): void {
    if (this.dead || (kind === ExitKind.link && !this.dropLink(from))) return;
    if (reason === "kill" && kind !== ExitKind.link) this.terminate("killed");
    else if (this.trapExit) this.deliver(new Exit(from, reason));
    else if (kind === ExitKind.ask && this.#holdings?.controller) {
      if (this.#reason === notAsked) this.#reason = reason;
      this.#holdings.controller.abort(new Exited(this.pid, reason));
    } else if (reason !== "normal" || from === this.#pid) this.terminate(reason);
  }

  // ——— Monitors ———

  /** The end of something this process monitors. */
  down(ref: Ref, reason: ExitReason): void {
    const message = this.tied?.down(ref, reason);
    if (message !== undefined) this.deliver(message);
  }

  addWatcher(ref: Ref, watcher: Pid): void {
    this.ties.watchers.set(ref, watcher);
  }

  dropWatcher(ref: Ref): boolean {
    return this.tied?.watchers.delete(ref) ?? false;
  }

  // ——— Aliases, timers, names ———

  /** A timer that goes when the process goes. */
  addTimer(timer: MessageTimer): void {
    (this.held.timers ??= new Set()).add(timer);
  }

  dropTimer(timer: MessageTimer): void {
    this.#holdings?.timers?.delete(timer);
  }

  /** Its name is free again. */
  forgetName(): void {
    if (this.#holdings !== null) this.#holdings.name = undefined;
  }

  describe(): ProcessInfo {
    const ties = this.tied ?? untied;
    return {
      pid: this.pid,
      status: this.#inbox?.waits ? "waiting" : this.busy ? "running" : "runnable",
      label: this.label,
      name: this.name,
      mailboxLength: this.#inbox?.length ?? 0,
      links: [...ties.links],
      monitors: [...ties.monitors.values()].map(({ target }) => target),
      monitoredBy: [...ties.watchers.values()],
      trapExit: this.trapExit,
      parent: this.parent,
      callers: this.callers,
      runs: this.runs,
      since: this.since,
    };
  }
}
