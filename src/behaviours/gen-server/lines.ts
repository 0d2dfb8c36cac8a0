import { type Destination, type Pid, type Ref, nameIn, nodeOf } from "../../kernel/ids.js";
import { Down } from "../../kernel/messages.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Self } from "../../kernel/self.js";

type Over = (line: Line, reason: ExitReason) => void;

/** A server that somebody waits for, watched for as long as that is so. */
export class Line implements Ender {
  /** How many wait. */
  count = 0;
  /** It has been told of as one that nobody waits for. */
  isIdle = false;

  constructor(
    readonly address: string,
    /** Where it runs here. */
    readonly process: Process | undefined,
    /** The monitor, where it runs elsewhere. */
    readonly ref: Ref | undefined,
    readonly over: Over,
  ) {}

  ended(_process: Process, reason: ExitReason): void {
    this.over(this, reason);
  }
}

/**
 * The servers that a node's calls wait for. Those of this node tell of their end themselves. For those of others somebody has to hold the monitors, for
 * plain code is no process: a process that is there while there are any.
 */
export class Lines {
  readonly #node: Node;
  readonly #over: Over;
  /** Those that several calls share: by pid. Who has a name may change from call to call. */
  readonly #byPid = new Map<string, Line>();
  readonly #byRef = new Map<Ref, Line>();
  #watcher: Process | undefined = undefined;
  #idle: Line[] = [];

  constructor(node: Node, over: Over) {
    this.#node = node;
    this.#over = (line, reason) => {
      this.#drop(line);
      over(line, reason);
    };
  }

  /** Undefined when there is no such process here. */
  to(address: string, destination: Destination): Line | undefined {
    const known = this.#byPid.get(address);
    if (known !== undefined) return known;
    const isName = nameIn(address) !== undefined;
    let line: Line;
    if (!isName && nodeOf(address) === this.#node.name) {
      const process = this.#node.find(address as Pid);
      if (process === undefined) return undefined;
      line = new Line(address, process, undefined, this.#over);
      process.whenEnded(line);
    } else {
      if (this.#watcher?.dead !== false) this.#watcher = this.#node.start(this.#watch, { runs: "calls to other nodes" });
      const ref = this.#watcher.monitor((isName ? destination : address) as Pid);
      line = new Line(address, undefined, ref, this.#over);
      this.#byRef.set(ref, line);
    }
    if (!isName) this.#byPid.set(address, line);
    return line;
  }

  readonly #watch = async (self: Self): Promise<void> => {
    for (;;) {
      const message = await self.receive();
      const line = message instanceof Down ? this.#byRef.get(message.ref) : undefined;
      if (line !== undefined && message instanceof Down) this.#over(line, message.reason);
    }
  };

  /** Nobody waits for it now. Within the same turn, somebody may again. */
  idle(line: Line): void {
    if (line.isIdle) return;
    line.isIdle = true;
    this.#idle.push(line);
  }

  /** Lets go of those that nobody waits for. */
  tidy(): void {
    if (this.#idle.length > 0) {
      for (const line of this.#idle) {
        line.isIdle = false;
        if (line.count === 0) this.#drop(line);
      }
      this.#idle = [];
    }
    if (this.#watcher === undefined || this.#byRef.size > 0) return;
    this.#watcher.terminate("normal");
    this.#watcher = undefined;
  }

  #drop(line: Line): void {
    const { address, process, ref } = line;
    if (this.#byPid.get(address) === line) this.#byPid.delete(address);
    process?.unwatch(line);
    if (ref !== undefined && this.#byRef.delete(ref)) this.#watcher?.demonitor(ref, { flush: true });
  }
}
