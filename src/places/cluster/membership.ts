import { connect } from "../../kernel/connection.js";
import { NameTaken } from "../../kernel/errors.js";
import type { Node } from "../../kernel/node.js";
import type { Bus } from "./bus.js";
import { ClusterWire, type Surroundings } from "./cluster-wire.js";
import { Kind, type Head, headLength, headOnly, readHead, writeHead } from "./frame.js";
import { ClusterHost } from "./cluster-host.js";
import { Registered } from "./functions.js";
import { Member } from "./member.js";
import type { MembershipSettings } from "./membership-settings.js";
import type { NodeEvent, NodeInfo } from "./node-info.js";
import { NodePlaces } from "./node-places.js";
import { type NodesHost, takeBack } from "./nodes-place.js";
import { Probes } from "./probes.js";
import { type Presence, decodePresence, encodePresence } from "./presence.js";
import { Subjects, nameIn, senderIn } from "./subjects.js";

/** The name of the process that stands for a node: who monitors it monitors the node. */
export const nodeProcess = "net_kernel";

/** How long, in milliseconds, a node that comes waits for others to tell of themselves, since the last did; and for an answer to whether its name is taken. */
const quiet = 50;
/** How often all are told of a node: once a second, and less often the more there are. */
const tellEvery = 1_000;
const tellEveryForEach = 10;
/** A node that nothing is said to is gone when it has not told of itself for so many times as long. */
const forgotten = 3.5;
/** Beats are so many milliseconds apart, and further apart the more nodes are talked to. */
const beatEvery = 150;

/** How messages of no wire go out, and arrive. */
const noWire = (kind: Kind): Head => ({ kind, mine: 0, yours: 0, sent: 0, got: 0 });

/** A node's membership of a cluster: how it comes and goes, who else is there, and the wires to them. */
export class Membership implements NodesHost {
  readonly node: Node;
  readonly name: string;
  readonly #bus: Bus;
  readonly #subjects: Subjects;
  readonly #settings: MembershipSettings;
  readonly #host: ClusterHost;
  readonly #members = new Map<string, Member>();
  readonly places = new NodePlaces();
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #around: Surroundings;
  #awake = 0;
  #draining = false;
  #teller: unknown = undefined;
  #restoredAt = -Infinity;
  #claim: ((answer: "free" | "taken") => void) | undefined = undefined;
  #lastNews = 0;
  #left: Promise<void> | undefined = undefined;
  /** Is told of what is refused, by the name of the node that it came from, the first time for each. */
  onRefused: (from: string) => void = () => undefined;
  /** Is told of what the bus refuses, and of its end. */
  onTrouble: (error: unknown) => void = () => undefined;
  readonly #refusedOf = new Set<string>();
  readonly #probes: Probes;

  constructor(bus: Bus, settings: MembershipSettings) {
    const { node, name, cluster, functions, concurrency, tick, maxMessage, log } = settings;
    this.node = node;
    this.name = name;
    this.#bus = bus;
    this.#settings = settings;
    this.#probes = new Probes(node.clock);
    this.#subjects = new Subjects(cluster, name, node.name.slice(name.length + 1));
    this.#host = new ClusterHost(node, new Registered(functions), concurrency, { stem: this.#subjects.runs, log });
    this.#around = {
      clock: node.clock,
      maxPayload: bus.maxPayload,
      maxBatch: maxMessage,
      tick,
      beat: () => Math.min(tick / 4, Math.max(beatEvery, this.#awake)),
      mildUntil: () => this.#restoredAt + Math.min(tick, 2_000),
      send: (frame, { peer }) => {
        this.#bus.publish(this.#subjects.to(peer), frame, this.#subjects.from(peer));
      },
      woke: () => this.#awake++,
      over: ({ peer }, isGone, wasAwake) => {
        if (wasAwake) this.#awake--;
        this.#wireIsOver(peer, isGone);
      },
      refused: ({ peer }) => {
        this.#refuse(peer);
      },
    };
  }

  // ——— Joining ———

  /** @throws NameTaken, and what the bus refuses */
  async join(): Promise<void> {
    const refused = new Promise<never>((_resolve, reject) => (this.#bus.refused = this.#bus.failed = reject));
    await Promise.race([this.#join(), refused]);
    this.#bus.refused = (error) => {
      this.onTrouble(error);
    };
    this.#bus.failed = (error) => {
      this.onTrouble(error);
      void this.leave();
    };
  }

  async #join(): Promise<void> {
    const { name, inbox, everybody } = this.#subjects;
    this.#bus.restored = () => {
      this.#restoredAt = this.node.clock.now();
      for (const { wire } of this.#members.values()) wire?.restored();
      this.#tell({ asks: true });
    };
    this.#bus.subscribe(inbox, (subject, payload) => {
      this.#hear(subject, payload);
    });
    this.#bus.subscribe(name, (_subject, payload) => {
      this.#answerClaim(payload);
    });
    await this.#claimName();
    this.#bus.subscribe(everybody, (subject, payload) => {
      if (payload !== "nobody") this.#hearPresence(nameIn(subject), payload);
    });
    this.node.spawn(
      async (self) => {
        self.register(nodeProcess);
        for (;;) await self.receive();
      },
      { label: "node" },
    );
    this.#lastNews = this.node.clock.now();
    this.#tell({ asks: true });
    await this.#bus.flush();
    while (this.node.clock.now() - this.#lastNews < quiet) await this.#pause(quiet);
    this.#tellAgain();
  }

  #pause(delay: number): Promise<void> {
    return new Promise((resolve) => this.node.clock.set(resolve, delay));
  }

  async #claimName(): Promise<void> {
    const { name } = this;
    const own = this.node.name;
    const answer = new Promise<"free" | "taken">((resolve) => {
      this.#claim = (told) => {
        this.#claim = undefined;
        resolve(told);
      };
    });
    this.#bus.publish(this.#subjects.name, Buffer.from(own), this.#subjects.from(own));
    // One that has the name and says nothing has stopped, and will find another in its place.
    const timer = this.node.clock.set(() => this.#claim?.("free"), this.#settings.tick);
    const told = await answer;
    this.node.clock.clear(timer);
    if (told === "taken") throw new NameTaken(name, "a node of the cluster that is there");
  }

  /** Another node wants this one's name. Of two that come at once the one with the lesser incarnation gets it. */
  #answerClaim(payload: Uint8Array | "nobody"): void {
    if (payload === "nobody") return;
    const other = Buffer.from(payload).toString();
    if (!other.startsWith(`${this.name}~`)) return;
    if (this.#claim !== undefined && other < this.node.name) this.#claim("taken");
    else this.#bus.publish(this.#subjects.to(other), headOnly(noWire(Kind.taken)));
  }

  // ——— Who is there ———

  #presence(more: Partial<Presence> = {}): Presence {
    const { groups, concurrency } = this.#settings;
    return {
      incarnation: this.node.name.slice(this.name.length + 1),
      groups,
      capacity: concurrency,
      load: this.#host.load,
      draining: this.#draining,
      ...more,
    };
  }

  #tell(more?: Partial<Presence>): void {
    this.#bus.publish(this.#subjects.presence, encodePresence(this.#presence(more)));
  }

  #tellTo(node: string, more?: Partial<Presence>, reply?: string): void {
    const body = encodePresence(this.#presence(more));
    const frame = Buffer.concat([Buffer.alloc(headLength), body]);
    this.#bus.publish(this.#subjects.to(node), writeHead(frame, noWire(Kind.here)), reply);
  }

  /** Whether this incarnation of a node is there. One that says nothing for a tick is not. */
  isThere(node: string): Promise<boolean> {
    const ask = (): void => {
      this.#tellTo(node, { asks: true }, this.#subjects.from(node));
    };
    return this.#probes.ask(node, ask, this.#settings.tick);
  }

  get #tellingEvery(): number {
    return Math.max(tellEvery, this.#members.size * tellEveryForEach);
  }

  #tellAgain(): void {
    if (this.#left !== undefined) return;
    this.#teller = this.node.clock.set(() => {
      this.#tell();
      this.#forget();
      this.#tellAgain();
    }, this.#tellingEvery);
  }

  /** Nodes that nothing is said to are not watched: those that no longer tell of themselves are gone. */
  #forget(): void {
    const now = this.node.clock.now();
    if (now - this.#restoredAt < this.#tellingEvery * forgotten) return;
    for (const member of [...this.#members.values()]) {
      if (member.wire?.isAwake === false && now - member.heardAt > this.#tellingEvery * forgotten) member.wire.lose(true);
    }
  }

  #hearPresence(bare: string, payload: Uint8Array, from?: string): void {
    const presence = decodePresence(payload);
    const name = `${bare}~${presence?.incarnation ?? ""}`;
    if (presence === undefined || (from !== undefined && from !== name)) {
      this.#refuse(bare);
      return;
    }
    if (bare === this.name) return;
    if (presence.leaves === true) {
      const member = this.#members.get(bare);
      if (member?.name === name) member.wire?.lose(true);
      return;
    }
    this.#admit(bare, name, presence);
    this.#probes.answer(name, true);
    if (presence.asks === true) this.#tellTo(name);
    this.#lastNews = this.node.clock.now();
  }

  /** A node tells of itself. One of the same name that was there before is gone (N3). */
  #admit(bare: string, name: string, presence: Presence): void {
    const now = this.node.clock.now();
    const known = this.#members.get(bare);
    if (known?.name === name) known.tells(presence, now);
    else {
      known?.wire?.lose(true);
      const member = new Member(bare, name, presence, now);
      this.#members.set(bare, member);
      this.#connect(member);
      this.#announce({ type: "up", node: member.info });
    }
    this.places.feed();
  }

  #connect(member: Member): void {
    const wire = new ClusterWire(member.name, this.#around);
    member.wire = wire;
    member.connection = connect(this.node, member.name, wire, this.#host);
  }

  #wireIsOver(peer: string, isGone: boolean): void {
    const member = this.#memberCalled(peer);
    if (member === undefined) return;
    if (member.connection !== undefined && !this.hasLeft) takeBack(member.connection);
    member.wire = member.connection = undefined;
    if (isGone) {
      this.#members.delete(member.bare);
      this.#announce({ type: "down", node: member.info });
    }
    this.places.feed();
  }

  #memberCalled(name: string): Member | undefined {
    const member = this.#members.get(name.slice(0, name.indexOf("~")));
    return member?.name === name ? member : undefined;
  }

  #announce(event: NodeEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  // ——— What arrives ———

  #hear(subject: string, payload: Uint8Array | "nobody"): void {
    const from = senderIn(subject);
    if (from === undefined) return;
    if (payload === "nobody") {
      if (from === this.node.name) this.#claim?.("free");
      else this.#memberCalled(from)?.wire?.nobody();
      this.#probes.answer(from, false);
      return;
    }
    const head = readHead(payload);
    if (head === undefined) this.#refuse(from);
    else if (head.kind === Kind.taken) {
      if (from.startsWith(`${this.name}~`)) this.#claim?.("taken");
    } else if (head.kind === Kind.here) this.#hearPresence(from.slice(0, from.indexOf("~")), payload.subarray(headLength), from);
    else this.#hearWire(from, head, payload);
  }

  #hearWire(from: string, head: Head, payload: Uint8Array): void {
    const member = this.#memberCalled(from);
    if (member === undefined) {
      // It has been given up, or has not told of itself.
      if (head.kind !== Kind.bye && this.#left === undefined) this.#tellTo(from, { asks: true });
      return;
    }
    if (member.wire === undefined) this.#connect(member);
    if (member.wire?.take(head, payload) !== false) return;
    this.#connect(member);
    (member.wire as ClusterWire).take(head, payload);
  }

  #refuse(from: string): void {
    this.node.refused++;
    if (this.#refusedOf.has(from) || this.#refusedOf.size > 1_000) return;
    this.#refusedOf.add(from);
    this.onRefused(from);
  }

  // ——— Leaving ———

  /** Takes no new tasks of others, and resolves when those that it has have ended. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#tell();
    await this.#bus.flush();
    // Others may have sent one before they heard.
    do await this.#pause(quiet);
    while (this.#host.load > 0);
  }

  /** Leaves the cluster: for the others this node is gone at once, and for its processes, all others are. Resolves when nothing of the connection is left. */
  leave(): Promise<void> {
    return (this.#left ??= this.#leave());
  }

  async #leave(): Promise<void> {
    await Promise.resolve(); // so that it counts as having left
    this.#host.leave();
    this.node.clock.clear(this.#teller);
    const connections = [...this.#members.values()].flatMap(({ connection }) => connection ?? []);
    for (const connection of connections) connection.flush();
    // All are told at once, after what each was told before.
    this.#tell({ leaves: true });
    for (const connection of connections) connection.close();
    this.#members.clear();
    this.places.feed();
    await this.#bus.flush().catch(() => undefined); // there may be no server to tell
    await this.#bus.close();
  }

  // ——— For its places ———

  /** This node, as the others see it. */
  get info(): NodeInfo {
    const { groups, capacity, load, draining } = this.#presence();
    return { name: this.name, incarnation: this.node.name, groups, capacity, load, draining };
  }

  member(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** Is told of each node that comes or goes, until the answered function is called. */
  watch(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  get hasLeft(): boolean {
    return this.#left !== undefined;
  }
}
