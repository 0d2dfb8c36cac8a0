import type { Pid } from "../../../kernel/ids.js";
import type { ExitReason } from "../../../kernel/reasons.js";
import type { FanTask } from "../../../tasks/fan-task.js";
import type { JournalFan } from "../../../tasks/journal.js";

/** Why a task ends here whose start another node has written down. */
export const begunElsewhere = "begun_elsewhere";

/** One start of a task of a durable run. */
export interface Launch {
  /** The how manieth it is, whether it came to run or not. */
  readonly launch: number;
  /** How many times the task had been started then. */
  readonly attempts: number;
}

/** It has been begun, by the node of this name. */
export interface KeptBegin extends Launch {
  readonly state: "begun";
  readonly node: string;
}

/** It came to nothing, and nobody may begin it any more. */
export interface KeptVoid extends Launch {
  readonly state: "void";
}

/** What is told of a task besides its end; of where it ran, only where it did. */
export interface Particulars {
  readonly pid: Pid | undefined;
  readonly place: string | undefined;
  readonly startedAt: number | undefined;
  readonly duration: number | undefined;
}

/** It has ended. */
export interface KeptEnd extends Launch, Particulars {
  readonly state: "ended";
  readonly reason: ExitReason;
  readonly value: unknown;
}

/** How far the last start of a task has got. */
export type Kept = KeptVoid | KeptBegin | KeptEnd;

/** Goes on with a task from where it is, whoever has brought it there. */
export function goOn(task: FanTask, kept: Kept, fan: JournalFan): void {
  if (fan.isStopped) return;
  const { launch, attempts } = kept;
  if (task.state === "ended") task.again();
  Object.assign(task, { launch, attempts });
  if (kept.state === "ended") {
    const { place, startedAt, duration, pid } = kept;
    if (pid !== undefined) task.announced(pid);
    Object.assign(task, { place, duration, keptStart: startedAt });
    fan.over(task, kept.reason, kept.value);
  } else if (kept.state === "begun") {
    try {
      task.supervisor.adopt(task, kept.node);
    } catch (error) {
      fan.over(task, error, undefined);
    }
  } else {
    task.attempts--; // which came to nothing
    fan.start(task);
  }
}
