/** What the command tells its shell. The numbers are those of `timeout`, of shells (128 + signal) and of most tools (2). */
export const exitStatus = {
  ok: 0,
  failed: 1,
  usage: 2,
  deadline: 124,
  /** 128 + SIGINT */
  interrupted: 130,
  /** 128 + SIGPIPE: the reader of the results went away, as `head` does. */
  outputClosed: 141,
  /** 128 + SIGTERM */
  terminated: 143,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];
