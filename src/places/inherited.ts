/** Options of Node that are for one program alone: what it runs, and what looks on while it does. Some have their value in the next place. */
const own = /^--(eval|print|input-type|inspect|watch|test)/;
const ownWithValue = /^(-[ep]+|--eval|--print|--watch-path)$/;

/** The program's own options, as far as a child, which starts from a file, can have them too. */
export function inherited(execArgv: readonly string[]): string[] {
  return execArgv.filter((option, at) => !own.test(option) && !ownWithValue.test(option) && !ownWithValue.test(execArgv[at - 1] ?? ""));
}
