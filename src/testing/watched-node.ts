import type { CrashReport } from "../kernel/crash-report.js";
import { type Destination, type Pid, nodeOf } from "../kernel/ids.js";
import { Node, type NodeOptions } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import type { ProcessOptions } from "../kernel/process-body.js";
import type { Timer } from "../kernel/self.js";
import { type AddressedSignal, Op } from "../kernel/wire.js";
import { freezeDeep } from "./freeze.js";
import { type Origin, originHere } from "./origin.js";
import { WatchedClock } from "./watched-clock.js";

export interface WatchedNodeOptions extends NodeOptions {
  /** Messages that are delivered on it are frozen. */
  readonly freeze: boolean;
}

/** A node that a test looks at: it keeps what crashed, where its processes and timers come from, and has messages be values. */
export class WatchedNode extends Node {
  /** It is gone, and with it whatever its functions would still have done. */
  hasCrashed = false;
  /** Every crash on it, in order. */
  readonly reports: CrashReport[] = [];
  declare readonly clock: WatchedClock;
  readonly #origins = new WeakMap<Process, Origin>();
  /** Those that were dead when their function still ran. */
  readonly #outlived = new Set<Process>();
  readonly #freezes: boolean;

  constructor({ freeze, reporter, clock, ...options }: WatchedNodeOptions & Required<Pick<NodeOptions, "clock">>) {
    super({
      ...options,
      clock: new WatchedClock(clock),
      reporter: (report) => {
        if (this.hasCrashed) return; // there is nobody who could tell
        this.reports.push(report);
        reporter?.(report);
      },
    });
    this.#freezes = freeze;
  }

  // ——— Where things come from ———

  override enter(fn: (...args: never[]) => unknown, options: ProcessOptions): Process {
    const process = super.enter(fn, options);
    this.#origins.set(process, originHere());
    return process;
  }

  override remove(process: Process, pid: Pid | undefined): void {
    super.remove(process, pid);
    if (process.busy) this.#outlived.add(process);
  }

  /** Where a process was started. */
  originOf(process: Process): Origin | undefined {
    return this.#origins.get(process);
  }

  /** The live processes, oldest first. */
  living(): Process[] {
    const all: Process[] = [];
    for (let process = this.first; process !== null; process = process.next) all.push(process);
    return all.reverse();
  }

  /** The dead processes whose function still runs. */
  straggling(): Process[] {
    if (this.hasCrashed) return [];
    return [...this.#outlived].filter((process) => process.busy);
  }

  /** It dies at once: what runs on it ends, and nobody is told by it. */
  crash(): void {
    for (const process of this.living()) process.terminate("killed");
    this.clock.clearAll();
    this.hasCrashed = true;
  }

  // ——— Messages are values ———

  override send(to: Destination<never>, message: unknown): void {
    if (this.#freezes && this.table.has(to as string)) freezeDeep(message);
    super.send(to, message);
  }

  /** Taken as it is when it is sent, so it may not change from then on. */
  override sendAfter(to: Destination<never>, message: unknown, delay: number | { readonly at: number }): Timer {
    const timer = super.sendAfter(to, message, delay);
    if (this.#freezes && this.#isHere(this.addressOf(to))) freezeDeep(message);
    return timer;
  }

  override route(signal: AddressedSignal): void {
    if (this.#freezes && this.#isHere(signal[1])) {
      if (signal[0] === Op.message) freezeDeep(signal[2]);
      else if (signal[0] === Op.exit || signal[0] === Op.down) freezeDeep(signal[3]);
    }
    super.route(signal);
  }

  /** A name that nobody has yet is one of this node. */
  #isHere(address: unknown): boolean {
    return typeof address !== "string" || (nodeOf(address) ?? this.name) === this.name;
  }
}
