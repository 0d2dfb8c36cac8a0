import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import { checkCount, checkFunction } from "../kernel/options.js";
import { checkSelf } from "../kernel/process.js";
import type { Self } from "../kernel/self.js";
import { type ChildLike, type StartChild, pidOf, specOf } from "./child-spec.js";
import type { Strategy } from "./machine-events.js";
import { SupervisorHandle } from "./supervisor-handle.js";
import { type IntensityOptions, type NodeOption, checkSupervisor, settingsOf, supervisorChecks } from "./supervisor-options.js";
import { SupervisorProcess } from "./supervisor-process.js";

/** What a `PartitionSupervisor` can be started with. */
export interface PartitionOptions extends IntensityOptions {
  /** How many partitions there are. Default 8. */
  readonly partitions?: number;
  /** Default `"one_for_one"`. */
  readonly strategy?: Strategy;
}

/** What a key that chooses a partition can be. */
export type PartitionKey = string | number;

const checks = { ...supervisorChecks, partitions: (option: string, value: unknown) => checkCount(option, value, { infinity: false }) };

function checkGiven(child: (partition: number) => ChildLike, options: PartitionOptions, isLinked: boolean): void {
  checkFunction("PartitionSupervisor(child): child", child);
  checkSupervisor("PartitionSupervisor", options, checks, isLinked);
}

/** Who runs where: kept by those who start the children, for looking at it must cost next to nothing. */
type Partitions = (Pid | undefined)[];

/**
 * The same child several times, each for its part of the keys: so that not all have to wait for one. The partitions are the children 0, 1, 2 and so on.
 *
 * @example
 * const counters = await PartitionSupervisor.start((partition) => [Counter, partition], { partitions: 4 });
 * const pid = counters.whose(userId);
 */
export class PartitionSupervisor extends SupervisorHandle {
  readonly #partitions: Partitions;

  private constructor(started: SupervisorProcess, partitions: Partitions) {
    super("PartitionSupervisor", started.process.node, started.process.pid, started);
    this.#partitions = partitions;
  }

  static async #launch(
    parent: Self | undefined,
    child: (partition: number) => ChildLike,
    options: PartitionOptions & NodeOption,
  ): Promise<PartitionSupervisor> {
    checkGiven(child, options, parent !== undefined);
    const { partitions: count = 8, name, node = defaultNode() } = options;
    const pids: Partitions = new Array<undefined>(count).fill(undefined);
    const specs = pids.map((_, partition) => {
      const spec = specOf(child(partition), `child(${partition})`);
      const start: StartChild = async (self) => {
        pids[partition] = undefined;
        const started = await spec.start(self);
        pids[partition] = pidOf(started, `start of partition ${partition}`);
        return started;
      };
      return { ...spec, id: partition, start };
    });
    const settings = settingsOf("PartitionSupervisor", false, options);
    const started = new SupervisorProcess({ node: parent?.node ?? node, parent, registered: name, settings, specs, list: child });
    await started.ready;
    return new PartitionSupervisor(started, pids);
  }

  /**
   * Starts the children, one for each partition, from plain code. `await using` stops them.
   * @param child what each partition's child is; its id is the number of its partition, whatever the spec says
   * @throws InvalidOption, NameTaken; StartFailed when a child did not start
   */
  static start(child: (partition: number) => ChildLike, options: PartitionOptions & NodeOption = {}): Promise<PartitionSupervisor> {
    return PartitionSupervisor.#launch(undefined, child, options);
  }

  /** The same, linked to a process, its parent, whose exit ends it. */
  static async startLink(self: Self, child: (partition: number) => ChildLike, options: PartitionOptions = {}): Promise<PartitionSupervisor> {
    checkSelf("startLink(self, child): self", self);
    return PartitionSupervisor.#launch(self, child, options);
  }

  /** What starts one as a child of another supervisor. @throws InvalidOption */
  static child(child: (partition: number) => ChildLike, options: PartitionOptions = {}): StartChild {
    checkGiven(child, options, true);
    return Object.assign((self: Self) => PartitionSupervisor.startLink(self, child, options), { type: "supervisor" as const });
  }

  /** How many partitions there are. */
  get partitions(): number {
    return this.#partitions.length;
  }

  /** The number of the partition of a key: the same key always has the same one. */
  partitionOf(key: PartitionKey): number {
    const count = this.#partitions.length;
    if (typeof key === "number" && Number.isInteger(key)) return Math.abs(key % count);
    if (typeof key !== "string") throw new InvalidOption("key", key, "give a string or a whole number");
    return hash(key) % count;
  }

  /** Who has the key's partition; undefined while it is being started again. */
  whose(key: PartitionKey): Pid | undefined {
    return this.#partitions[this.partitionOf(key)];
  }
}

/** FNV-1a: short, and even enough. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}
