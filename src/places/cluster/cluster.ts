import { InvalidOption } from "../../kernel/errors.js";
import type { Ref, RemoteName } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { checkFunction, checkMilliseconds, checkOptions, checkText } from "../../kernel/options.js";
import type { AnySelf } from "../../kernel/self.js";
import type { PlaceFactory } from "../../tasks/place.js";
import { type Membership, nodeProcess } from "./membership.js";
import type { NodeEvent, NodeInfo } from "./node-info.js";
import { NodesPlace } from "./nodes-place.js";
import type { RunArchive } from "./durable/run-archive.js";
import type { ProcessGroups } from "./process-groups.js";
import { checkToken } from "./subjects.js";

/**
 * This program as a node of a cluster, and what it knows of the others. Made by `joinCluster`.
 *
 * @example
 * await using cluster = await joinCluster({ name: "a", servers: "nats://127.0.0.1:4222" });
 * await using workers = TaskSupervisor.start({ on: cluster.group("workers") });
 */
export class Cluster implements AsyncDisposable {
  readonly #membership: Membership;
  readonly #processGroups: ProcessGroups;
  readonly #archive: RunArchive;

  /** @internal */
  constructor(membership: Membership, processGroups: ProcessGroups, archive: RunArchive) {
    this.#membership = membership;
    this.#processGroups = processGroups;
    this.#archive = archive;
  }

  /** Groups of processes, on all nodes. */
  get processGroups(): ProcessGroups {
    return this.#processGroups;
  }

  /** The node itself: the one of this event loop, unless `isDefault` was false. */
  get node(): Node {
    return this.#membership.node;
  }

  get name(): string {
    return this.#membership.name;
  }

  /** The other nodes that are there. */
  nodes(): NodeInfo[] {
    return [...this.#membership.members()].map(({ info }) => info);
  }

  /** This one, as the others see it. */
  get info(): NodeInfo {
    return this.#membership.info;
  }

  /**
   * The nodes of a group as the place of a supervisor: a task goes to the one with the least to do for its capacity, and waits here while all are busy, or
   * none is there (N4). This node is none of them. Tasks that were sent to a node which is lost end with `"noconnection"`; those that wait go to others.
   *
   * @throws InvalidOption
   * @example
   * await using workers = TaskSupervisor.start({ on: cluster.group("workers") });
   * const task = workers.asyncNolink(computation.run(42));
   */
  group(name: string): PlaceFactory {
    checkToken("group(name): name", name);
    return (host) => new NodesPlace(host, this.#membership, `the nodes of group ${name}`, ({ presence }) => presence.groups.includes(name));
  }

  /**
   * One node as the place of a supervisor: whichever of its incarnations is there.
   * @throws InvalidOption
   */
  on(name: string): PlaceFactory {
    checkToken("on(name): name", name);
    if (name === this.name) throw new InvalidOption("on(name): name", name, "it is this node: leave `on` out, and tasks run here");
    return (host) => new NodesPlace(host, this.#membership, `node ${name}`, ({ bare }) => bare === name);
  }

  /**
   * A supervisor of another node as the place of tasks: they run under the TaskSupervisor that has this name there, wherever that runs its own, and
   * by its limits. They outlive this node; the function of a task is one that the other node has registered. Where the supervisor's place is not its event
   * loop, it has to be registered as a reference: `functions: { parse: csv.parse }` of `csv = tasksFrom(...)` (S6).
   *
   * @throws InvalidOption
   * @example
   * await using pool = TaskSupervisor.start({ on: cluster.under({ name: "pool", node: "b" }) });
   */
  under(supervisor: RemoteName): PlaceFactory {
    const { name, node } = (supervisor as RemoteName | undefined) ?? {};
    checkText("under({ name, node }): name", name);
    checkToken("under({ name, node }): node", node);
    if (node === this.name) throw new InvalidOption("under({ name, node }): node", node, "it is this node: take TaskSupervisor.at(name)");
    return (host) => new NodesPlace(host, this.#membership, `the supervisor ${name as string} of node ${node}`, ({ bare }) => bare === node, name);
  }

  /**
   * Monitors a node: its end, or the end of the way to it, comes as a `Down` from `{ name: "net_kernel", node }` with the reason `"noconnection"` (N1, N4).
   * For a node that is not there it comes at once.
   */
  monitor(self: AnySelf, name: string): Ref {
    checkToken("monitor(self, name): name", name);
    return self.monitor({ name: nodeProcess, node: name });
  }

  /** Is told of each node that comes or goes, until the answered function is called. A node comes again when it returns, as another incarnation or after a broken network. */
  watch(listener: (event: NodeEvent) => void): () => void {
    checkFunction("watch(listener): listener", listener);
    return this.#membership.watch(listener);
  }

  /**
   * Resolves when a node of this name is there: at once when it is already; with undefined when it has not come in time.
   * @param options.timeout in milliseconds; default `Infinity`
   * @throws InvalidOption
   */
  async whenUp(name: string, options: { readonly timeout?: number } = {}): Promise<NodeInfo | undefined> {
    checkToken("whenUp(name): name", name);
    checkOptions("whenUp options", options, { timeout: checkMilliseconds });
    const there = this.#membership.member(name);
    if (there !== undefined) return there.info;
    return new Promise((resolve) => {
      const timer = this.node.clock.set(() => {
        end(undefined);
      }, options.timeout ?? Infinity);
      const unwatch = this.watch(({ type, node }) => {
        if (type === "up" && node.name === name) end(node);
      });
      const end = (found: NodeInfo | undefined): void => {
        this.node.clock.clear(timer);
        unwatch();
        resolve(found);
      };
    });
  }

  /**
   * Removes what is kept of a durable run: the next one of this name begins anew. What is not removed is kept for a week, or as long as `runs.keep` says.
   * @throws InvalidOption while it is under way here
   */
  forgetRun(run: string): Promise<void> {
    return this.#archive.forget(run);
  }

  /** Takes no new tasks of others from now on, and resolves when those that it has have ended: then it can leave without harm. */
  drain(): Promise<void> {
    return this.#membership.drain();
  }

  /** Leaves the cluster: for the others this node is gone at once, and for its processes, all others are. Resolves when nothing of the connection is left. */
  leave(): Promise<void> {
    return this.#membership.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }
}
