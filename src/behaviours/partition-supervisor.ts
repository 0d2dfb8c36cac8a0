import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption, SupervisorDown } from "../kernel/errors.js";
import { type LocalName, type Pid, type Via, nodeOf } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import { checkCount, checkFunction } from "../kernel/options.js";
import { type Process, checkSelf } from "../kernel/process.js";
import type { Self } from "../kernel/self.js";
import { type ChildLike, type StartChild, pidOf, specOf } from "./child-spec.js";
import type { Strategy } from "./machine-events.js";
import { SupervisorHandle, checkAddress } from "./supervisor-handle.js";
import { type IntensityOptions, type NodeOption, checkSupervisor, settingsOf, supervisorChecks } from "./supervisor-options.js";
import { SupervisorProcess } from "./supervisor-process.js";
import { isRemote } from "./supervisor-request.js";

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

const partitionsOf = new WeakMap<Process, Partitions>();

/** A partition, by a key, as a name: whoever has it just now. */
class PartitionName implements Via {
  readonly #supervisor: PartitionSupervisor;
  readonly #key: PartitionKey;

  constructor(supervisor: PartitionSupervisor, key: PartitionKey) {
    this.#supervisor = supervisor;
    this.#key = key;
  }

  /** Nobody, while there is no supervisor. */
  holder(): Pid | undefined {
    return this.#supervisor.isRunning ? this.#supervisor.whose(this.#key) : undefined;
  }

  take(): never {
    throw new InvalidOption("name", this.toString(), "a partition's process has this name by being started: give another name, or a registry's");
  }

  free(): boolean {
    return false;
  }

  toString(): string {
    return `${this.#supervisor.name ?? this.#supervisor.pid}[${this.#key}]`;
  }
}

/**
 * The same child several times, each for its part of the keys: so that not all have to wait for one. The partitions are the children 0, 1, 2 and so on.
 *
 * @example
 * const counters = await PartitionSupervisor.start((partition) => [Counter, partition], { partitions: 4, name: "counters" });
 * await GenServer.at<Counter>(counters.via(userId)).call.add(1);
 */
export class PartitionSupervisor extends SupervisorHandle {
  /** Undefined where it is known by its address: it is looked up each time then. */
  readonly #started: Partitions | undefined;

  private constructor(node: Node, address: Pid<never> | LocalName, started?: SupervisorProcess, partitions?: Partitions) {
    super("PartitionSupervisor", node, address, started);
    this.#started = partitions;
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
    partitionsOf.set(started.process, pids);
    await started.ready;
    return new PartitionSupervisor(started.process.node, started.process.pid, started, pids);
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

  /**
   * One that runs already, by its pid, its name or `registry.via(key)`. A name is looked up each time. On its own node alone: who has a key is looked up there, and not asked.
   * @example
   * const pid = PartitionSupervisor.at("counters").whose(userId);
   */
  static at(address: Pid<never> | LocalName, options: NodeOption = {}): PartitionSupervisor {
    const node = checkAddress(address, options);
    if (isRemote(address))
      throw new InvalidOption("address", address, "partitions are known on the node of their supervisor alone: ask a process there");
    return new PartitionSupervisor(node, address);
  }

  /** @throws SupervisorDown, and InvalidOption when it is no supervisor of partitions */
  get #partitions(): Partitions {
    if (this.#started !== undefined) return this.#started;
    const process = this.node.find(this.pid);
    if (process === undefined) throw new SupervisorDown(this.toString(), "noproc");
    const partitions = partitionsOf.get(process);
    if (partitions === undefined)
      throw new InvalidOption("address", this.name ?? this.pid, "this process is no PartitionSupervisor: give the address of one");
    return partitions;
  }

  /** How many partitions there are. @throws SupervisorDown */
  get partitions(): number {
    return this.#partitions.length;
  }

  /** The number of the partition of a key: the same key always has the same one. @throws InvalidOption, SupervisorDown */
  partitionOf(key: PartitionKey): number {
    checkKey(key);
    const count = this.#partitions.length;
    return typeof key === "number" ? Math.abs(key % count) : hash(key) % count;
  }

  /** Who has the key's partition; undefined from its end until it has been started again. @throws InvalidOption, SupervisorDown */
  whose(key: PartitionKey): Pid | undefined {
    const pid = this.#partitions[this.partitionOf(key)];
    return pid !== undefined && nodeOf(pid) === this.node.name && this.node.find(pid) === undefined ? undefined : pid;
  }

  /**
   * The partition of a key as a name, wherever one is taken to find a process: `self.send(counters.via(userId), message)`, `GenServer.at(counters.via(userId))`,
   * `self.monitor(...)`. It is looked up each time (G4).
   * @throws InvalidOption for a key that cannot be
   */
  via(key: PartitionKey): Via {
    checkKey(key);
    return new PartitionName(this, key);
  }
}

function checkKey(key: PartitionKey): void {
  if (typeof key !== "string" && !Number.isInteger(key)) throw new InvalidOption("key", key, "give a string or a whole number");
}

/** FNV-1a: short, and even enough. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  return sum >>> 0;
}
