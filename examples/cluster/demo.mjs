/**
 * Starts a NATS server and three nodes on this machine, each in a program of its own, has them parse every JavaScript file under node_modules, kills
 * one in the middle, and checks that every file has its one result:
 *
 *     node examples/cluster/demo.mjs [folder ...]
 *
 * Exits with 0 when it is so.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { TaskRunner, TaskSupervisor, tasksFrom } from "taskward";
import { joinCluster } from "taskward/cluster";
import { packageOf, tableOf } from "../parse/table.mjs";

process.chdir(fileURLToPath(new URL("../..", import.meta.url)));

function sourceFilesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") ? [] : sourceFilesIn(path);
    return entry.isFile() && /\.[cm]?js$/.test(entry.name) ? [path.split(sep).join("/")] : [];
  });
}

/** Starts a NATS server at a port that is free; answers where it is. */
async function startNats() {
  const server = spawn("nats-server", ["-a", "127.0.0.1", "-p", "-1"], { stdio: ["ignore", "ignore", "pipe"] });
  server.once("error", ({ message }) => {
    console.error(`nats-server cannot be started (${message}): on Debian, scripts/install-test-tools.sh installs it`);
    process.exit(1);
  });
  let log = "";
  for await (const piece of server.stderr) {
    log += piece;
    if (log.includes("Server is ready")) break;
  }
  return { server, url: `nats://127.0.0.1:${/client connections on 127\.0\.0\.1:(\d+)/.exec(log)[1]}` };
}

/** A node in a program of its own, as an operator would start it. It has the next file at hand while it parses one. */
function startNode(name, url) {
  const words = ["node", "--name", name, "--functions", "examples/parse/parse.mjs", "--group", "workers", "--concurrency", "2", "--servers", url];
  console.log(`taskward ${words.join(" ")}`);
  return spawn(process.execPath, ["dist/cli.js", ...words], { stdio: ["ignore", "ignore", "ignore"] });
}

const folders = process.argv.slice(2);
const files = (folders.length > 0 ? folders : ["node_modules"]).flatMap(sourceFilesIn);

const { server, url } = await startNats();
const nodes = new Map(["a", "b", "c"].map((name) => [name, startNode(name, url)]));
const cluster = await joinCluster({ name: "main", servers: url });
await Promise.all([...nodes.keys()].map((name) => cluster.whenUp(name)));
console.log(`\n${files.length.toLocaleString("en")} files for ${cluster.nodes().length} nodes\n`);

const { parse } = tasksFrom(new URL("../parse/parse.mjs", import.meta.url));
const workers = TaskSupervisor.start({ on: cluster.group("workers") });
const startedAt = performance.now();
const runner = TaskRunner.run(
  (function* () {
    for (const file of files) yield [workers, parse(file)];
  })(),
  // What ran on the node that is killed runs again on another one: parsing a file twice harms nobody.
  { maxConcurrency: 64, retry: { onNoConnection: true } },
);

const results = new Map();
const problems = [];
const shares = new Map();
for await (const event of runner) {
  const file = files[event.index];
  if (results.has(file)) problems.push(`${file} has two results`);
  if (event.type !== "ok") problems.push(`${file} failed: ${String(event.reason?.message ?? event.reason)}`);
  results.set(file, event.value);
  const node = event.task.place.replace(/~.*/, "");
  shares.set(node, (shares.get(node) ?? 0) + 1);
  if (results.size === Math.floor(files.length / 2)) {
    console.log(`kill -9 ${nodes.get("b").pid}   (node b, after ${results.size.toLocaleString("en")} files)\n`);
    nodes.get("b").kill("SIGKILL");
  }
}
const seconds = (performance.now() - startedAt) / 1_000;
for (const file of files) if (!results.has(file)) problems.push(`${file} has no result`);

await workers.stop();
await cluster.leave();
for (const [name, node] of nodes) {
  if (name === "b") continue;
  const ended = once(node, "exit");
  node.kill("SIGTERM");
  const [code] = await ended;
  if (code !== 0) problems.push(`node ${name} ended with ${code}`);
}
server.kill();

console.log(`${tableOf(files.map((file) => ({ file, value: results.get(file) })).filter(({ value }) => value !== undefined))}\n`);
for (const [name, count] of [...shares].sort())
  console.log(`node ${name}: ${count.toLocaleString("en")} files${name === "b" ? ", until it was killed" : ""}`);
console.log(`\n${results.size.toLocaleString("en")} files of ${new Set(files.map(packageOf)).size} packages in ${seconds.toFixed(1)} s`);
for (const problem of problems.slice(0, 20)) console.log(`NOT AS IT SHOULD BE: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
else console.log("Every file has its one result, though a node was killed in the middle.");
