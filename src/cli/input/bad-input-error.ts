/** The input cannot be used. What ran before it stands; the exit status is 2. */
export class BadInputError extends Error {
  readonly code = "ERR_TASKWARD_BAD_INPUT";
  override readonly name = "BadInputError";
}
