/** The command was called in a way that it cannot serve. Nothing has been started; the exit status is 2. */
export class UsageError extends Error {
  readonly code = "ERR_TASKWARD_USAGE";
  override readonly name = "UsageError";
}
