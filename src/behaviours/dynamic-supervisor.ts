import { defaultNode } from "../kernel/default-node.js";
import type { Pid } from "../kernel/ids.js";
import { checkSelf } from "../kernel/process.js";
import type { Self } from "../kernel/self.js";
import type { ChildLike, StartChild } from "./child-spec.js";
import { SupervisorHandle, checkAddress } from "./supervisor-handle.js";
import { type DynamicSupervisorOptions, type NodeOption, checkSupervisor, dynamicChecks, settingsOf } from "./supervisor-options.js";
import { SupervisorProcess } from "./supervisor-process.js";
import type { SupervisorAddress } from "./supervisor-request.js";

/**
 * A supervisor whose children come and go: it starts with none, knows them by their pids, starts each again by itself, and stops all at once (V5).
 *
 * @example
 * const sessions = await DynamicSupervisor.start({ name: "sessions", maxChildren: 1_000 });
 * const pid = await sessions.startChild({ id: "session", run: serve, restart: "temporary" });
 */
export class DynamicSupervisor extends SupervisorHandle {
  static async #launch(parent: Self | undefined, options: DynamicSupervisorOptions & NodeOption): Promise<DynamicSupervisor> {
    checkSupervisor("DynamicSupervisor", options, dynamicChecks, parent !== undefined);
    const settings = settingsOf("DynamicSupervisor", true, options);
    const node = parent?.node ?? options.node ?? defaultNode();
    const started = new SupervisorProcess({ node, parent, registered: options.name, settings, specs: [], list: {} });
    await started.ready;
    return new DynamicSupervisor("DynamicSupervisor", node, started.process.pid, started);
  }

  /** Starts one from plain code. `await using` stops it. @throws InvalidOption, NameTaken */
  static start(options: DynamicSupervisorOptions & NodeOption = {}): Promise<DynamicSupervisor> {
    return DynamicSupervisor.#launch(undefined, options);
  }

  /** The same, linked to a process, its parent, whose exit ends it. */
  static async startLink(self: Self, options: DynamicSupervisorOptions = {}): Promise<DynamicSupervisor> {
    checkSelf("startLink(self): self", self);
    return DynamicSupervisor.#launch(self, options);
  }

  /** What starts one as a child of another supervisor. @throws InvalidOption */
  static child(options: DynamicSupervisorOptions = {}): StartChild {
    checkSupervisor("DynamicSupervisor", options, dynamicChecks, true);
    return Object.assign((self: Self) => DynamicSupervisor.startLink(self, options), { type: "supervisor" as const });
  }

  /** One that runs already, by its pid, its name, `registry.via(key)`, or `{ name, node }` from another node. A name is looked up each time. */
  static at(address: SupervisorAddress, options: NodeOption = {}): DynamicSupervisor {
    return new DynamicSupervisor("DynamicSupervisor", checkAddress(address, options), address);
  }

  /**
   * Starts a child and answers its pid; undefined when it did not want to start. Ids need not be unique here.
   * @throws MaxChildren, StartFailed, InvalidOption, SupervisorDown
   */
  async startChild(child: ChildLike): Promise<Pid | undefined> {
    return (await this.ask({ op: "startChild", child })) as Pid | undefined;
  }

  /**
   * Stops a child within its shutdown time, and forgets it. One that is to be started again is known by the pid that it had.
   * @throws ChildNotFound, SupervisorDown
   */
  async terminateChild(pid: Pid<never>): Promise<void> {
    await this.ask({ op: "terminateChild", child: pid });
  }
}
