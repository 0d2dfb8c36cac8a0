import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const bench = fileURLToPath(new URL("..", import.meta.url));
const root = fileURLToPath(new URL("../..", import.meta.url));

/** Brings everything that the cases import into place: the peers, a fresh build of Taskward, and Taskward under its own name. */
export function prepare() {
  if (isOlder(join(bench, "node_modules", ".package-lock.json"), join(bench, "package-lock.json"))) {
    note("installing the peers");
    npm(["ci", "--no-audit", "--no-fund"], bench);
  }
  if (isOlder(join(root, "dist", "index.js"), ...sources())) {
    if (!existsSync(join(root, "node_modules", "typescript"))) {
      note("installing what building needs");
      npm(["ci", "--no-audit", "--no-fund"], root);
    }
    note("building Taskward");
    npm(["run", "build"], root);
  }
  // As `npm link` would do it: a dependency on the folder above would have npm install that folder's own dependencies as well.
  const link = join(bench, "node_modules", "taskward");
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(root, link, "junction");
}

function sources() {
  const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true });
  return [
    ...files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name)),
    join(root, "tsconfig.build.json"),
    join(root, "scripts", "build.mjs"),
  ];
}

function isOlder(made, ...from) {
  const age = statSync(made, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return from.some((file) => statSync(file).mtimeMs > age);
}

function note(text) {
  process.stderr.write(`bench: ${text}\n`);
}

/** Standard output is for figures, so what npm says goes to standard error. */
function npm(args, cwd) {
  const { status, error } = spawnSync("npm", args, { cwd, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
  if (status === 0) return;
  note(`\`npm ${args.join(" ")}\` failed in ${cwd}${error === undefined ? "" : `: ${error.message}`}`);
  process.exit(1);
}
