import type { Connection } from "../../kernel/connection.js";
import { entryOf } from "../../kernel/entry-of.js";
import type { Ref } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import type { ExitReason } from "../../kernel/reasons.js";
import { isGone } from "../../kernel/transfer.js";
import type { ExitKind, SpawnOptions } from "../../kernel/wire.js";
import { Job, type Seat } from "../../tasks/job.js";
import type { Call } from "../../tasks/module-reference.js";
import type { Place, PlaceHost } from "../../tasks/place.js";
import { ReturningQueue } from "../pool/returning-queue.js";
import { optionsOf } from "../spawn-options.js";
import { registeredRef } from "./functions.js";
import type { Member } from "./member.js";
import type { NodePlaces } from "./node-places.js";

/** The cluster, as the places on its nodes see it. */
export interface NodesHost {
  readonly node: Node;
  /** The nodes that are there now. */
  members(): Iterable<Member>;
  readonly hasLeft: boolean;
  /** Those that are told when nodes come, go, or have room again. */
  readonly places: NodePlaces;
}

const nothing: SpawnOptions = {};

/** A task's place on another node. */
class NodeSeat implements Seat {
  /** When it was given its task, or that may begin, in milliseconds since the epoch: it began soon after. */
  since: number;
  /** `waits`: its task has not begun there, and does not before it is told so; `ends`: it has been sent an exit signal, and is not begun any more. */
  state: "given" | "waits" | "ends" = "given";

  constructor(
    readonly place: NodesPlace,
    readonly member: Member,
  ) {
    this.since = place.node.clock.now();
  }

  waits(begin: Ref | undefined): void {
    if (this.state === "ends") return;
    const { node } = this.place;
    this.state = begin === undefined ? "waits" : "given";
    if (begin === undefined) return;
    this.since = node.clock.now();
    node.send(begin, "begin");
  }

  left(_job: Job, duration: number): number | undefined {
    if (this.state === "waits") return undefined;
    return duration === 0 ? this.since : Math.max(this.since, this.place.node.clock.now() - duration);
  }

  /** Its task is no longer there, and has not begun. */
  giveUp(job: Job): void {
    this.member.connection?.disown(job.spawnId);
    job.seat = job.place = undefined;
  }

  /** Whoever has a place there may want it. */
  freed(): void {
    this.place.cluster.places.feed();
  }
}

/** The way to a node is lost. What had to wait there has not begun, and waits here again; what was transferred to it is gone with it. */
export function takeBack(connection: Connection): void {
  for (const job of [...connection.spawners()]) {
    if (!(job instanceof Job && job.seat instanceof NodeSeat && job.seat.state === "waits") || isGone(job.args)) continue;
    const { host } = job.seat.place;
    job.seat.giveUp(job);
    host.takeBack(job);
  }
}

/** Nodes of the cluster that are of one kind as the place of a supervisor: each task goes to the one with the least to do, and waits here while none has room. */
export class NodesPlace implements Place {
  readonly kind: string;
  readonly node: Node;
  readonly queue = new ReturningQueue();
  readonly host: PlaceHost;
  readonly cluster: NodesHost;
  readonly #isOurs: (member: Member) => boolean;
  readonly #under: string | undefined;
  /** What travels with tasks, and their parent with it: one object for all that had one. */
  readonly #options = new WeakMap<SpawnOptions, SpawnOptions>();

  /** `under` is the name of the supervisor there that is to run the tasks: it says how many, and the node does not. */
  constructor(host: PlaceHost, cluster: NodesHost, kind: string, isOurs: (member: Member) => boolean, under?: string) {
    this.kind = kind;
    this.#under = under;
    this.node = cluster.node;
    this.host = host;
    this.cluster = cluster;
    this.#isOurs = isOurs;
    cluster.places.attach(this);
  }

  *#members(): Iterable<Member> {
    for (const member of this.cluster.members()) if (this.#isOurs(member)) yield member;
  }

  get parallelism(): number {
    let sum = 0;
    for (const { presence } of this.#members()) sum += presence.capacity;
    return Math.max(1, sum);
  }

  hasRoom(): boolean {
    return this.cluster.hasLeft || this.#leastBusy() !== undefined;
  }

  #leastBusy(): Member | undefined {
    let best: Member | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const member of this.#members()) {
      if (!(this.#under === undefined ? member.hasRoom : member.isThere)) continue;
      const { busy } = member;
      if (busy < least) [best, least] = [member, busy];
    }
    return best;
  }

  start(job: Job): void {
    const member = this.cluster.hasLeft ? undefined : this.#leastBusy();
    if (member?.connection === undefined) {
      job.finish("noconnection", undefined, false); // it has left the cluster
      return;
    }
    this.#send(job, member);
  }

  adopt(job: Job, node: string): void {
    for (const member of this.cluster.members()) {
      if (member.name !== node || member.connection === undefined) continue;
      this.#send(job, member);
      return;
    }
    job.finish("noconnection", undefined, false); // that node is gone
  }

  #send(job: Job, member: Member): void {
    const { ref, args } = job.work as Call;
    job.seat = new NodeSeat(this, member);
    job.place = member.name;
    job.spawnId = (member.connection as Connection).spawn(registeredRef(ref), args, this.#withParent(optionsOf(job) ?? nothing), job);
  }

  #withParent(options: SpawnOptions): SpawnOptions {
    return entryOf(this.#options, options, () => ({ ...options, parent: this.host.pid, under: this.#under }));
  }

  exit(job: Job, reason: ExitReason, kind: ExitKind): void {
    const { seat } = job;
    if (!(seat instanceof NodeSeat)) return;
    seat.member.connection?.exitSpawned(job.spawnId, job.supervisor.pid, reason, kind);
    const mayHaveBegun = seat.state !== "waits";
    seat.state = "ends";
    if (mayHaveBegun) return;
    // Without a word from here it cannot begin: that node need not answer.
    seat.giveUp(job);
    job.finish(reason === "kill" ? "killed" : reason, undefined, false);
    seat.freed();
  }

  startedAt({ seat }: Job): number | undefined {
    return seat instanceof NodeSeat && seat.state !== "waits" ? seat.since : undefined;
  }

  /** Somewhere there is room again. */
  feed(): void {
    this.host.feed();
  }

  close(): Promise<void> {
    this.cluster.places.detach(this);
    return Promise.resolve();
  }
}
