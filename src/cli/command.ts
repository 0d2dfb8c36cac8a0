import { Command, Option } from "commander";
import { addClusterFlags, defaultServers, ownName } from "./cluster-flags.js";
import { parseDuration } from "./duration.js";
import { parseHalt } from "./halt.js";
import { helpAfter } from "./help.js";
import { formats } from "./input/formats.js";
import type { NodeFlags } from "./node.js";
import type { NodesFlags } from "./nodes.js";
import { type Flags, onTimeouts } from "./options.js";
import { parsePlace } from "./place.js";
import { UsageError } from "./usage-error.js";

/** What the command line asks for: a run, or nothing more because the help has been shown. */
export type ParsedCommand =
  | { readonly kind: "run"; readonly target: string; readonly flags: Flags; readonly values: readonly string[] | undefined }
  | { readonly kind: "node"; readonly flags: NodeFlags }
  | { readonly kind: "nodes"; readonly flags: NodesFlags };

interface Writers {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
}

/** Reads the arguments, without those of Node. Throws commander's own error for what it refuses or has shown, a UsageError for the rest. */
export function parseCommand(argv: readonly string[], version: string, writers: Writers): ParsedCommand | undefined {
  // The inputs after "--" are cut off first: otherwise a forgotten --input would make a file's name an input.
  const dashes = argv.indexOf("--");
  const values = dashes === -1 ? undefined : argv.slice(dashes + 1);
  let parsed: ParsedCommand | undefined;
  const program = new Command("taskward")
    .description("Supervised tasks from the shell: results as they arrive, one deadline, crashes contained.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureOutput({
      writeOut: writers.stdout,
      writeErr: writers.stderr,
      outputError: (text, write) => write(text.replace(/^error: /, "taskward: ")),
    });
  const run = addOptions(program.command("run"))
    .argument("<module#export>", "the function that each task calls with its input")
    .allowExcessArguments(true)
    .action((target: string, flags: Flags) => {
      const [extra] = run.args.slice(1);
      if (extra !== undefined) throw new UsageError(`what is "${extra}"? Inputs come after -- or by --input or --glob`);
      parsed = { kind: "run", target, flags, values };
    });
  addNodeOptions(program.command("node")).action((flags: NodeFlags) => {
    parsed = { kind: "node", flags };
  });
  addNodesOptions(program.command("nodes")).action((flags: NodesFlags) => {
    parsed = { kind: "nodes", flags };
  });
  program.parse(dashes === -1 ? [...argv] : argv.slice(0, dashes), { from: "user" });
  return parsed;
}

const several = (text: string, all: string[] | undefined): string[] => [...(all ?? []), text];

function addNodeOptions(command: Command): Command {
  return addClusterFlags(
    command
      .description("be a node of a cluster: run what others send here, until SIGTERM or SIGINT")
      .option("--name <name>", "what the node is called, once in the cluster (default: by host and process)", ownName("node"))
      .option("--servers <urls>", "where NATS is; several by commas", defaultServers)
      .requiredOption("--functions <module>", "a module whose functions others may have run; may be given again", several)
      .option("--group <name>", "a group of nodes that it belongs to; may be given again", several)
      .addOption(value("--concurrency <n>", "how many tasks at once (default: 64)", (text) => parseCount(text, 1)))
      .addOption(
        value("--drain <duration>", "how long what it has may take to end when it is stopped", (text) => parseDuration(text)).default(30_000, "30s"),
      ),
  );
}

const addNodesOptions = (command: Command): Command =>
  addClusterFlags(
    command
      .description("list the nodes of a cluster, with their groups and what they have to do")
      .option("--servers <urls>", "where NATS is; several by commas", defaultServers)
      .option("--json", "a line of NDJSON for each"),
  );

function addOptions(command: Command): Command {
  return addClusterFlags(command)
    .description("call an exported function once for each input, in parallel")
    .option("--input <file>", "one task for each line, NDJSON value or CSV row; - is standard input")
    .addOption(new Option("--format <format>", "how the input is read (default: by suffix .csv, .ndjson, .jsonl, else lines)").choices(formats))
    .option("--glob <pattern>", "one task for each matching file; may be given again", several)
    .addOption(
      value("--on <place>", "where tasks run: here, threads[:N], processes[:N] or nats://server:4222#group", parsePlace).default(
        { kind: "threads" },
        "threads",
      ),
    )
    .addOption(
      value("--concurrency <n>", "how many tasks at once (default: one for each thread, 16 on here, 256 on nats)", (text) => parseCount(text, 1)),
    )
    .addOption(value("--max-heap <mb>", "heap of each thread in megabytes; a task that needs more fails alone", (text) => parseCount(text, 8)))
    .addOption(value("--timeout <duration>", "deadline of the whole run, such as 500ms, 30s, 2m or 1h", (text) => parseDuration(text)))
    .addOption(value("--task-timeout <duration>", "deadline of each task", (text) => parseDuration(text)))
    .addOption(new Option("--on-timeout <rule>", "what happens to the rest at the deadline").choices(onTimeouts).default("shutdown"))
    .addOption(value("--retries <n>", "start a failed task again, up to n times", (text) => parseCount(text, 0)).default(0))
    .addOption(
      value("--backoff <duration>", "wait before a retry, doubled each time", (text) => parseDuration(text, { zero: true })).default(0, "none"),
    )
    .option("--keep-order", "results in the order of the inputs")
    .option("--joblog <file>", "write a line of NDJSON for each task that ended")
    .option("--resume", "go on with the joblog of an earlier run: what succeeded is not run again")
    .addOption(
      value("--halt <rule>", "stop early: never, first-failure, first-success, or a number of failures", parseHalt).default(
        { when: "never" },
        "never",
      ),
    )
    .option("--skip-bad-input", "report inputs that cannot be read and go on")
    .addHelpText("after", helpAfter);
}

/** An option whose complaint names it. */
function value<T>(flags: string, description: string, parse: (text: string) => T): Option {
  const name = flags.split(" ", 1)[0] ?? flags;
  return new Option(flags, description).argParser((text: string) => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`${name}: ${error.message}`);
      throw error;
    }
  });
}

function parseCount(text: string, least: number): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= least && Number.isSafeInteger(count)) return count;
  throw new UsageError(`"${text}" is no whole number from ${least} up`);
}
