import type { Pid } from "../kernel/ids.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { ChildId, Spec } from "./child-spec.js";
import type { Child } from "./children.js";

/** Which children are started again when one of them ended: it alone; all; it and those that were started after it (V1). */
export type Strategy = "one_for_one" | "one_for_all" | "rest_for_one";

/** Whether the end of `significant` children ends their supervisor: never; when the first of them has ended; when the last has (V4). */
export type AutoShutdown = "never" | "any_significant" | "all_significant";

export interface MachineSettings {
  /** What errors call the supervisor. */
  readonly name: string;
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  readonly maxRestarts: number;
  /** In seconds. */
  readonly maxSeconds: number;
  /** Its children come and go, know nothing of each other, and are found by their pids: they stop all at once, and what has ended for good is forgotten. */
  readonly dynamic: boolean;
  readonly maxChildren: number;
}

/** What somebody asks of a supervisor. */
export type Request =
  | { readonly op: "startChild"; readonly spec: Spec }
  | { readonly op: "terminateChild" | "restartChild" | "deleteChild"; readonly child: ChildId | Pid }
  | { readonly op: "whichChildren" | "countChildren" };

/** What happens to a supervisor. */
export type Event<To> =
  | { readonly type: "started"; readonly child: Child; readonly pid: Pid }
  /** It did not want to. */
  | { readonly type: "ignored"; readonly child: Child }
  | { readonly type: "failed"; readonly child: Child; readonly reason: ExitReason }
  /** A process that was linked has ended. */
  | { readonly type: "exited"; readonly pid: Pid; readonly reason: ExitReason }
  /** A child that was to stop has. */
  | { readonly type: "down"; readonly child: Child }
  /** A child that was to stop, or to start while all are to stop, has had its time. */
  | { readonly type: "timeUp"; readonly child: Child }
  /** The time has come to start it again. */
  | { readonly type: "retry"; readonly child: Child }
  | { readonly type: "request"; readonly request: Request; readonly to: To }
  | { readonly type: "stop"; readonly reason: ExitReason };

/** What is to be done. */
export type Action<To> =
  | { readonly type: "start"; readonly child: Child }
  /** Ask it to end, or kill it; tell when it has, and, after `within` milliseconds, that it has not. */
  | { readonly type: "stop"; readonly child: Child; readonly pid: Pid; readonly within: number | "brutal_kill" }
  | { readonly type: "kill"; readonly child: Child; readonly pid: Pid }
  /** All are to stop while this one starts: tell when it has had so many milliseconds. */
  | { readonly type: "hurry"; readonly child: Child; readonly within: number }
  /** Nobody waits for its start any more. */
  | { readonly type: "abandon"; readonly child: Child }
  | { readonly type: "retry"; readonly child: Child; readonly after: number }
  | { readonly type: "reply"; readonly to: To; readonly value: unknown }
  | { readonly type: "refuse"; readonly to: To; readonly error: Error }
  /** All children have been started. */
  | { readonly type: "ready" }
  /** Nothing is left. `failed`: it had not become ready. */
  | { readonly type: "end"; readonly reason: ExitReason; readonly failed: boolean };
