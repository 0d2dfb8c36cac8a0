import { type ExitStatus, exitStatus } from "./exit-status.js";

/** Why a run came to its end. */
export type Ending =
  | { readonly kind: "complete" }
  | { readonly kind: "halted"; readonly why: string; readonly success: boolean }
  /** With `--on-timeout keep`, what had begun runs on. */
  | { readonly kind: "deadline"; readonly tasksRunOn: boolean }
  | { readonly kind: "signal"; readonly signal: "SIGINT" | "SIGTERM" }
  | { readonly kind: "output-closed" }
  /** The input, the joblog or the output failed, or a task harmed the command itself. */
  | { readonly kind: "broken"; readonly problem: string; readonly status: ExitStatus };

/** The exit status. What stopped the run says more than how many tasks had failed by then. */
export function statusOf(ending: Ending, { failed }: { failed: number }): ExitStatus {
  switch (ending.kind) {
    case "complete":
      return failed > 0 ? exitStatus.failed : exitStatus.ok;
    case "halted":
      return ending.success ? exitStatus.ok : exitStatus.failed;
    case "deadline":
      return exitStatus.deadline;
    case "signal":
      return ending.signal === "SIGINT" ? exitStatus.interrupted : exitStatus.terminated;
    case "output-closed":
      return exitStatus.outputClosed;
    case "broken":
      return ending.status;
  }
}
