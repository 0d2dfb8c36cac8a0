import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const modules = ["Task", "Task.Supervisor", "Supervisor", "DynamicSupervisor", "PartitionSupervisor", "GenServer", "Registry", "Process"];
const text = readFileSync(fileURLToPath(new URL("../../docs/coming-from-elixir.md", import.meta.url)), "utf8");

/** The functions that a module has in the Elixir that is here, without those that `use` and structs bring. */
const ask = `for m <- [${modules.join(", ")}], do: IO.puts(Enum.join([inspect(m) | Keyword.keys(m.__info__(:functions))], " "))`;
const elixir = spawnSync("elixir", ["-e", ask], { encoding: "utf8", timeout: 60_000 });
if (elixir.status !== 0) console.warn("\n!! Elixir is missing: whether docs/coming-from-elixir.md leaves a function out was NOT checked\n");

/** What the first columns of a section's tables name. */
function namedIn(module: string): Set<string> {
  const section = text.split(/^## /m).find((one) => one.startsWith(`${module}\n`)) ?? "";
  const columns = section.split("\n").filter((line) => line.startsWith("| `"));
  return new Set(columns.flatMap((line) => [...(line.split(" | ")[0] ?? "").matchAll(/`([a-z_?]+)`/g)].map(([, name]) => name as string)));
}

describe.skipIf(elixir.status !== 0)("docs/coming-from-elixir.md", () => {
  it.each(modules)("leaves no function of %s out", (module) => {
    const line = elixir.stdout.split("\n").find((one) => one.startsWith(`${module} `)) ?? "";
    const functions = [...new Set(line.split(" ").slice(1))].filter((name) => !name.startsWith("__"));
    expect(functions.length).toBeGreaterThan(5);
    const named = namedIn(module);
    expect(functions.filter((name) => !named.has(name))).toEqual([]);
  });
});
