import type { Destination, LocalName, Name, Pid, Ref } from "./ids.js";
import type { Down, Exit } from "./messages.js";
import type { Node } from "./node.js";
import type { ExitReason } from "./reasons.js";

/** What a process can receive: its own messages, and what monitors and trapped exits send. */
export type Received<M> = M | Down | Exit;

/** How long to wait for a message, in milliseconds; 0 only looks. */
export interface ReceiveOptions {
  readonly after?: number;
}

/** What a process can be started with. */
export interface SpawnProcessOptions {
  /** What the process is for, as crash reports and inspection show it. */
  readonly label?: string | undefined;
}

/** A message that was put off with `sendAfter` (K13). */
export interface Timer {
  /** Stops it. Answers the milliseconds that were left, or false when it had already fired or been cancelled. */
  cancel(): number | false;
}

/** What inspection tells of a process (K16). */
export interface ProcessInfo {
  readonly pid: Pid;
  readonly status: "runnable" | "waiting" | "running";
  readonly label: string | undefined;
  readonly name: string | undefined;
  readonly mailboxLength: number;
  readonly links: readonly Pid[];
  /** What it monitors. */
  readonly monitors: readonly (Pid | Name)[];
  /** Who monitors it. */
  readonly monitoredBy: readonly Pid[];
  readonly trapExit: boolean;
  readonly parent: Pid | undefined;
  /** The chain of processes that asked for it, nearest first (K15). */
  readonly callers: readonly Pid[];
  /** The function it runs. */
  readonly runs: string;
  /** When it was started: milliseconds since the epoch. */
  readonly since: number;
}

/** What a process runs: a function of its own handle. `M` is the type of the messages that it takes, `R` what it returns. */
export type ProcessFunction<M, R> = (self: Self<M>) => R | PromiseLike<R>;

/**
 * The handle that a process has on itself: the first argument of its function. There is no ambient context to lose. Once the process has
 * exited (somebody killed it, say), what its function still does is discarded: sends go nowhere, everything else throws `Exited`.
 *
 * @example
 * await run(async (self) => {
 *   const child = self.spawn(async (me) => self.send(self.pid, await me.receive()));
 *   self.send(child, "hello");
 *   await self.receive(); // "hello"
 * });
 */
export interface Self<M = unknown> {
  readonly pid: Pid<M>;
  readonly node: Node;
  /** Aborts when the process exits. Made when first asked for. */
  readonly signal: AbortSignal;
  readonly parent: Pid | undefined;
  readonly callers: readonly Pid[];
  /** What the process is for, as crash reports and inspection show it. */
  label: string | undefined;
  /** When true, exit signals arrive as `Exit` messages instead of ending the process (K5). `"kill"` still ends it (K6). */
  trapExit: boolean;

  /**
   * Sends a message (K1). A dead or unknown pid takes it in silence (K3). Within a node it is passed by reference: treat it as immutable.
   * @throws NoProcess when `to` is a name that is not registered on this node, NotCloneable when it goes to another node and cannot.
   */
  send<T>(to: Destination<T>, message: T): void;
  /**
   * Sends a message `delay` milliseconds from now, or at the time `at` (milliseconds since the epoch). Any length works (K13).
   * @throws InvalidOption when the delay is negative, infinite or no number.
   */
  sendAfter<T>(to: Destination<T>, message: T, delay: number | { readonly at: number }): Timer;

  /**
   * Takes the first message that matches and leaves the others in order (K2). Without `after` it waits for ever.
   * @returns the message; undefined when `after` milliseconds passed first.
   * @throws Exited when the process is killed while it waits, so that `finally` runs.
   */
  receive(): Promise<Received<M>>;
  receive<T extends Received<M>>(match: (message: Received<M>) => message is T): Promise<T>;
  receive(match: (message: Received<M>) => boolean): Promise<Received<M>>;
  receive<T extends Received<M>>(match: (message: Received<M>) => message is T, options: ReceiveOptions): Promise<T | undefined>;
  receive(match: ((message: Received<M>) => boolean) | undefined, options: ReceiveOptions): Promise<Received<M> | undefined>;

  /** Resolves after `ms` milliseconds of the node's time. @throws Exited when the process is killed meanwhile. */
  sleep(ms: number): Promise<void>;

  /**
   * Tells how far a task is: `onProgress`, in the options that it was started with, is called with the value, in order and never after the task's
   * end. Where nobody asked for it, and in a process that is no task, it does nothing. Each value leaves its thread at once, which takes some
   * microseconds: tell now and then, not with every step.
   * @throws NotCloneable when the value goes to another node and cannot
   */
  progress(value: unknown): void;

  /** Starts a process that is not tied to this one, and answers its pid. A crash of it harms nobody, and is reported. */
  spawn<N = unknown>(fn: ProcessFunction<N, unknown>, options?: SpawnProcessOptions): Pid<N>;
  /** Starts a process linked to this one: whichever crashes takes the other along (K4). */
  spawnLink<N = unknown>(fn: ProcessFunction<N, unknown>, options?: SpawnProcessOptions): Pid<N>;
  /** Starts a process and monitors it: a `Down` with this `ref` comes when it ends (K10). */
  spawnMonitor<N = unknown>(fn: ProcessFunction<N, unknown>, options?: SpawnProcessOptions): { pid: Pid<N>; ref: Ref };

  /**
   * Ties the two processes: whichever ends abnormally takes the other along, unless that one traps exits (K4, K5). When `pid` is dead already, an exit
   * with `"noproc"` comes back (K8).
   */
  link(pid: Pid<never>): void;
  /** After this returns, no exit from that link arrives (K9). */
  unlink(pid: Pid<never>): void;
  /** Asks for a `Down` message when the process ends; at once, with `"noproc"`, when it has already ended (K10, K11). */
  monitor(target: Pid<never> | Name): Ref;
  /** With `flush`, also takes back a `Down` that already arrived. Answers whether the monitor was still there. */
  demonitor(ref: Ref, options?: { readonly flush?: boolean }): boolean;

  /** An address of this process that can be taken back: for replies that may come too late (K17). With `once`, the first message ends it. */
  alias(options?: { readonly once?: boolean }): Ref;
  /** Takes an alias back: what is sent to it from now on comes nowhere. Answers whether it was still there. */
  unalias(ref: Ref): boolean;

  /** Ends this process by throwing; can be caught like any exception. */
  exit(reason: ExitReason): never;
  /** Sends an exit signal to another process, or to this one (K6, K7). `"kill"` cannot be trapped. */
  exit(pid: Pid<never>, reason: ExitReason): void;

  /**
   * Gives this process a name on its node, which is free again when it ends (K14); or one that is kept elsewhere, `registry.via(key)`, say, of which it
   * may have many (G4).
   * @throws NameTaken when a live process has the name, InvalidOption when this process has another of this node already.
   */
  register(name: LocalName): void;
  /**
   * Frees a name of this node, whoever has it (K14). One that is kept elsewhere is taken from this process alone; answers whether this one had it.
   * @throws NoProcess when nobody has the name on this node
   */
  unregister(name: LocalName): boolean;
  /** The live process that has the name; undefined when there is none (K14). */
  whereis(name: LocalName): Pid | undefined;
  /** What is known of a live process of this node; undefined when there is none (K16). */
  info(pid: Pid<never>): ProcessInfo | undefined;
}

/** The handle of a process, whatever messages it takes: what owns a task or a run. `Self<Ping>` is no `Self`, for it does not take any message. */
export type AnySelf = Omit<Self<never>, "receive">;
