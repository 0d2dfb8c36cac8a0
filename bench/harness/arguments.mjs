import { parseArgs } from "node:util";
import { caseNames } from "./cases.mjs";

const help = `Usage: npm run bench -- [options] [CASE ...]

Runs the cases (all of them without a CASE), Taskward and its peers side by side.

  --quick    fewer and shorter runs: some minutes for all cases
  --json     one line a figure on standard output instead of tables
  --list     say which cases there are
  --help     this text

Progress goes to standard error.
`;

/** Reads the command line; ends the program when there is nothing to run. */
export function parse(args) {
  const { values, positionals } = read(args);
  if (values.help) finish(help);
  const known = caseNames();
  if (values.list) finish(`${known.join("\n")}\n`);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) refuse(`no such case: ${unknown.join(", ")}. The cases are ${known.join(", ")}.`);
  return { quick: values.quick, json: values.json, cases: positionals.length === 0 ? known : [...new Set(positionals)] };
}

function read(args) {
  const flag = { type: "boolean", default: false };
  try {
    return parseArgs({ args, options: { quick: flag, json: flag, list: flag, help: flag }, allowPositionals: true });
  } catch (error) {
    return refuse(`${error.message}\n\n${help}`);
  }
}

function finish(text) {
  process.stdout.write(text);
  process.exit(0);
}

function refuse(text) {
  process.stderr.write(`${text.trimEnd()}\n`);
  process.exit(2);
}
