/**
 * Runs the command over every JavaScript file under node_modules, with five troublemakers among them, and checks what comes out:
 *
 *     node examples/parse/demo.mjs [--task-timeout 15s] [folder ...]
 *
 * Exits with 0 when every healthy file has its result, every troublemaker failed for its own reason, and the command said so.
 */
import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { createInterface } from "node:readline";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packageOf, tableOf } from "./table.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
process.chdir(root);

const { values: options, positionals } = parseArgs({
  options: { "task-timeout": { type: "string", default: "15s" } },
  allowPositionals: true,
});

/** Why each troublemaker is to fail. */
const troublemakers = {
  "examples/parse/trouble/exit.js": /exit code 3/,
  "examples/parse/trouble/late.js": /throw from a timer/,
  "examples/parse/trouble/loop.js": /did not end within \d+ ms/,
  "examples/parse/trouble/memory.js": /memory is exhausted/,
  "examples/parse/trouble/throw.js": /^this file makes its task throw$/,
};

function sourceFilesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") ? [] : sourceFilesIn(path);
    return entry.isFile() && /\.[cm]?js$/.test(entry.name) ? [path.split(sep).join("/")] : [];
  });
}

const healthy = (positionals.length > 0 ? positionals : ["node_modules"]).flatMap(sourceFilesIn);
const files = [...Object.keys(troublemakers), ...healthy];

const words = [
  "run",
  "examples/parse/parse.mjs#parse",
  "--input",
  "-",
  "--on",
  "threads",
  "--task-timeout",
  options["task-timeout"],
  "--max-heap",
  "512",
];
console.log(`${healthy.length.toLocaleString("en")} files and ${files.length - healthy.length} troublemakers\ntaskward ${words.join(" ")}\n`);
const startedAt = performance.now();
const command = spawn(process.execPath, ["dist/cli.js", ...words], { stdio: ["pipe", "pipe", "inherit"] });
const exited = new Promise((resolve, reject) => {
  command.on("error", reject).on("close", (code, signal) => resolve(code ?? signal));
});
command.stdin.on("error", () => {}); // it has gone, and its exit status says why
command.stdin.end(files.map((file) => `${file}\n`).join(""));

const results = new Map();
const problems = [];
for await (const line of createInterface({ input: command.stdout })) {
  const result = JSON.parse(line);
  if (results.has(result.input)) problems.push(`${result.input} has two results`);
  results.set(result.input, result);
}
const status = await exited;
const seconds = (performance.now() - startedAt) / 1_000;

for (const file of healthy) {
  const result = results.get(file);
  if (result === undefined) problems.push(`${file} has no result`);
  else if (!result.ok) problems.push(`${file} failed: ${result.error?.message ?? "it had not ended"}`);
}

const values = healthy.map((file) => ({ file, value: results.get(file)?.value })).filter(({ value }) => value !== undefined);
console.log(`\n${tableOf(values)}\n`);
for (const { file, value } of values) if (!value.parsed) console.log(`unparsable: ${file}: ${value.error}`);

console.log("\nTroublemakers:");
for (const [file, reason] of Object.entries(troublemakers)) {
  const result = results.get(file);
  const message = result?.error?.message;
  console.log(`  ${file.padEnd(34)} ${message === undefined ? "-" : `${result.error.name}: ${message}`}`);
  if (message === undefined) problems.push(`the troublemaker ${file} ${result === undefined ? "has no result" : "did not fail"}`);
  else if (!reason.test(message)) problems.push(`the troublemaker ${file} failed for another reason: ${message}`);
}

const failed = [...results.values()].filter(({ ok }) => !ok).length;
if (results.size !== files.length) problems.push(`there are ${results.size} results for ${files.length} files`);
if (status !== 1) problems.push(`the command's exit status was ${status}, not 1`);

const packages = new Set(healthy.map(packageOf)).size.toLocaleString("en");
console.log(`\n${healthy.length.toLocaleString("en")} files of ${packages} packages in ${seconds.toFixed(1)} s`);
for (const problem of problems) console.log(`NOT AS IT SHOULD BE: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else {
  console.log(
    `The command's exit status was 1, because ${failed} of ${files.length.toLocaleString("en")} tasks failed: the ${failed} troublemakers, and nothing else.`,
  );
}
