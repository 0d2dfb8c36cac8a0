import { ambience } from "./ambience.js";
import { isError } from "./attempt.js";
import { type Clock, systemClock } from "./clock.js";
import { type CrashDetails, type CrashReport, type Reporter, consoleReporter, guarded } from "./crash-report.js";
import { Exited, InvalidOption, NoProcess } from "./errors.js";
import {
  type Destination,
  type LocalName,
  type Pid,
  type Ref,
  bareNode,
  checkNodeName,
  isAddress,
  isVia,
  makeRef,
  nameAddress,
  nameIn,
  nodeOf,
} from "./ids.js";
import { checkFinite, checkFunction, checkOptions, having, spawnOptions } from "./options.js";
import { Process } from "./process.js";
import { type Ender, type ProcessOptions, isThenable } from "./process-body.js";
import type { ExitReason } from "./reasons.js";
import { Scheduler } from "./scheduler.js";
import type { ProcessFunction, ProcessInfo, SpawnProcessOptions, Timer } from "./self.js";
import { MessageTimer } from "./timer.js";
import { takeMark } from "./transfer.js";
import { type AddressedSignal, ExitKind, Op } from "./wire.js";

/** What a node can be made with; the defaults are those of a program. */
export interface NodeOptions {
  /** What pids of this node begin with. Default `"main"`. */
  readonly name?: string;
  /** Where its time comes from. Default: the system's. */
  readonly clock?: Clock;
  /** What decides when its processes run. Default: one of its own. */
  readonly scheduler?: Scheduler;
  /** Is told of every crash; the default prints those that nobody else was told of. */
  readonly reporter?: Reporter;
}

const checks = {
  name: (_option: string, name: unknown) => checkNodeName(name),
  clock: having("set", "give a clock, such as systemClock or a VirtualClock"),
  scheduler: having("wake", "give a Scheduler"),
  reporter: checkFunction,
};

const plain = Object.freeze({});

/** A timer that has nothing to do. */
const overTimer: Timer = Object.freeze({ cancel: () => false as const });

/** The ways to other nodes. */
export interface Elsewhere {
  /** Answers false when there is no way to the node. @throws NotCloneable when it is a message that cannot go there */
  forward(node: string, signal: AddressedSignal): boolean;
  /** The message as it is now, for a node that there is a way to. @throws NotCloneable */
  copyFor(node: string, message: unknown): unknown;
}

/** Whoever a name stands for: a process of this node, or one that runs elsewhere on its behalf. */
export interface Named {
  readonly pid: Pid;
  readonly dead: boolean;
  /** Its name is free again. */
  forgetName(): void;
}

/** Something that messages can be sent to by its address. */
interface Addressee {
  deliver(message: unknown): unknown;
}

/**
 * Within a node a message is handed over as it is. Whoever received a promise, or anything else that has a `then`, would get what comes of that instead, or
 * nothing, for `await` looks no further.
 */
function checkMessage(message: unknown): void {
  takeMark(message);
  if (isThenable(message)) throw new InvalidOption("message", message, "await it first: a promise is no message");
}

function handOver(message: unknown, to: Addressee): void {
  checkMessage(message);
  to.deliver(message);
}

/**
 * An event loop's share of the system: its processes, their names, and the wires to other nodes. A node is an object: tests make
 * several in one event loop. Most programs use the one that is there (`defaultNode`).
 *
 * @throws InvalidOption for an option that cannot be
 * @example
 * const node = new Node({ name: "test", reporter: (report) => crashes.push(report) });
 * await node.run(async (self) => self.sleep(10));
 */
export class Node {
  declare readonly name: string;
  /** What it is called by those who do not know its incarnation. */
  declare readonly bareName: string;
  declare readonly clock: Clock;
  declare readonly scheduler: Scheduler;
  #reporter: Reporter;
  /** Processes and aliases that somebody knows the address of. */
  readonly table = new Map<string, Addressee>();
  readonly names = new Map<string, Named>();
  /** Milliseconds since the epoch. */
  declare readonly bornAt: number;
  /** Functions that have outlived their process. */
  stragglers = 0;
  /** How often something arrived from another node that is no signal, or not one that it may send: it is refused, with what came behind it at once (N5). */
  refused = 0;
  /** The youngest live process; from there on by `next`. */
  first: Process | null = null;
  /** Comes with the first wire. */
  elsewhere: Elsewhere | undefined = undefined;

  readonly #exits: AddressedSignal[] = [];
  readonly #afterExits: (() => void)[] = [];
  #count = 0;
  #lastProcess = 0;
  #lastRef = 0;

  constructor(options: NodeOptions = {}) {
    checkOptions("node options", options, checks);
    const { name = "main", clock = systemClock, scheduler = new Scheduler(), reporter = consoleReporter } = options;
    this.name = name;
    this.bareName = bareNode(name);
    this.clock = clock;
    this.bornAt = clock.coarse();
    this.scheduler = scheduler;
    this.#reporter = guarded(reporter);
  }

  /** Is told of every crash. */
  get reporter(): Reporter {
    return this.#reporter;
  }

  set reporter(reporter: Reporter) {
    this.#reporter = guarded(reporter);
  }

  // ——— Processes ———

  /** Starts a process that nobody owns, and answers its pid. A crash of it is reported (T14). */
  spawn<M = unknown>(fn: ProcessFunction<M, unknown>, options?: SpawnProcessOptions): Pid<M> {
    checkFunction("spawn(fn): fn", fn);
    if (options !== undefined) checkOptions("spawn options", options, spawnOptions);
    return this.start(fn as (...args: never[]) => unknown, options ?? plain).pid as Pid<M>;
  }

  /**
   * Runs `fn` as a process and resolves with what it returns.
   * @throws what `fn` threw, or `Exited` when the process ended in another way.
   */
  run<R, M = unknown>(fn: ProcessFunction<M, R>, options?: SpawnProcessOptions): Promise<Awaited<R>> {
    checkFunction("run(fn): fn", fn);
    if (options !== undefined) checkOptions("run options", options, spawnOptions);
    return new Promise((resolve, reject) => {
      const ender: Ender = {
        ended: (process, reason, value) => {
          takeMark(value);
          if (reason === "normal") resolve(value as Awaited<R>);
          else reject(isError(reason) ? reason : new Exited(process.pid, reason));
        },
      };
      this.start(fn as (...args: never[]) => unknown, { label: options?.label, ender });
    });
  }

  /** Starts a process: what every other way of starting one comes down to. */
  start(fn: (...args: never[]) => unknown, options: ProcessOptions): Process {
    const process = this.enter(fn, options);
    this.scheduler.start(process);
    return process;
  }

  /** A process that has not been started: for whoever has it begin at once. */
  enter(fn: (...args: never[]) => unknown, options: ProcessOptions): Process {
    const process = new Process(this, ++this.#lastProcess, ambience.active?.bind(fn) ?? fn, options);
    const first = this.first;
    process.next = first;
    if (first !== null) first.previous = process;
    this.first = process;
    this.#count++;
    return process;
  }

  /** A process has ended: it is no longer to be found. */
  remove(process: Process, pid: Pid | undefined): void {
    const { previous, next } = process;
    if (previous === null) this.first = next;
    else previous.next = next;
    if (next !== null) next.previous = previous;
    process.previous = process.next = null;
    this.#count--;
    if (pid !== undefined) this.table.delete(pid);
  }

  get processCount(): number {
    return this.#count;
  }

  /** The live processes, newest first. */
  *processes(): IterableIterator<ProcessInfo> {
    // Taken beforehand: whoever is told of one may end it, and others with it.
    const all: Process[] = [];
    for (let process = this.first; process !== null; process = process.next) all.push(process);
    for (const process of all) if (!process.dead) yield process.describe();
  }

  /** What is known of a process of this node; undefined when it has ended (K16). */
  info(pid: Pid<never>): ProcessInfo | undefined {
    return this.find(pid)?.describe();
  }

  /** The live process with this pid, for the library's own rooms; undefined when there is none here. */
  find(pid: Pid<never>): Process | undefined {
    const found = this.table.get(pid);
    return found instanceof Process ? found : undefined;
  }

  /** The pid of the live process that has this name (K14). */
  whereis(name: LocalName): Pid | undefined {
    return isVia(name) ? name.holder() : this.names.get(name)?.pid;
  }

  /** The live process of this node that has the name, for the library's own rooms. */
  named(name: LocalName): Process | undefined {
    const pid = this.whereis(name);
    return pid && this.find(pid);
  }

  /** Tells the reporter of a crash: of a process, or of work that may not have got one. */
  report(crashed: Omit<CrashReport, "reason" | "handled" | keyof CrashDetails>, reason: ExitReason, handled: boolean, details?: CrashDetails): void {
    const { pid, label, runs, args, parent, callers } = crashed;
    this.reporter({ pid, label, runs, args, parent, callers, ...details, reason, handled });
  }

  /** A ref that has never been used: to tell one message, or one run, from any other. */
  ref(): Ref {
    return makeRef(this.name, ++this.#lastRef);
  }

  /** How old the node is, in milliseconds. */
  age(): number {
    return this.clock.coarse() - this.bornAt;
  }

  // ——— Messages ———

  /**
   * Sends a message from nobody in particular (K1); a dead or unknown pid takes it in silence (K3).
   * @throws NoProcess when `to` is a name that is not registered here, NotCloneable when it goes to another node and cannot, InvalidOption when it is a
   *   promise
   */
  send(to: Destination<never>, message: unknown): void {
    const found = this.table.get(to as string);
    if (found !== undefined) handOver(message, found);
    else this.#sendElsewhere(to, message);
  }

  #sendElsewhere(to: Destination<never>, message: unknown): void {
    const address = this.addressOf(to);
    if (address !== undefined) this.route([Op.message, address, message]);
    else if (typeof to === "string" || isVia(to)) throw new NoProcess(String(to)); // to { name, node } it is silent, as it is when the node is another one
  }

  /**
   * Sends a message `delay` milliseconds from now, or at the time `at`, in milliseconds since the epoch (K13). The timer goes with the process that
   * the message is for; a name is looked up when the time has come.
   * @throws InvalidOption when the delay is no finite number, 0 or more; NotCloneable when it goes to another node and cannot (a
   *   DataCloneError while no wire leads there)
   */
  sendAfter(to: Destination<never>, message: unknown, delay: number | { readonly at: number }): Timer {
    const now = this.clock.now();
    if (typeof delay === "number") checkFinite("delay", delay);
    else checkFinite("delay.at", (delay as { at?: unknown } | undefined)?.at);
    const due = typeof delay === "number" ? now + delay : delay.at;
    const address = this.addressOf(to);
    const owner = typeof to === "string" && isAddress(to) ? this.find(to as Pid) : undefined;
    const node = address === undefined ? this.name : nodeOf(address);
    // For a process or an alias that has gone there is nothing to wait for.
    if (node === this.name && typeof to === "string" && isAddress(to) && !this.table.has(to)) return overTimer;
    const taken = node === this.name ? message : (this.elsewhere?.copyFor(node ?? "", message) ?? structuredClone(message));
    if (taken === message) checkMessage(message);
    const timer: MessageTimer = new MessageTimer(
      this.clock,
      due,
      () => {
        const address = this.addressOf(to);
        if (address !== undefined) this.route([Op.message, address, taken]);
      },
      () => owner?.dropTimer(timer),
    );
    owner?.addTimer(timer);
    return timer;
  }

  /** What a destination is called on the wires; undefined for a name that is not registered here. */
  addressOf(to: Destination<never>): string | undefined {
    if (typeof to === "string") return isAddress(to) ? to : this.whereis(to);
    if (isVia(to)) return to.holder();
    if (typeof to !== "object" || to === null || typeof to.name !== "string" || typeof to.node !== "string") {
      throw new InvalidOption("destination", to, "give a pid, an alias, a registered name, or { name, node }");
    }
    return this.#isCalled(to.node) ? this.whereis(to.name) : nameAddress(to);
  }

  #isCalled(node: string | undefined): boolean {
    return node === this.name || node === this.bareName;
  }

  // ——— Signals ———

  /** Brings a signal to its process, here or on another node. The only way between two processes. */
  route(signal: AddressedSignal): void {
    const to = signal[1] as string;
    const found = this.table.get(to);
    if (found !== undefined) this.#arrive(signal, found);
    else if (!this.#isCalled(nodeOf(to))) {
      if (this.elsewhere?.forward(nodeOf(to) ?? "", signal) !== true) this.#unreachable(signal, "noconnection");
    } else {
      const name = nameIn(to);
      const named = name === undefined ? undefined : this.names.get(name);
      if (named instanceof Process) this.#arrive(signal, named);
      else if (named === undefined) this.#unreachable(signal, "noproc");
      else this.route([signal[0], named.pid, ...signal.slice(2)] as unknown as AddressedSignal);
    }
  }

  /** Exits by links go one after the other, not one within the other: a chain of links may be longer than the stack. */
  routeExit(signal: AddressedSignal): void {
    const exits = this.#exits;
    if (exits.push(signal) > 1) return; // they are being gone through already
    for (const exit of exits) this.route(exit);
    exits.length = 0;
    for (const callback of this.#afterExits.splice(0)) callback();
  }

  /** For what lets code of a dead process run: not before everybody has been told (K12). */
  afterExits(callback: () => void): void {
    if (this.#exits.length === 0) callback();
    else this.#afterExits.push(callback);
  }

  #arrive(signal: AddressedSignal, to: Addressee): void {
    if (signal[0] === Op.message) {
      handOver(signal[2], to);
      return;
    }
    if (!(to instanceof Process)) return;
    switch (signal[0]) {
      case Op.exit:
        to.signalled(signal[2], signal[3], signal[4]);
        return;
      case Op.link:
        to.addLink(signal[2]);
        return;
      case Op.unlink:
        to.dropLink(signal[2]);
        return;
      case Op.monitor:
        to.addWatcher(signal[3], signal[2]);
        return;
      case Op.demonitor:
        // Whoever had the name when the monitor was set may have given it to another since.
        if (!to.dropWatcher(signal[2]) && isName(signal[1])) this.#dropWatcher(signal[2]);
        return;
      case Op.down:
        to.down(signal[2], signal[3]);
    }
  }

  #dropWatcher(ref: Ref): void {
    for (let process = this.first; process !== null && !process.dropWatcher(ref); process = process.next);
  }

  /** There is nobody at the address: a link and a monitor are answered, everything else is dropped in silence (K3, K8, K11). */
  #unreachable(signal: AddressedSignal, reason: "noproc" | "noconnection"): void {
    if (signal[0] === Op.demonitor && reason === "noproc" && isName(signal[1])) this.#dropWatcher(signal[2]);
    else if (signal[0] === Op.link) this.route([Op.exit, signal[2], signal[1], reason, ExitKind.link]);
    else if (signal[0] === Op.monitor) this.route([Op.down, signal[2], signal[3], reason]);
  }
}

const isName = (address: string): boolean => nameIn(address) !== undefined;
