import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const environment = { ...process.env, LC_ALL: "C.UTF-8" };
let version;

/** What there is of Elixir: undefined when it cannot be called. */
const elixir = () => (version ??= spawnSync("elixir", ["--version"], { env: environment }).status === 0);

/**
 * A subject that runs on the BEAM: a script of `beam/` that prints its figures, a line each: `metric number`.
 *
 * @param args what the script is called with, from the options of the run
 */
export function beam(script, args, erl = "") {
  const measure = (options) =>
    new Promise((resolve, reject) => {
      const file = fileURLToPath(new URL(`../beam/${script}`, import.meta.url));
      const started = spawn("elixir", [...(erl === "" ? [] : ["--erl", erl]), file, ...args(options).map(String)], {
        env: environment,
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      started.stdout.setEncoding("utf8").on("data", (text) => (output += text));
      started.once("error", reject);
      started.once("close", (code) => {
        if (code === 0) resolve(figuresIn(output));
        else reject(new Error(`${script} ended with code ${code}\n${output}`));
      });
    });
  measure.missing = () => (elixir() ? undefined : "elixir is not installed");
  return measure;
}

function figuresIn(output) {
  return Object.fromEntries(
    output
      .trim()
      .split("\n")
      .map((line) => line.split(" "))
      .map(([metric, value]) => [metric, Number(value)]),
  );
}
