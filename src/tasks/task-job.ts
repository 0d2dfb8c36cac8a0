import { Exited, InvalidOption, TaskTimeout } from "../kernel/errors.js";
import type { Ref } from "../kernel/ids.js";
import type { Entry } from "../kernel/mailbox.js";
import { Down } from "../kernel/messages.js";
import type { Process } from "../kernel/process.js";
import type { Ender } from "../kernel/process-body.js";
import { type ExitReason, isOrderly } from "../kernel/reasons.js";
import { ExitKind } from "../kernel/wire.js";
import type { Pid } from "../kernel/ids.js";
import { type Client, Job, type Placing, type Shutdown, type TaskWork } from "./job.js";
import type { Crew } from "./crew.js";

/** How a task ended. */
export interface Outcome {
  readonly reason: ExitReason;
  readonly value: unknown;
}

/** What `yield`, `shutdown` and `ignore` answer when there is something to tell: the value, or the exit reason. */
export type Yielded<T> = { readonly ok: T } | { readonly exit: unknown };

export const yielded = <T>(outcome: Outcome | undefined): Yielded<T> | null =>
  outcome === undefined ? null : outcome.reason === "normal" ? { ok: outcome.value as T } : { exit: outcome.reason };

/** The job behind a task, for the rooms of this floor. */
export const jobOf = Symbol("job");

/** The message that brings a task's value to its owner. `Task.find` says whose it is. */
export class TaskReply<T = unknown> {
  constructor(
    readonly ref: Ref,
    readonly value: T,
  ) {}
}

export interface TaskJobOptions extends Placing {
  readonly owner: Process | undefined;
  readonly link: boolean;
  readonly label?: string | undefined;
}

/** Whoever waits for an outcome: gets it, or an error when the owner dies meanwhile. */
interface Awaiter {
  readonly resolve: (outcome: Outcome | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** The job behind a Task: brings the outcome to whoever waits for it, or to the owner's mailbox. */
export class TaskJob extends Job {
  declare readonly ref: Ref;
  declare readonly owner: Process | undefined;
  declare readonly options: TaskJobOptions;
  outcome: Outcome | undefined = undefined;
  declare linked: boolean;
  /** Where the outcome lies in the owner's mailbox. */
  #entry: Entry | null = null;
  #awaiter: Awaiter | undefined = undefined;
  #ignored = false;
  readonly #ownerWatch: Ender = { ended: (_owner, reason) => this.#ownerEnded(reason) };

  constructor(supervisor: Crew, work: TaskWork, options: TaskJobOptions) {
    const { owner, link, label } = options;
    super(supervisor, work, owner?.chain ?? [], label);
    this.ref = supervisor.node.ref();
    this.owner = owner;
    this.options = options;
    this.linked = link;
    if (link) owner?.whenEnded(this.#ownerWatch);
  }

  get client(): Client {
    return this.owner ?? this.supervisor;
  }

  // ——— Links ———

  override get wantsPid(): boolean {
    return this.linked;
  }

  protected override begun(process: Process): void {
    super.begun(process);
    if (this.linked) this.#linkTo(process.pid);
  }

  override announced(pid: Pid): void {
    super.announced(pid);
    if (this.linked) this.#linkTo(pid);
  }

  #linkTo(pid: Pid): void {
    if (this.owner?.dead === false) this.owner.link(pid);
  }

  /** Whoever has made the link: the owner may have done so itself. */
  unlink(): void {
    this.linked = false;
    if (this.owner?.dead === false && this.pid !== undefined) this.owner.unlink(this.pid);
  }

  #ownerEnded(reason: ExitReason): void {
    const awaiter = this.#awaiter;
    this.#awaiter = undefined;
    if (awaiter !== undefined && this.owner !== undefined) awaiter.reject(new Exited(this.owner.pid, reason));
    // A link, while the process that it would lead to is not known or does not exist yet.
    if (this.linked && this.pid === undefined && reason !== "normal") this.exit(reason);
  }

  // ——— The outcome ———

  protected settled(reason: ExitReason, value: unknown): void {
    this.outcome = { reason, value };
    const { owner } = this;
    const awaiter = this.#awaiter;
    this.#awaiter = undefined;
    owner?.unwatch(this.#ownerWatch);
    if (awaiter !== undefined) awaiter.resolve(this.outcome);
    else if (owner !== undefined && !this.#ignored) {
      this.#entry = owner.deliver(reason === "normal" ? new TaskReply(this.ref, value) : new Down(this.ref, this.pid ?? this.toString(), reason));
    }
    if (owner === undefined || !this.linked) return;
    this.linked = false;
    if (this.pid !== undefined) owner.signalled(this.pid, reason, ExitKind.link);
    else if (!isOrderly(reason)) owner.signalled(this.supervisor.pid, reason, ExitKind.signal);
  }

  protected override get isWatched(): boolean {
    // A linked task whose owner is dead went down with it: the crash is the owner's.
    return !this.#ignored && (this.linked || this.owner?.dead !== true);
  }

  /** The outcome, taken out of the mailbox; undefined when it does not come within `timeout` milliseconds. */
  async outcomeWithin(timeout: number): Promise<Outcome | undefined> {
    const known = this.#take();
    if (known !== undefined || timeout === 0) return known;
    const { owner } = this;
    if (this.#ignored) throw new InvalidOption("task", this.toString(), "its result is dropped, for it was ignored, shut down or given up");
    if (this.#awaiter !== undefined) throw new InvalidOption("task", this.toString(), "somebody waits for it already");
    const { clock } = this.supervisor.node;
    let timer: unknown;
    try {
      return await new Promise<Outcome | undefined>((resolve, reject) => {
        this.#awaiter = { resolve, reject };
        timer = clock.set(() => {
          this.#awaiter = undefined;
          resolve(undefined);
        }, timeout);
        owner?.whenEnded(this.#ownerWatch);
      });
    } finally {
      clock.clear(timer);
      if (!this.linked) owner?.unwatch(this.#ownerWatch);
    }
  }

  /** Whoever waits gets nothing, as if the time were up. */
  stopWaiting(): void {
    const awaiter = this.#awaiter;
    this.#awaiter = undefined;
    awaiter?.resolve(undefined);
  }

  /** Nobody wants its reply; the link stays. */
  dropReply(): void {
    this.#ignored = true;
  }

  #take(): Outcome | undefined {
    if (this.#entry !== null) this.owner?.take(this.#entry);
    this.#entry = null;
    return this.outcome;
  }

  /** Nobody waits any longer: link, monitor and late reply are gone. A linked task would have died with its owner, and is stopped. */
  giveUp(timeout: number): TaskTimeout {
    const { linked } = this;
    const error = new TaskTimeout(this.toString(), timeout);
    this.drop();
    if (linked) this.stop(this.supervisor.shutdown);
    return error;
  }

  /** The owner does not want it any more; what has come already is handed back. */
  drop(): Outcome | undefined {
    this.unlink();
    delete this.onProgress;
    this.#ignored = true;
    this.owner?.unwatch(this.#ownerWatch);
    return this.#take();
  }

  /** Stops it; undefined when that worked, or when somebody else had stopped it in the same way; its outcome when it had another one already. */
  async shutDown(how: Shutdown): Promise<Outcome | undefined> {
    const known = this.drop();
    if (known !== undefined) return known.reason === (how === "brutal_kill" ? "killed" : "shutdown") ? undefined : known;
    this.stop(how);
    await this.whenReleased();
    const { outcome } = this;
    return outcome?.reason === "shutdown" || outcome?.reason === "killed" ? undefined : outcome;
  }
}
