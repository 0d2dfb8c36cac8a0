import { writeSync } from "node:fs";
import { exitStatus } from "./exit-status.js";
import { reasonLine } from "./reason.js";

const advice = "with --on threads it would harm itself alone";

/**
 * A task on this event loop shares the process with the command, and can end it, crash it from a timer, or leave it with nothing to wait
 * for. The command must not then exit with 0 as if all were done. Returns what takes the guard away.
 */
export function guardProcess(stop: (problem: string) => void, lastWords: (problem: string) => string): () => void {
  const crashed = (reason: unknown): void => stop(`a task crashed outside of its function: ${reasonLine(reason)} (${advice})`);
  const stuck = (): void => stop("the tasks that are left wait for something that will never come");
  const exited = (code: number): void => {
    // A task called process.exit. There is no event loop any more: say it with a plain system call.
    writeSync(2, lastWords(`a task ended the whole command with process.exit(${code}); ${advice}`));
    process.exitCode = exitStatus.failed;
  };
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
  process.on("beforeExit", stuck);
  process.on("exit", exited);
  return () => {
    process.off("uncaughtException", crashed);
    process.off("unhandledRejection", crashed);
    process.off("beforeExit", stuck);
    process.off("exit", exited);
  };
}
