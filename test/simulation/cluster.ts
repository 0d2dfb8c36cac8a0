import { type Connection, connect } from "../../src/kernel/connection.js";
import { LocalHost } from "../../src/kernel/local-host.js";
import type { Node } from "../../src/kernel/node.js";
import type { Wire } from "../../src/kernel/wire.js";
import type { Resolver } from "../../src/kernel/work.js";
import { Member } from "../../src/places/cluster/member.js";
import { NodePlaces } from "../../src/places/cluster/node-places.js";
import { type NodesHost, NodesPlace, takeBack } from "../../src/places/cluster/nodes-place.js";
import type { PlaceFactory } from "../../src/tasks/place.js";
import { Simulation } from "../../src/testing/simulation.js";

export const everyName = ["a", "b", "c", "d", "e"] as const;
export type Name = (typeof everyName)[number];

/** How many tasks a node runs at once for others. */
const capacity = 2;

/** What one node knows of the others. */
class Others implements NodesHost {
  readonly hasLeft = false;
  readonly host: LocalHost;
  readonly #members = new Map<string, Member>();
  readonly places = new NodePlaces();

  constructor(readonly node: Node) {
    const resolve: Resolver = (ref) => (resolvers.get(this) as Resolver)(ref);
    this.host = new LocalHost(node, resolve, { concurrency: capacity, asks: true, now: () => node.clock.now() });
  }

  members(): Iterable<Member> {
    return this.#members.values();
  }

  /** There is a way to a node, until it is lost. */
  meet(peer: Node, end: Wire, connection: Connection): void {
    const presence = { incarnation: peer.name, groups: [], capacity, load: 0, draining: false };
    const member = new Member(peer.bareName, peer.name, presence, 0);
    member.connection = connection;
    this.#members.set(peer.bareName, member);
    const { lost } = end;
    end.lost = (reason) => {
      takeBack(connection);
      if (this.#members.get(peer.bareName) === member) this.#members.delete(peer.bareName);
      lost(reason);
      this.places.feed();
    };
    this.places.feed();
  }
}

const others = new WeakMap<Node, Others>();
/** What each node runs for others. */
const resolvers = new WeakMap<Others, Resolver>();

const othersOf = (node: Node): Others => {
  const known = others.get(node) ?? new Others(node);
  others.set(node, known);
  return known;
};

/** Simulated nodes that run tasks for each other, as those of a cluster do. */
export class SimulatedCluster extends Simulation<Name> {
  /** What runs there for others is found by this. */
  resolve: Resolver = () => {
    throw new Error("no functions yet");
  };

  protected override connect(node: Node, peer: Node, end: Wire): void {
    const known = othersOf(node);
    resolvers.set(known, (ref) => this.resolve(ref));
    known.meet(peer, end, connect(node, peer.name, end, known.host));
  }

  /** All others as the place of a supervisor of this node. */
  othersOf(node: Node): PlaceFactory {
    return (host) => new NodesPlace(host, othersOf(node), "the other nodes", () => true);
  }
}
