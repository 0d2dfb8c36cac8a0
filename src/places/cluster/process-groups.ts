import { isObject } from "../../kernel/attempt.js";
import { type Pid, isPid, nodeOf } from "../../kernel/ids.js";
import type { Node } from "../../kernel/node.js";
import { type Process, checkSelf } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import { checkText } from "../../kernel/options.js";
import type { AnySelf } from "../../kernel/self.js";
import type { Membership } from "./membership.js";

/** The name of the process that keeps the groups of a node, as in OTP. */
const keeper = "pg";

/** What keepers say to each other: all the groups of a node, or that one of its processes joins or leaves one. */
type News =
  | { readonly $pg: "all"; readonly groups: readonly (readonly [group: string, pids: readonly Pid[]])[] }
  | { readonly $pg: "joins" | "leaves"; readonly group: string; readonly pid: Pid };

/** The node of the cluster that a process is on, or behind. */
const rootOf = (pid: Pid): string => (nodeOf(pid) ?? "").split("/", 1)[0] as string;

/**
 * Processes of all nodes, in groups: who joins is known everywhere, until it leaves, ends, or its node is lost (N4). What one node reads is what it has heard so far.
 *
 * @example
 * cluster.processGroups.join(self, "room 7");
 * for (const pid of cluster.processGroups.members("room 7")) self.send(pid, { said: "hello" });
 */
export class ProcessGroups {
  readonly #node: Node;
  readonly #membership: Membership;
  /** By node, then by group; a process is there as often as it has joined. */
  readonly #pids = new Map<string, Map<string, Pid[]>>();
  readonly #watched = new Map<Pid, { readonly process: Process; readonly ender: Ender }>();

  /** @internal Before the node joins: what others tell it as soon as they see it is to be heard. */
  constructor(membership: Membership) {
    this.#node = membership.node;
    this.#membership = membership;
    membership.watch(({ type, node }) => {
      if (type === "down") this.#pids.delete(node.incarnation);
      else this.#introduce(node.name);
    });
    this.#node.spawn(
      async (self) => {
        self.register(keeper);
        for (;;) this.#hear(await self.receive());
      },
      { label: "process groups" },
    );
  }

  /** Adds a process of this node to a group; it may join several, and one more than once. @throws InvalidOption */
  join(self: AnySelf, group: string): void {
    checkSelf("join(self, group): self", self);
    checkText("join(self, group): group", group);
    const process = self as Process;
    process.mustLive();
    const { pid } = process;
    if (!this.#watched.has(pid)) {
      const ender: Ender = {
        ended: () => {
          this.#ended(pid);
        },
      };
      process.whenEnded(ender);
      this.#watched.set(pid, { process, ender });
    }
    this.#add(group, pid);
    this.#tell({ $pg: "joins", group, pid });
  }

  /** Takes it out again, once. Answers whether it was in it. @throws InvalidOption */
  leave(self: AnySelf, group: string): boolean {
    checkSelf("leave(self, group): self", self);
    const { pid } = self as Process;
    if (!this.#remove(group, pid)) return false;
    this.#tell({ $pg: "leaves", group, pid });
    const watched = this.#watched.get(pid);
    if (watched !== undefined && ![...this.#own.values()].some((pids) => pids.includes(pid))) {
      watched.process.unwatch(watched.ender);
      this.#watched.delete(pid);
    }
    return true;
  }

  /** The processes of a group, on all nodes. */
  members(group: string): Pid[] {
    return [...this.#pids.values()].flatMap((groups) => groups.get(group) ?? []);
  }

  /** Those on this node. */
  localMembers(group: string): Pid[] {
    return [...(this.#own.get(group) ?? [])];
  }

  /** The groups that have members. */
  groups(): string[] {
    return [...new Set([...this.#pids.values()].flatMap((groups) => [...groups.keys()]))];
  }

  /** Sends a message to all processes of a group; answers how many that were. @throws NotCloneable */
  dispatch(group: string, message: unknown): number {
    const pids = this.members(group);
    for (const pid of pids) this.#node.send(pid, message);
    return pids.length;
  }

  get #own(): Map<string, Pid[]> {
    return this.#of(this.#node.name);
  }

  #of(node: string): Map<string, Pid[]> {
    let groups = this.#pids.get(node);
    if (groups === undefined) this.#pids.set(node, (groups = new Map<string, Pid[]>()));
    return groups;
  }

  #add(group: string, pid: Pid): void {
    const groups = this.#of(rootOf(pid));
    const pids = groups.get(group);
    if (pids === undefined) groups.set(group, [pid]);
    else pids.push(pid);
  }

  #remove(group: string, pid: Pid): boolean {
    const groups = this.#of(rootOf(pid));
    const pids = groups.get(group) ?? [];
    const at = pids.indexOf(pid);
    if (at === -1) return false;
    pids.splice(at, 1);
    if (pids.length === 0) groups.delete(group);
    return true;
  }

  #ended(pid: Pid): void {
    this.#watched.delete(pid);
    for (const group of [...this.#own.keys()]) while (this.#remove(group, pid)) this.#tell({ $pg: "leaves", group, pid });
  }

  // ——— Between nodes ———

  #tell(news: News): void {
    for (const { bare } of this.#membership.members()) this.#node.send({ name: keeper, node: bare }, news);
  }

  /** A node that comes is told what there is here; where there is nothing, it is left alone. */
  #introduce(node: string): void {
    const groups = [...this.#own];
    if (groups.length > 0) this.#node.send({ name: keeper, node }, { $pg: "all", groups } satisfies News);
  }

  /** What is not of such a shape, or of a node that is not there, is passed over. */
  #hear(message: unknown): void {
    const { $pg, group, pid, groups } = (isObject(message) ? message : {}) as Partial<Record<"$pg" | "group" | "pid" | "groups", unknown>>;
    if ($pg === "all" && Array.isArray(groups)) {
      for (const [name, pids] of groups.filter(Array.isArray) as unknown[][]) {
        if (typeof name !== "string" || !Array.isArray(pids) || !pids.every((one) => this.#isThere(one))) continue;
        for (const node of new Set(pids.map(rootOf))) this.#of(node).set(name, pids.filter((one) => rootOf(one as Pid) === node) as Pid[]);
      }
    } else if (typeof group === "string" && this.#isThere(pid)) {
      if ($pg === "joins") this.#add(group, pid);
      else if ($pg === "leaves") this.#remove(group, pid);
    }
  }

  /** A pid of another node that is there. */
  #isThere(pid: unknown): pid is Pid {
    if (!isPid(pid)) return false;
    const root = rootOf(pid);
    return this.#membership.member(root.slice(0, root.indexOf("~")))?.name === root;
  }
}
