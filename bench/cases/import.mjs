import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { figure } from "../harness/targets.mjs";
import { median } from "../harness/rounds.mjs";

const bench = fileURLToPath(new URL("..", import.meta.url));
const probe = fileURLToPath(new URL("../workers/import-probe.mjs", import.meta.url));
const empty = new URL("../workers/empty.mjs", import.meta.url).href;

const timeOf = (specifier) => Number(execFileSync(process.execPath, [probe, specifier], { encoding: "utf8" }));

/** Everything that the module exports, in one file, as a bundler makes it for production. */
async function sizeOf(specifier) {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(specifier)};`, resolveDir: bench },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length / 1_000;
}

const subject =
  (specifier) =>
  async ({ quick }) => {
    const times = [];
    for (let run = 0; run < (quick ? 7 : 15); run++) {
      const nothing = timeOf(empty);
      times.push(timeOf(specifier) - nothing);
    }
    return { time: median(times), size: await sizeOf(specifier) };
  };

export default {
  claim: "what it costs to import the package: time beyond that of an empty module, and size, minified and gzipped",
  metrics: { time: { unit: "ms" }, size: { unit: "kB" } },
  passes: { quick: 1, full: 5 },
  variants: {
    fresh: {
      taskward: subject("taskward"),
      "p-map": subject("p-map"),
      "p-queue": subject("p-queue"),
      effect: subject("effect"),
      piscina: subject("piscina"),
    },
  },
  targets: [figure("fresh", "time", { below: 15 }, { unit: "ms" }), figure("fresh", "size", { below: 15 }, { unit: "kB" })],
};
