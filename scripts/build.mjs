/**
 * Builds dist/: few files, for each one more costs half a millisecond of every import; source maps; and the declarations, file by file, in dist/types.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { rolldown } from "rolldown";

const entries = {
  index: "src/index.ts",
  threads: "src/places/thread/index.ts",
  processes: "src/places/subprocess/index.ts",
  cluster: "src/places/cluster/index.ts",
  behaviours: "src/behaviours/index.ts",
  servers: "src/tasks/servers.ts",
  stream: "src/tasks/stream.ts",
  context: "src/context/index.ts",
  testing: "src/testing/index.ts",
  // Beside the others: a pool finds them by "./worker.js" and "./child.js", from whichever file it is in itself.
  worker: "src/places/thread/worker.ts",
  child: "src/places/subprocess/child.ts",
  watchdog: "src/places/subprocess/watchdog.ts",
  cli: "src/cli/main.ts",
  // What the command runs where its tasks will.
  probe: "src/cli/probe.ts",
};

/** Files of more than one entry, and what goes into them: the first that fits. A module that fits none lies with those of the same entries. */
const shared = [
  { name: "core", of: ["index"] },
  { name: "wires", of: ["behaviours", "threads"] },
  { name: "pools", of: ["threads", "processes"] },
  { name: "contexts", of: ["context", "worker"] },
  { name: "streams", of: ["stream", "worker"] },
  { name: "inside", of: ["worker", "child"] },
];

/** The modules that an entry loads, itself included. */
const closures = new Map();
function closureOf(entry, context) {
  let closure = closures.get(entry);
  if (closure === undefined) {
    closures.set(entry, (closure = new Set([resolve(entries[entry])])));
    for (const id of closure) for (const next of context.getModuleInfo(id)?.importedIds ?? []) closure.add(next);
  }
  return closure;
}

rmSync("dist", { recursive: true, force: true });
const bundle = await rolldown({
  input: entries,
  platform: "node",
  // No entry gets exports that are not its own: what a group holds is never in an entry's own file.
  preserveEntrySignatures: "allow-extension",
  external: /^[^./]/,
  transform: { target: "node20.19" },
});
await bundle.write({
  dir: "dist",
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "shared-[name].js",
  minifyInternalExports: false,
  sourcemap: true,
  codeSplitting: {
    includeDependenciesRecursively: false,
    groups: [
      {
        debugName: "shared",
        name: (id, context) => shared.find(({ of }) => of.every((entry) => closureOf(entry, context).has(id)))?.name,
      },
    ],
  },
});
chmodSync("dist/cli.js", 0o755);

const declarations = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
process.exitCode = declarations.status ?? 1;
