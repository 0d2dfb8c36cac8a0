import { type Destination, type Pid, type Ref, nameIn, nodeOf } from "../../kernel/ids.js";
import { Down } from "../../kernel/messages.js";
import type { Node } from "../../kernel/node.js";
import type { Process } from "../../kernel/process.js";
import type { Ender } from "../../kernel/process-body.js";
import type { ExitReason } from "../../kernel/reasons.js";
import type { Self } from "../../kernel/self.js";
import type { Pending } from "./pending.js";

type Over = (watch: Watch, reason: ExitReason) => void;

/** A server that somebody waits for, watched for as long as that is so. */
export class Watch implements Ender {
  /** Those that wait, in the order in which they began to: a list that costs each of them nothing but two fields. */
  first: Pending | undefined = undefined;
  last: Pending | undefined = undefined;
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

  add(pending: Pending): void {
    pending.before = this.last;
    if (this.last === undefined) this.first = pending;
    else this.last.after = pending;
    this.last = pending;
  }

  remove(pending: Pending): void {
    const { before, after } = pending;
    if (before === undefined) this.first = after;
    else before.after = after;
    if (after === undefined) this.last = before;
    else after.before = before;
  }

  ended(_process: Process, reason: ExitReason): void {
    this.over(this, reason);
  }
}

/**
 * The servers that a node's calls wait for. Those of this node tell of their end themselves. For those of others somebody has to hold the monitors, for
 * plain code is no process: a process that is there while there are any.
 */
export class Watches {
  readonly #node: Node;
  readonly #over: Over;
  /** Those that several calls share: by pid. Who has a name may change from call to call. */
  readonly #byPid = new Map<string, Watch>();
  readonly #byRef = new Map<Ref, Watch>();
  #watcher: Process | undefined = undefined;
  #idle: Watch[] = [];

  constructor(node: Node, over: Over) {
    this.#node = node;
    this.#over = (watch, reason) => {
      this.#drop(watch);
      over(watch, reason);
    };
  }

  /** Undefined when there is no such process here. */
  to(address: string, destination: Destination): Watch | undefined {
    const known = this.#byPid.get(address);
    if (known !== undefined) return known;
    const isName = nameIn(address) !== undefined;
    let watch: Watch;
    if (!isName && nodeOf(address) === this.#node.name) {
      const process = this.#node.find(address as Pid);
      if (process === undefined) return undefined;
      watch = new Watch(address, process, undefined, this.#over);
      process.whenEnded(watch);
    } else {
      if (this.#watcher?.dead !== false) this.#watcher = this.#node.start(this.#listen, { runs: "calls to other nodes", ender: this.#watcherEnds });
      const ref = this.#watcher.monitor((isName ? destination : address) as Pid);
      watch = new Watch(address, undefined, ref, this.#over);
      this.#byRef.set(ref, watch);
    }
    if (!isName) this.#byPid.set(address, watch);
    return watch;
  }

  readonly #listen = async (self: Self): Promise<void> => {
    for (;;) {
      const message = await self.receive();
      const watch = message instanceof Down ? this.#byRef.get(message.ref) : undefined;
      if (watch !== undefined && message instanceof Down) this.#over(watch, message.reason);
    }
  };

  /** Anybody may kill it. Those whom it would have told would wait for ever. */
  readonly #watcherEnds: Ender = {
    ended: (_process, reason) => {
      for (const watch of [...this.#byRef.values()]) this.#over(watch, reason);
    },
  };

  /** Nobody waits for it now. Within the same turn, somebody may again. */
  idle(watch: Watch): void {
    if (watch.isIdle) return;
    watch.isIdle = true;
    this.#idle.push(watch);
  }

  /** Lets go of those that nobody waits for. */
  tidy(): void {
    if (this.#idle.length > 0) {
      for (const watch of this.#idle) {
        watch.isIdle = false;
        if (watch.first === undefined) this.#drop(watch);
      }
      this.#idle = [];
    }
    if (this.#watcher === undefined || this.#byRef.size > 0) return;
    this.#watcher.terminate("normal");
    this.#watcher = undefined;
  }

  #drop(watch: Watch): void {
    const { address, process, ref } = watch;
    if (this.#byPid.get(address) === watch) this.#byPid.delete(address);
    process?.unwatch(watch);
    if (ref !== undefined && this.#byRef.delete(ref) && this.#watcher?.dead === false) this.#watcher.demonitor(ref, { flush: true });
  }
}
