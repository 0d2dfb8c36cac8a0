import { type Restart, checkRestart } from "../behaviours/restarts.js";
import { anything, checkOneOf, checkOptions } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { AnySelf } from "../kernel/self.js";
import { type Process, checkSelf } from "../kernel/process.js";
import { listOf } from "../kernel/transfer.js";
import { type Client, Job, type TaskWork } from "./job.js";
import { Call } from "./module-reference.js";
import type { Crew } from "./crew.js";

export type { Restart };

/** What a child of `startChild` can be started with (S1). */
export interface ChildOptions {
  /** Default `"temporary"`. */
  readonly restart?: Restart;
  /** What the task is for, in crash reports and `children`. */
  readonly label?: string | undefined;
  /** The process that asks for it, as the task's callers show (K15). */
  readonly owner?: AnySelf;
}

/** A task that runs for its own sake; what `startChild` answers, and `terminateChild` takes. */
export class Child extends Job {
  readonly #restart: Restart;
  readonly #owner: Process | undefined;
  readonly options = undefined;
  #retired = false;

  constructor(supervisor: Crew, work: TaskWork, options: ChildOptions) {
    const owner = options.owner as Process | undefined;
    super(supervisor, work, owner?.chain ?? [], options.label);
    this.#restart = options.restart ?? "temporary";
    this.#owner = owner;
  }

  get client(): Client {
    return this.#owner ?? this.supervisor;
  }

  protected override get isWatched(): boolean {
    return false;
  }

  /** It is not started again, however it ends. */
  override retire(): void {
    this.#retired = true;
  }

  protected settled(reason: ExitReason): void {
    const { supervisor } = this;
    if (this.#retired) return;
    const verdict = supervisor.restarts.verdict(this.#restart, reason, supervisor.node.clock.now());
    if (verdict === "restart") {
      this.reset();
      supervisor.submit(this);
    } else if (verdict === "give_up") void supervisor.stop("shutdown");
  }
}

const checks = { restart: checkRestart, label: anything, owner: checkSelf };

/** Starts a task that nobody waits for. */
export function startChild(crew: Crew, work: TaskWork, options: ChildOptions): Child {
  checkOptions("startChild options", options, checks);
  const { owner, restart = "temporary" } = options;
  if (work instanceof Call && listOf(work.args)) checkOneOf("restart, with transferred arguments,", restart, ["temporary"]);
  (owner as Process | undefined)?.mustLive();
  const child = new Child(crew, crew.checked(work, "work"), options);
  crew.submit(child);
  return child;
}
