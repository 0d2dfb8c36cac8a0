/**
 * Builds dist/: each entry as one file with what entries share in files of their own, for a module more costs half a millisecond of every import;
 * source maps; and the declarations, file by file, in dist/types.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, rmSync } from "node:fs";
import { build } from "esbuild";

const entries = {
  index: "src/index.ts",
  threads: "src/places/thread/index.ts",
  processes: "src/places/subprocess/index.ts",
  behaviours: "src/behaviours/index.ts",
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

rmSync("dist", { recursive: true, force: true });
await build({
  entryPoints: entries,
  outdir: "dist",
  chunkNames: "shared-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
});
chmodSync("dist/cli.js", 0o755);

const declarations = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { stdio: "inherit" });
process.exitCode = declarations.status ?? 1;
