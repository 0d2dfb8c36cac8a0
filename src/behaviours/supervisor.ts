import { defaultNode } from "../kernel/default-node.js";
import type { Pid } from "../kernel/ids.js";
import { checkSelf } from "../kernel/process.js";
import type { Self } from "../kernel/self.js";
import type { ChildId, ChildLike, Spec, StartChild } from "./child-spec.js";
import type { MachineSettings } from "./machine-events.js";
import { SupervisorHandle, checkAddress } from "./supervisor-handle.js";
import { type NodeOption, type SupervisorOptions, checkSupervisor, settingsOf, specsOf, supervisorChecks } from "./supervisor-options.js";
import { SupervisorProcess } from "./supervisor-process.js";
import type { SupervisorAddress } from "./supervisor-request.js";

/**
 * Starts children in order, starts them again when they end, by their `restart` and its strategy, and stops them in reverse order (V1).
 *
 * @example
 * const app = await Supervisor.start(
 *   [
 *     { id: "db", start: (self) => Database.startLink(self, url) },
 *     { id: "pool", start: TaskSupervisor.child({ name: "pool", on: threads() }) },
 *     { id: "http", start: () => listen(8080), stop: (server: Server) => server.close() },
 *   ],
 *   { strategy: "rest_for_one", maxRestarts: 3, maxSeconds: 5 },
 * );
 * await app.stop(); // reverse order, each child within its shutdown time
 */
export class Supervisor extends SupervisorHandle {
  static #checked(
    children: readonly ChildLike[],
    options: SupervisorOptions & NodeOption,
    isLinked: boolean,
  ): { settings: MachineSettings; specs: Spec[] } {
    checkSupervisor("Supervisor", options, supervisorChecks, isLinked);
    const settings = settingsOf("Supervisor", false, options);
    return { settings, specs: specsOf(children, settings) };
  }

  static async #launch(parent: Self | undefined, children: readonly ChildLike[], options: SupervisorOptions & NodeOption): Promise<Supervisor> {
    const { settings, specs } = Supervisor.#checked(children, options, parent !== undefined);
    const node = parent?.node ?? options.node ?? defaultNode();
    const started = new SupervisorProcess({ node, parent, registered: options.name, settings, specs, list: children });
    await started.ready;
    return new Supervisor("Supervisor", node, started.process.pid, started);
  }

  /**
   * Starts a supervisor from plain code. Resolves when all children have been started. `await using` stops it.
   *
   * @param children in the order in which they are started
   * @throws InvalidOption, DuplicateChild, NameTaken before anything starts; StartFailed when a child did not start, which it names: those that had been
   *   started have been stopped, in reverse order (V2)
   */
  static start(children: readonly ChildLike[], options: SupervisorOptions & NodeOption = {}): Promise<Supervisor> {
    return Supervisor.#launch(undefined, children, options);
  }

  /**
   * The same, linked to a process, its parent, whose exit ends it.
   * @throws as `start` does; the parent gets no exit then. Exited when the parent is dead
   */
  static async startLink(self: Self, children: readonly ChildLike[], options: SupervisorOptions = {}): Promise<Supervisor> {
    checkSelf("startLink(self, children): self", self);
    return Supervisor.#launch(self, children, options);
  }

  /** What starts such a supervisor as a child of another one. @throws InvalidOption, DuplicateChild */
  static child(children: readonly ChildLike[], options: SupervisorOptions = {}): StartChild {
    Supervisor.#checked(children, options, true); // where it is written, not where it is started
    return Object.assign((self: Self) => Supervisor.startLink(self, children, options), { type: "supervisor" as const });
  }

  /**
   * A supervisor that runs already, by its pid, its name, `registry.via(key)`, or `{ name, node }` from another node. A name is looked up each time.
   *
   * @example
   * await Supervisor.at("app").restartChild("db");
   */
  static at(address: SupervisorAddress, options: NodeOption = {}): Supervisor {
    return new Supervisor("Supervisor", checkAddress(address, options), address);
  }

  /**
   * Starts one more child, after the others, and answers its pid; undefined when it did not want to start (V3).
   * @throws AlreadyStarted, AlreadyPresent when there is a child of this id; StartFailed, and the supervisor forgets it; InvalidOption; SupervisorDown
   */
  async startChild(child: ChildLike): Promise<Pid | undefined> {
    return (await this.ask({ op: "startChild", child })) as Pid | undefined;
  }

  /**
   * Stops a child within its shutdown time, and does not start it again until `restartChild`. A temporary one is forgotten (V3).
   * @throws ChildNotFound, SupervisorDown
   */
  async terminateChild(id: ChildId): Promise<void> {
    await this.ask({ op: "terminateChild", child: id });
  }

  /**
   * Starts a child that does not run, and answers its pid; undefined when it did not want to start (V3).
   * @throws ChildNotFound, ChildRunning, StartFailed, SupervisorDown
   */
  async restartChild(id: ChildId): Promise<Pid | undefined> {
    return (await this.ask({ op: "restartChild", child: id })) as Pid | undefined;
  }

  /** Forgets a child that does not run (V3). @throws ChildNotFound, ChildRunning, SupervisorDown */
  async deleteChild(id: ChildId): Promise<void> {
    await this.ask({ op: "deleteChild", child: id });
  }
}
