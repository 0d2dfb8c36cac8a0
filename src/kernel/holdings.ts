import type { CrashDetails } from "./crash-report.js";
import type { Ref } from "./ids.js";
import type { Ender, ProcessOptions } from "./process-body.js";
import type { Ties } from "./ties.js";
import type { MessageTimer } from "./timer.js";

/**
 * What a process may hold beyond its mailbox. Most processes hold none of it, and a million of them are to fit: so it is an object of its
 * own, made when the first of these is wanted.
 */
export class Holdings {
  name: string | undefined = undefined;
  label: string | undefined = undefined;
  trapExit = false;
  ties: Ties | null = null;
  aliases: Set<Ref> | null = null;
  /** Timers that go when the process goes. */
  timers: Set<MessageTimer> | null = null;
  /** Who is told of its end, within the kernel. */
  enders: Set<Ender> | null = null;
  /** What it starts other processes with: one object for all of them. */
  offspring: ProcessOptions | null = null;
  controller: AbortController | null = null;
  /** What a crash report is to say that only others know. */
  notes: CrashDetails | null = null;
}
