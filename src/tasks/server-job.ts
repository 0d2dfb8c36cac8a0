import { notesOfStarted } from "../behaviours/crash-notes.js";
import type { CrashDetails } from "../kernel/crash-report.js";
import { NameTaken } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { Named } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import type { Ender } from "../kernel/process-body.js";
import type { ExitReason } from "../kernel/reasons.js";
import { ExitKind } from "../kernel/wire.js";
import type { Crew } from "./crew.js";
import { type Client, Job, type TaskWork } from "./job.js";

/** The job behind a server that runs where tasks run: it has come up when it says so, and whoever starts it is told when it does not. */
export class ServerJob extends Job implements Named {
  readonly options = undefined;
  readonly #parent: Process | undefined;
  readonly #notStarted: (reason: ExitReason) => void;
  /** Its pid, once it is ready. */
  #server: Pid | undefined = undefined;
  #refused = false;
  /** Who supervises it, for reports of its crash. */
  readonly #notes: CrashDetails = {};
  /** What it is registered as on the node of its supervisor. */
  #name: string | undefined = undefined;
  readonly #parentWatch: Ender = {
    ended: () => {
      this.refuse("noproc");
    },
  };

  constructor(supervisor: Crew, work: TaskWork, label: string, parent: Process | undefined, notStarted: (reason: ExitReason) => void) {
    super(supervisor, work, parent?.chain ?? [], label);
    this.#parent = parent;
    this.#notStarted = notStarted;
    parent?.whenEnded(this.#parentWatch);
  }

  override get pid(): Pid {
    return (this.#server ?? super.pid) as Pid;
  }

  get dead(): boolean {
    return this.state === "ended";
  }

  override get wantsPid(): boolean {
    return true;
  }

  get client(): Client {
    return this.#parent ?? this.supervisor;
  }

  /** While it comes up, a crash is told to whoever starts it. Later it is nobody's outcome: its supervisor in a tree starts it again in silence. */
  protected override get isWatched(): boolean {
    return this.#server === undefined;
  }

  /** Where it runs on this event loop, the rest is known as well. */
  protected override get details(): CrashDetails {
    const { process } = this;
    return { mailboxLength: process?.describe().mailboxLength, ...process?.notes, ...this.#notes };
  }

  /** @throws NameTaken */
  becomesReady(pid: Pid, name: string | undefined): void {
    this.#parent?.unwatch(this.#parentWatch);
    if (name !== undefined) this.#register(name);
    this.#server = pid;
    notesOfStarted(this.supervisor.node).set(pid, this.#notes);
    this.#parent?.link(pid);
  }

  /** It is not to come up any more, or has said that it does not. */
  refuse(reason: ExitReason): void {
    if (this.#refused || this.#server !== undefined) return;
    this.#refused = true;
    this.#parent?.unwatch(this.#parentWatch);
    this.#notStarted(reason);
    this.stop("brutal_kill");
  }

  /** @throws NameTaken */
  #register(name: string): void {
    const { names } = this.supervisor.node;
    const holder = names.get(name);
    if (holder !== undefined) throw new NameTaken(name, holder.pid);
    names.set(name, this);
    this.#name = name;
  }

  forgetName(): void {
    this.#name = undefined;
  }

  protected settled(reason: ExitReason): void {
    if (this.#name !== undefined) this.supervisor.node.names.delete(this.#name);
    const pid = this.#server;
    if (pid !== undefined) notesOfStarted(this.supervisor.node).delete(pid);
    if (pid === undefined) this.refuse(reason === "normal" ? "it ended before it was ready" : reason);
    // Should it have ended before the link got there: whoever it leads to is told the reason all the same.
    else if (this.#parent?.tied?.links.has(pid) === true) this.#parent.signalled(pid, reason, ExitKind.link);
  }
}
