import { type Restart, checkRestart } from "../behaviours/restarts.js";
import { checkFunction, checkOneOf, checkOptions } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { AnySelf } from "../kernel/self.js";
import { type Process, checkSelf } from "../kernel/process.js";
import { listOf } from "../kernel/transfer.js";
import { type Client, Job, type Placing, type TaskWork } from "./job.js";
import { Call } from "./module-reference.js";
import { placing } from "./task-options.js";
import type { Crew } from "./crew.js";

export type { Restart };

/** What a child of `startChild` can be started with (S1). */
export interface ChildOptions extends Placing {
  /** Default `"temporary"`. */
  readonly restart?: Restart;
  /** What the task is for, in crash reports and `children`. */
  readonly label?: string | undefined;
  /** The process that asks for it, as the task's callers show (K15). */
  readonly owner?: AnySelf;
  /** Is called with what it tells by `self.progress`, each time that it runs. */
  readonly onProgress?: (value: unknown, child: Child) => void;
}

/** A task that runs for its own sake; what `startChild` answers, and `terminateChild` takes. */
export class Child extends Job {
  readonly #restart: Restart;
  readonly #owner: Process | undefined;
  readonly options: Placing | undefined;
  #retired = false;

  constructor(supervisor: Crew, work: TaskWork, options: ChildOptions) {
    const owner = options.owner as Process | undefined;
    super(supervisor, work, owner?.chain ?? [], options.label);
    this.#restart = options.restart ?? "temporary";
    this.#owner = owner;
    this.options = options;
    const { onProgress } = options;
    if (onProgress !== undefined) this.onProgress = (value) => onProgress(value, this);
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

const checks = { restart: checkRestart, owner: checkSelf, onProgress: checkFunction, ...placing };

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
