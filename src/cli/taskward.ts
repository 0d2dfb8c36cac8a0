import { readFileSync } from "node:fs";
import { CommanderError } from "commander";
import { parseCommand } from "./command.js";
import { exitStatus } from "./exit-status.js";
import { runOptions } from "./options.js";
import type { Finish } from "./run.js";
import { type Streams, drained } from "./streams.js";
import { UsageError } from "./usage-error.js";

/** The command from its arguments to its exit status. It returns when all it had to say has been written. */
export async function taskward(argv: readonly string[], streams: Streams): Promise<Finish> {
  const { stdout, stderr } = streams;
  // Whoever closes standard error, as in `2>&1 | head`, does not want to hear of it.
  stderr.on("error", () => {});
  const finish = await carryOut(argv, streams);
  await Promise.all([drained(stdout), drained(stderr)]);
  return finish;
}

async function carryOut(argv: readonly string[], streams: Streams): Promise<Finish> {
  try {
    const writers = { stdout: (text: string) => void streams.stdout.write(text), stderr: (text: string) => void streams.stderr.write(text) };
    const parsed = parseCommand(argv, version(), writers);
    if (parsed === undefined) return { status: exitStatus.ok, tasksRunOn: false };
    // What the help does not need is not loaded for it.
    if (parsed.kind === "node") {
      const { runNode } = await import("./node.js");
      return { status: await runNode(parsed.flags, streams), tasksRunOn: false };
    }
    if (parsed.kind === "nodes") {
      const { listNodes } = await import("./nodes.js");
      return { status: await listNodes(parsed.flags, streams), tasksRunOn: false };
    }
    const options = runOptions(parsed.target, parsed.flags, parsed.values, process.cwd());
    const { run } = await import("./run.js");
    return await run(options, streams);
  } catch (error) {
    if (error instanceof CommanderError) return { status: error.exitCode === 0 ? exitStatus.ok : exitStatus.usage, tasksRunOn: false };
    if (!(error instanceof UsageError)) throw error;
    streams.stderr.write(`taskward: ${error.message}\n`);
    return { status: exitStatus.usage, tasksRunOn: false };
  }
}

/** All of dist/ is one folder beside package.json. */
function version(): string {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { readonly version: string };
  return version;
}
