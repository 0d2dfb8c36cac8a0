import type { Name, Pid, Ref } from "./ids.js";
import { Down } from "./messages.js";
import type { Node } from "./node.js";
import type { ExitReason } from "./reasons.js";
import { ExitKind, Op } from "./wire.js";

/** A monitor as its owner keeps it: what was asked for, and the address that the signal went to. */
interface Monitor {
  readonly target: Pid | Name;
  readonly to: string;
}

/** What ties a process to others: links, the monitors it set, and those who watch it. Most processes have none. */
export class Ties {
  readonly links = new Set<Pid>();
  /** What it monitors. */
  readonly monitors = new Map<Ref, Monitor>();
  /** Who monitors it. */
  readonly watchers = new Map<Ref, Pid>();

  /** Somebody is told when the process ends. */
  get areWatched(): boolean {
    return this.links.size > 0 || this.watchers.size > 0;
  }

  /** The process has ended: everybody who is tied to it is told, and what it watched forgets it. */
  cut(node: Node, pid: Pid, reason: ExitReason): void {
    for (const to of this.links) node.routeExit([Op.exit, to, pid, reason, ExitKind.link]);
    for (const [ref, to] of this.watchers) node.route([Op.down, to, ref, reason]);
    for (const [ref, { to }] of this.monitors) node.route([Op.demonitor, to, ref]);
  }

  dropMonitor(node: Node, ref: Ref): boolean {
    const monitor = this.monitors.get(ref);
    if (monitor === undefined) return false;
    this.monitors.delete(ref);
    node.route([Op.demonitor, monitor.to, ref]);
    return true;
  }

  /** The message for the end of something monitored; undefined when the monitor was taken back. */
  down(ref: Ref, reason: ExitReason): Down | undefined {
    const monitor = this.monitors.get(ref);
    if (monitor === undefined) return undefined;
    this.monitors.delete(ref);
    return new Down(ref, monitor.target, reason);
  }
}
