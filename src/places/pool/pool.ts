import type { Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { ExitKind } from "../../kernel/wire.js";
import type { Job, Moment } from "../../tasks/job.js";
import type { Place, PlaceHost } from "../../tasks/place.js";
import type { PoolMetrics } from "../../tasks/pool-metrics.js";
import { Homes } from "./homes.js";
import { type HostTimer, type HostTimers, hostTimers } from "./host-timers.js";
import { Member, type MemberHost, type MemberOptions } from "./member.js";
import { Meter } from "./meter.js";
import { QueueFull } from "./queue-full.js";
import { RankedQueue } from "./ranked-queue.js";
import type { SizeSettings } from "./size-options.js";

export interface PoolOptions extends MemberOptions, SizeSettings {
  /** What its nodes are called in messages: `a worker thread`. */
  readonly kind: string;
  /** What the names of its nodes begin with, below that of their parent. */
  readonly letter: string;
}

/** A spare is kept for as many milliseconds after the last death. */
const calm = 10_000;

/**
 * A pool of nodes that carriers run: threads, child processes. They start as they are needed, beyond those that are always there; one that dies is
 * replaced when there is work for it, and one that has had its share of tasks or of idleness leaves.
 */
export class Pool implements Place, MemberHost {
  readonly kind: string;
  readonly parallelism: number;
  readonly maxQueue: number;
  readonly queue = new RankedQueue();
  readonly meter: Meter;
  readonly node: Node;
  readonly #host: PlaceHost;
  readonly #options: PoolOptions;
  readonly #timers: HostTimers;
  #members: Member[] = [];
  /** One more than it has, started and without work: since a node has died, others may, and a new one takes its time. */
  #spare: Member | undefined = undefined;
  #calm: HostTimer | undefined = undefined;
  /** Those that have no work, get none any more, and have not ended yet. */
  readonly #leaving = new Set<Member>();
  #homes: Homes<Member> | undefined = undefined;
  /** Set while a node is idle: when the first of them may leave. */
  #shrinking: unknown = undefined;
  #closed = false;

  constructor(host: PlaceHost, options: PoolOptions) {
    this.#host = host;
    this.node = host.node;
    this.kind = options.kind;
    this.#options = options;
    this.#timers = options.timers ?? hostTimers;
    this.parallelism = options.max * options.concurrency;
    this.meter = new Meter(host.node.clock, this.parallelism);
    this.maxQueue = options.maxQueue;
    // When the supervisor, whose pid they are told, has been made.
    if (options.min > 0)
      queueMicrotask(() => {
        if (!this.#closed) this.#fillUp();
      });
  }

  get supervisor(): Pid {
    return this.#host.pid;
  }

  full(count: number, most: number): Error {
    const running = most - this.maxQueue;
    return new QueueFull(count - running, running, this.maxQueue);
  }

  waitsAfter(error: unknown): boolean {
    return this.#options.whenFull === "wait" && error instanceof QueueFull;
  }

  hasRoom(): boolean {
    if (this.#closed) return false;
    if (this.#members.length < this.#options.max) return true;
    for (const member of this.#members) if (member.load < member.room) return true;
    return false;
  }

  start(job: Job): void {
    const affinity = job.options?.affinity;
    let member: Member | undefined;
    try {
      member = affinity === undefined ? this.#leastLoaded() : this.#homeFor(job, affinity);
    } catch (error) {
      job.finish(error, undefined, false);
      return;
    }
    member?.start(job);
  }

  /** Where the tasks of its key run; undefined when it has to wait for that node, though others have room. */
  #homeFor(job: Job, key: string | number): Member | undefined {
    const homes = (this.#homes ??= new Homes());
    const home = homes.homeOf(key) ?? this.#leastLoaded();
    homes.settle(key, home);
    if (home.load < home.room) return home;
    homes.wait(job, home);
    return undefined;
  }

  /** Those that have waited for this node. */
  #welcome(home: Member): void {
    for (let job = this.#nextFor(home); job !== undefined; job = this.#nextFor(home)) home.start(job);
  }

  #nextFor(home: Member): Job | undefined {
    return home.load < home.room ? this.#homes?.next(home) : undefined;
  }

  #leastLoaded(): Member {
    let best: Member | undefined;
    for (const member of this.#members) if (member.load < member.room && (best === undefined || member.load < best.load)) best = member;
    if (best !== undefined && (best.load === 0 || this.#members.length >= this.#options.max)) return best;
    return this.#add();
  }

  #add(): Member {
    const member = this.#spare ?? this.#launch();
    this.#spare = undefined;
    this.#members.push(member);
    return member;
  }

  /** As many as there are at least. Where they cannot be had, the next task that needs one is told why. */
  #fillUp(): void {
    try {
      while (this.#members.length < this.#options.min) this.#add();
    } catch {
      // see above
    }
  }

  #launch(): Member {
    return new Member(this, nextName(this.node, this.#options.letter), this.#options);
  }

  freed(member: Member): void {
    if (member.isUsedUp) {
      this.#dismiss(member);
      this.#host.feed();
      return;
    }
    if (this.#homes !== undefined) this.#welcome(member);
    // What waits on another node is older than anything that has not been handed over, and it may wait behind a long task.
    this.#takeOver(member, (other) => other.holdsFew);
    this.#host.feed();
    this.#takeOver(member, () => true);
  }

  returned(jobs: readonly Job[]): void {
    for (const job of jobs) this.#host.takeBack(job);
    this.#host.feed();
  }

  /** A node has nothing to do while others have tasks that wait: it takes over the first of them. */
  #takeOver(idle: Member, from: (member: Member) => boolean): void {
    if (idle.load > 0 || this.#members.length === 1) return;
    for (const member of this.#members) {
      if (member === idle || !from(member)) continue;
      const job = member.giveBack();
      if (job === undefined) continue;
      idle.start(job);
      return;
    }
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    if (this.#homes?.drop(job) === true) job.finish(reason === "kill" ? "killed" : reason, undefined, false);
    for (const member of this.#members) member.exit(job, reason, kind);
  }

  startedAt(job: Job): number | undefined {
    for (const member of this.#members) {
      const began = member.startOf(job);
      if (began !== undefined) return began;
    }
    return undefined;
  }

  died(member: Member, unstarted: readonly Job[]): () => void {
    this.#remove(member);
    this.#leaving.delete(member);
    const wasSpare = member === this.#spare;
    if (wasSpare) this.#spare = undefined;
    for (const job of unstarted) this.#host.takeBack(job);
    return () => {
      if (this.#closed) return;
      this.#host.feed();
      if (wasSpare || member.isStopping) return;
      this.#keepSpare();
      // One that could not even start would be replaced for ever.
      if (member.isUp) this.#fillUp();
    };
  }

  #remove(member: Member): void {
    this.#members = this.#members.filter((one) => one !== member);
    for (const job of this.#homes?.clear(member) ?? []) this.#host.takeBack(job);
  }

  // ——— Those that leave ———

  /** It has no work, and gets none any more. */
  #dismiss(member: Member): void {
    this.#remove(member);
    this.#leaving.add(member);
    void member.stop();
    this.#fillUp();
  }

  /** It has been given as many tasks as it may have: when they have ended, another node is there. */
  spent(): void {
    this.#keepSpare();
  }

  idles(): void {
    if (this.#shrinking === undefined && !this.#closed) this.#shrinkIn(this.#options.idle);
  }

  #shrinkIn(delay: number): void {
    if (delay === Number.POSITIVE_INFINITY) return;
    this.#shrinking = this.node.clock.set(() => {
      this.#shrinking = undefined;
      this.#shrink();
    }, delay);
    // An idle pool does not keep the program.
    (this.#shrinking as Partial<NodeJS.Timeout>).unref?.();
  }

  #shrink(): void {
    const now = this.node.clock.coarse();
    let next = Number.POSITIVE_INFINITY;
    // The last one first: work goes to the first ones.
    for (const member of [...this.#members].reverse()) {
      if (this.#members.length <= this.#options.min) return;
      const left = member.idleSince + this.#options.idle - now;
      if (left > 0) next = Math.min(next, left);
      else this.#dismiss(member);
    }
    this.#shrinkIn(next);
  }

  #keepSpare(): void {
    this.#timers.clear(this.#calm);
    this.#calm = this.#timers.setTimeout(() => {
      void this.#spare?.stop();
      this.#spare = undefined;
    }, calm);
    this.#calm.unref();
    try {
      this.#spare ??= this.#launch();
    } catch {
      // the next task that needs a node is told why there is none
    }
  }

  moment(): Moment {
    return this.meter.moment();
  }

  metrics(): PoolMetrics {
    const begun: number[] = [];
    const members = [...this.#members, ...this.#leaving].map((member) => {
      const times = member.begun();
      begun.push(...times);
      const state = member.isStopping ? "leaving" : !member.isUp ? "starting" : times.length > 0 ? "running" : "idle";
      return { name: member.name, state, running: times.length, ended: member.ended } as const;
    });
    return this.meter.snapshot(this.#host.running + this.#host.waiting, begun, members);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.clear(this.#calm);
    if (this.#shrinking !== undefined) this.node.clock.clear(this.#shrinking);
    const all = [...this.#members, ...this.#leaving, ...(this.#spare === undefined ? [] : [this.#spare])];
    await Promise.all(all.map((member) => member.stop()));
  }
}

const counts = new WeakMap<Node, Map<string, number>>();

/** The nodes that a node has are numbered for as long as it lives: the name of a dead one never comes back. */
function nextName(node: Node, letter: string): string {
  const own = counts.get(node) ?? new Map<string, number>();
  counts.set(node, own);
  const number = (own.get(letter) ?? 0) + 1;
  own.set(letter, number);
  return `${node.name}/${letter}${number}`;
}
