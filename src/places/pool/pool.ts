import type { Pid } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { ExitKind } from "../../kernel/wire.js";
import type { Job } from "../../tasks/job.js";
import type { Place, PlaceHost } from "../../tasks/place.js";
import { Member, type MemberHost, type MemberOptions } from "./member.js";

export interface PoolOptions extends MemberOptions {
  /** What its nodes are called in messages: `a worker thread`. */
  readonly kind: string;
  /** What the names of its nodes begin with, below that of their parent. */
  readonly letter: string;
  readonly size: number;
}

/** A spare is kept for as many milliseconds after the last death. */
const calm = 10_000;

/** A pool of nodes that carriers run: threads, child processes. They start as they are needed, and one that dies is replaced when there is work for it. */
export class Pool implements Place, MemberHost {
  readonly kind: string;
  readonly parallelism: number;
  readonly node: Node;
  readonly #host: PlaceHost;
  readonly #options: PoolOptions;
  #members: Member[] = [];
  /** One more than it has, started and without work: since a node has died, others may, and a new one takes its time. */
  #spare: Member | undefined = undefined;
  #calm: ReturnType<typeof setTimeout> | undefined = undefined;
  #closed = false;

  constructor(host: PlaceHost, options: PoolOptions) {
    this.#host = host;
    this.node = host.node;
    this.kind = options.kind;
    this.#options = options;
    this.parallelism = options.size * options.concurrency;
  }

  get supervisor(): Pid {
    return this.#host.pid;
  }

  hasRoom(): boolean {
    if (this.#closed) return false;
    if (this.#members.length < this.#options.size) return true;
    for (const member of this.#members) if (member.load < member.room) return true;
    return false;
  }

  start(job: Job): void {
    let member: Member;
    try {
      member = this.#leastLoaded();
    } catch (error) {
      job.finish(error, undefined, false);
      return;
    }
    member.start(job);
  }

  #leastLoaded(): Member {
    let best: Member | undefined;
    for (const member of this.#members) if (member.load < member.room && (best === undefined || member.load < best.load)) best = member;
    if (best !== undefined && (best.load === 0 || this.#members.length >= this.#options.size)) return best;
    const member = this.#spare ?? this.#launch();
    this.#spare = undefined;
    this.#members.push(member);
    return member;
  }

  #launch(): Member {
    return new Member(this, nextName(this.node, this.#options.letter), this.#options);
  }

  freed(member: Member): void {
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
    for (const member of this.#members) member.exit(job, reason, kind);
  }

  startedAt(job: Job): number | undefined {
    for (const member of this.#members) {
      const began = member.startOf(job);
      if (began !== undefined) return began;
    }
    return undefined;
  }

  died(member: Member, unstarted: readonly Job[]): void {
    this.#members = this.#members.filter((one) => one !== member);
    const wasSpare = member === this.#spare;
    if (wasSpare) this.#spare = undefined;
    for (const job of unstarted) this.#host.takeBack(job);
    if (this.#closed) return;
    this.#host.feed();
    if (!wasSpare && !member.isStopping) this.#keepSpare();
  }

  #keepSpare(): void {
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => {
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

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#calm);
    const all = this.#spare === undefined ? this.#members : [...this.#members, this.#spare];
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
