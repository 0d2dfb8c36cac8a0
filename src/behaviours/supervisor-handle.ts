import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption, SupervisorDown, TaskTimeout } from "../kernel/errors.js";
import { type Pid, checkName, checkNodeName, isAddress, isVia, nodeOf } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import { checkMilliseconds, checkNode, checkOptions } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { ChildCounts, ChildInfo } from "./children.js";
import type { NodeOption } from "./supervisor-options.js";
import type { SupervisorProcess } from "./supervisor-process.js";
import { type Asked, type SupervisorAddress, ask, isRemote, placeOf, stopRequest, whenEnded } from "./supervisor-request.js";

/** A supervisor, to whoever asks something of it: by messages, from wherever it is asked. */
export abstract class SupervisorHandle {
  readonly node: Node;
  readonly #address: SupervisorAddress;
  readonly #kind: string;
  #ended: Promise<ExitReason> | undefined;

  protected constructor(kind: string, node: Node, address: SupervisorAddress, process?: SupervisorProcess) {
    this.#kind = kind;
    this.node = node;
    this.#address = address;
    this.#ended = process?.ended;
  }

  /** Its pid. @throws SupervisorDown when it is known by a name that nobody has, or one on another node */
  get pid(): Pid {
    const address = this.#address;
    if (typeof address === "string" && isAddress(address)) return address as Pid;
    if (isRemote(address)) throw new SupervisorDown(this.toString(), "it is on another node");
    const pid = this.node.whereis(address);
    if (pid === undefined) throw new SupervisorDown(this.toString(), "noproc");
    return pid;
  }

  /** What it is registered as; undefined when it is not, or has ended. */
  get name(): string | undefined {
    const address = this.#address;
    if (isRemote(address)) return address.name;
    return typeof address !== "string" ? String(address) : isAddress(address) ? this.node.find(address as Pid)?.name : address;
  }

  /** It has not ended, as far as this node knows: of one on another node, it may be a little while before it does. */
  get isRunning(): boolean {
    const address = this.#address;
    if (isRemote(address)) return true;
    if (typeof address !== "string" || !isAddress(address)) return this.node.whereis(address) !== undefined;
    return nodeOf(address) !== this.node.name || this.node.find(address as Pid) !== undefined;
  }

  /** Resolves when it has ended, and with it all of its children, with its exit reason. */
  get ended(): Promise<ExitReason> {
    return (this.#ended ??= whenEnded(this.node, this.#address));
  }

  /** Its children, oldest first (V3). @throws SupervisorDown */
  async whichChildren(): Promise<ChildInfo[]> {
    return (await this.ask({ op: "whichChildren" })) as ChildInfo[];
  }

  /** How many children it has, of each kind (V3). @throws SupervisorDown */
  async countChildren(): Promise<ChildCounts> {
    return (await this.ask({ op: "countChildren" })) as ChildCounts;
  }

  /**
   * Stops its children, each within its shutdown time, and then itself. Resolves when nothing of it is left; at once when it has ended before.
   * @param reason its exit reason. Default `"normal"`
   * @param timeout how many milliseconds to wait for that. Default `Infinity`
   * @throws TaskTimeout when that is not enough: it goes on stopping
   */
  async stop(reason: ExitReason = "normal", timeout = Infinity): Promise<void> {
    checkMilliseconds("timeout", timeout);
    try {
      await this.ask(stopRequest(this.node, this.#address, reason), timeout);
    } catch (error) {
      throw error instanceof TaskTimeout ? new TaskTimeout(this.toString(), timeout) : error;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  toString(): string {
    const address = this.#address;
    return `${this.#kind} ${typeof address === "string" ? (this.name ?? address) : placeOf(address)}`;
  }

  protected ask(asked: Asked, timeout?: number): Promise<unknown> {
    return ask(this.node, this.#address, asked, (reason) => new SupervisorDown(this.toString(), reason), timeout);
  }
}

const atChecks = { node: checkNode };

/** Checks by what, and from where, a supervisor is to be found. @throws InvalidOption */
export function checkAddress(address: SupervisorAddress, options: NodeOption): Node {
  checkOptions("at options", options, atChecks);
  if (isVia(address)) return options.node ?? defaultNode();
  if (typeof address === "object" && address !== null) {
    checkName("name", address.name);
    checkNodeName(address.node);
  } else if (typeof address !== "string" || address === "") {
    throw new InvalidOption("address", address, "give a supervisor's pid, its name, registry.via(key), or { name, node }");
  }
  return options.node ?? defaultNode();
}
