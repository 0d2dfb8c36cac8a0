import type { Connection, Switchboard } from "./connection.js";
import { NameTaken } from "./errors.js";
import { type Pid, type Ref, bareNode, checkNodeName, nodeOf } from "./ids.js";
import type { Elsewhere, Node } from "./node.js";
import type { Process } from "./process.js";
import type { ExitReason } from "./reasons.js";
import { type AddressedSignal, ExitKind, Op } from "./wire.js";

/** The ways from a node to others. It comes with the first wire: a program on one event loop does not carry it. */
export class Peers implements Elsewhere, Switchboard {
  readonly #node: Node;
  readonly #connections = new Map<string, Connection>();

  constructor(node: Node) {
    this.#node = node;
  }

  /** There is a way to another node from now on: see `connect`. */
  attach(connection: Connection): void {
    const { peer } = connection;
    const { name } = this.#node;
    checkNodeName(peer);
    const bare = bareNode(peer);
    if (peer === name || this.#connections.has(peer) || this.#connections.has(bare)) throw new NameTaken(peer, `a node that ${name} knows already`);
    this.#connections.set(peer, connection);
    this.#connections.set(bare, connection);
  }

  // ——— Out ———

  forward(node: string, signal: AddressedSignal): boolean {
    const connection = this.#connectionTo(node);
    if (connection === undefined) return false;
    if (signal[0] === Op.message) connection.sendMessage(signal[1], signal[2]);
    else connection.send(signal);
    return true;
  }

  copyFor(node: string, message: unknown): unknown {
    return this.#connectionTo(node)?.copyOf(message);
  }

  /** A node is reached by its own wire, by that of the node it belongs to (`a/b` by `a`), or by way of the node that this one belongs to. */
  #connectionTo(node: string): Connection | undefined {
    const own = this.#node.name;
    // What would be below this node is not looked for above it: that one would send it back, and so on for ever.
    for (let name = node; name !== "" && name !== own; name = name.slice(0, Math.max(0, name.lastIndexOf("/")))) {
      const connection = this.#connections.get(name);
      if (connection !== undefined) return connection;
    }
    const above = own.lastIndexOf("/");
    return above === -1 || node.startsWith(`${own}/`) ? undefined : this.#connections.get(own.slice(0, above));
  }

  // ——— In ———

  leadsTo(address: string, connection: Connection): boolean {
    const node = nodeOf(address);
    return node !== undefined && this.#connectionTo(node) === connection;
  }

  watches(pid: Pid, ref: Ref, connection: Connection): boolean {
    const monitor = this.#node.find(pid)?.tied?.monitors.get(ref);
    return monitor === undefined || this.leadsTo(monitor.to, connection);
  }

  refused(): void {
    this.#node.refused++;
  }

  route(signal: AddressedSignal): void {
    this.#node.route(signal);
  }

  /** The other end of a wire is gone, and with it every node behind it (N1). */
  lost(connection: Connection, reason: ExitReason): void {
    const { peer } = connection;
    if (this.#connections.get(peer) !== connection) return;
    this.#connections.delete(peer);
    this.#connections.delete(bareNode(peer));
    const { name } = this.#node;
    this.#down(name.startsWith(`${peer}/`) ? isBeyond(name) : isBelow(peer), peer, reason);
  }

  /** Another node says that a node is gone. That is so for this one where the way to it leads over the one that says so; elsewhere its own wire tells. */
  nodeDown(node: string, reason: ExitReason, from: Connection): void {
    if (this.#connectionTo(node) !== from) return;
    this.#down(this.#node.name.startsWith(`${node}/`) ? isBeyond(from.peer) : isBelow(node), node, reason, from);
  }

  #down(isLost: (address: string) => boolean, node: string, reason: ExitReason, from?: Connection): void {
    tellTied(this.#node, isLost, reason);
    // Those who reach that node by way of this one. Others have their own wire to it, or never had anything to do with it.
    const { name } = this.#node;
    const isBehind = node.startsWith(`${name}/`);
    for (const [peer, connection] of this.#connections)
      if (connection !== from && peer === connection.peer && (isBehind || peer.startsWith(`${name}/`))) connection.sendNodeDown(node, reason);
  }
}

/** What was at these addresses is gone and cannot say so itself: those here that are tied to it are told. */
export function tellTied(node: Node, isLost: (address: string) => boolean, reason: ExitReason): void {
  const tied: Process[] = [];
  for (let process = node.first; process !== null; process = process.next) if (process.tied) tied.push(process);
  for (const process of tied) loseTies(process, isLost, reason);
}

/** Everything at a lost address that a process is tied to is down; those who watched it from there are forgotten. */
function loseTies(process: Process, isLost: (address: string) => boolean, reason: ExitReason): void {
  const { tied } = process;
  if (!tied) return;
  for (const [ref, pid] of tied.watchers) if (isLost(pid)) tied.watchers.delete(ref);
  const monitors = [...tied.monitors].filter(([, { to }]) => isLost(to));
  const links = [...tied.links].filter(isLost);
  for (const [ref] of monitors) process.down(ref, reason);
  for (const pid of links) process.signalled(pid, reason, ExitKind.link);
}

/** True for addresses on the node itself, by either of its names, and on the nodes that belong to it. */
function isBelow(node: string): (address: string) => boolean {
  const bare = bareNode(node);
  return (address) => {
    const name = nodeOf(address);
    return name === node || name === bare || name?.startsWith(`${node}/`) === true;
  };
}

/** True for all other addresses: what is lost to a node, and to those that belong to it, when the one that it belongs to is gone. */
function isBeyond(node: string): (address: string) => boolean {
  const isOurs = isBelow(node);
  return (address) => !isOurs(address);
}
