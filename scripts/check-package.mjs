/**
 * Checks the package as its users get it: packs it, installs the tarball in an empty folder, imports each export there and watches which
 * modules that loads, compiles against its types, calls the command, and weighs the core. Needs a fresh `npm run build`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What the core may weigh, minified and gzipped. The aim is 15 kB and is not reached; this keeps it from growing unnoticed. */
const heaviestCore = 19_850;

/** What importing an export may load from outside of the package. */
const allowed = {
  ".": { builtins: false },
  "./threads": { builtins: true },
  "./processes": { builtins: true },
  "./behaviours": { builtins: false },
  "./servers": { builtins: false },
  "./stream": { builtins: false },
  "./context": { builtins: true },
  "./cluster": { builtins: true },
  "./testing": { builtins: true },
};

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
let failed = false;

/** Prints how a check came out. `find` answers with what is wrong, and may note what it saw. */
async function check(what, find) {
  let note = "";
  let problems;
  try {
    problems = await find((text) => (note = `: ${text}`));
  } catch (error) {
    problems = error.message.trim().split("\n");
  }
  console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${what}${note}`);
  for (const problem of problems) console.log(`       ${problem}`);
  failed ||= problems.length > 0;
}

function call(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed\n${error?.message ?? ""}${stdout}${stderr}`);
  return stdout;
}

function install(folder) {
  const [{ filename, files }] = JSON.parse(call("npm", ["pack", "--json", "--pack-destination", folder], root));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  call("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", `./${filename}`], folder);
  return files.map(({ path }) => path);
}

/** The modules that importing `specifier` loads, as Node resolves them. */
function modulesLoadedBy(specifier, folder) {
  const hooks = `
    import { writeSync } from "node:fs";
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context);
      writeSync(1, found.url + "\\n");
      return found;
    }`;
  const register = `
    import { register } from "node:module";
    register("data:text/javascript," + encodeURIComponent(${JSON.stringify(hooks)}));`;
  writeFileSync(join(folder, "register.mjs"), register);
  writeFileSync(join(folder, "import.mjs"), `import ${JSON.stringify(specifier)};\n`);
  const lines = call(process.execPath, ["--import", "./register.mjs", "./import.mjs"], folder).trim().split("\n");
  const own = ["register.mjs", "import.mjs"].map((name) => pathToFileURL(join(folder, name)).href);
  return lines.filter((url) => !own.includes(url) && !url.startsWith("data:"));
}

/** The core in one file, and what it imports from outside of the package on any path through it: an import that runs later counts too. */
async function bundleCore() {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(root, "dist/index.js")],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    external: [...builtinModules, "node:*"],
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const outside = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.filter(({ external }) => external).map(({ path }) => `${file} imports ${path}`),
  );
  const strangers = Object.keys(metafile.inputs).filter((file) => !file.startsWith("dist/"));
  return { code: outputFiles[0].contents, outside: [...outside, ...strangers.map((file) => `it contains ${file}`)] };
}

const folder = mkdtempSync(join(tmpdir(), "taskward-package-"));
try {
  await check("it packs and installs", (note) => {
    const packed = install(folder);
    note(`${packed.length} files`);
    const wanted = ["dist/index.js", "dist/types/index.d.ts", "src/index.ts", "README.md", "CHANGELOG.md", "LICENSE"];
    return wanted.filter((file) => !packed.includes(file)).map((file) => `${file} is missing`);
  });

  const home = pathToFileURL(join(folder, "node_modules", manifest.name)).href;
  for (const [path, { builtins }] of Object.entries(allowed)) {
    const specifier = path.replace(/^\./, manifest.name);
    await check(`importing ${specifier} loads no other package${builtins ? "" : ", and no built-in module"}`, (note) => {
      const loaded = modulesLoadedBy(specifier, folder);
      note(`${loaded.length} modules`);
      const strange = loaded.filter((url) => !url.startsWith(`${home}/`) && !(builtins && url.startsWith("node:")));
      return strange.map((url) => `it loads ${url}`);
    });
  }

  await check("its types are whole, without skipLibCheck", () => {
    writeFileSync(
      join(folder, "all.mts"),
      Object.keys(allowed)
        .map((path) => `import ${JSON.stringify(path.replace(/^\./, manifest.name))};\n`)
        .join(""),
    );
    const settings = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,esnext.disposable"];
    call(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), ...settings, "--typeRoots", join(root, "node_modules/@types"), "--types", "node", "all.mts"],
      folder,
    );
    return [];
  });

  await check("joining a cluster without NATS' client says what to install", () => {
    const joining = 'import { joinCluster } from "taskward/cluster"; await joinCluster({ name: "a" }).catch(({ message }) => console.log(message));';
    writeFileSync(join(folder, "join.mjs"), joining);
    const said = call(process.execPath, ["join.mjs"], folder).trim();
    return said.includes("npm install @nats-io/transport-node") ? [] : [`it says ${JSON.stringify(said)}`];
  });

  await check("the command says its version", () => {
    const said = call("npx", ["--no-install", manifest.name, "--version"], folder).trim();
    return said === manifest.version ? [] : [`it says ${JSON.stringify(said)}, not ${manifest.version}`];
  });

  await check("the core imports nothing, not even later", async () => (await bundleCore()).outside);

  await check(`the core weighs ${heaviestCore / 1_000} kB at most, minified and gzipped`, async (note) => {
    const bytes = gzipSync((await bundleCore()).code, { level: 9 }).length;
    note(`${(bytes / 1_000).toFixed(1)} kB${bytes > 15_000 ? " (the aim of 15 kB is NOT reached)" : ""}`);
    return bytes <= heaviestCore ? [] : ["too heavy"];
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

if (failed) process.exit(1);
