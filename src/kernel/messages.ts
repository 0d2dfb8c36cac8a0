import type { Name, Pid, Ref } from "./ids.js";
import type { ExitReason } from "./reasons.js";

/** What a monitor sends when its process ends: once, and nothing after it. */
export class Down {
  constructor(
    readonly ref: Ref,
    /** The pid that was monitored, or the name, where a name was monitored. */
    readonly from: Pid | Name,
    readonly reason: ExitReason,
  ) {}
}

/** An exit signal, as a process that traps exits receives it. */
export class Exit {
  constructor(
    readonly from: Pid,
    readonly reason: ExitReason,
  ) {}
}
