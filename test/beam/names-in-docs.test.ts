import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as core from "taskward";
import * as behaviours from "taskward/behaviours";
import * as clusters from "taskward/cluster";
import { describe, expect, it, onTestFinished } from "vitest";

const text = readFileSync(fileURLToPath(new URL("../../docs/coming-from-elixir.md", import.meta.url)), "utf8");
const all: Record<string, unknown> = { ...core, ...behaviours, ...clusters };

const sections = text
  .split(/^## /m)
  .slice(1)
  .map((section) => ({
    title: section.split("\n")[0] ?? "",
    // All columns but the first, and the sentences below.
    ours: section.split("\n").map((line) => (line.startsWith("| `") ? line.split(" | ").slice(1).join(" ") : line.startsWith("|") ? "" : line)),
  }));
const codes = (lines: readonly string[]): string[] => lines.flatMap((line) => [...line.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code));

/** One of each thing whose methods the tables name, by what they call it there. */
async function instances(title: string): Promise<Record<string, object>> {
  class Server extends behaviours.GenServer {}
  const server = await behaviours.GenServer.start(Server);
  const tasks = core.TaskSupervisor.start();
  const registry = behaviours.Registry.start({ keys: "unique" });
  const node = core.defaultNode();
  const supervisor =
    title === "Task.Supervisor"
      ? tasks
      : title === "DynamicSupervisor"
        ? await behaviours.DynamicSupervisor.start()
        : title === "PartitionSupervisor"
          ? await behaviours.PartitionSupervisor.start(() => ({ id: "x", run: (self) => self.receive() }))
          : await behaviours.Supervisor.start([]);
  onTestFinished(async () => {
    for (const one of [server, tasks, supervisor]) await one.stop();
    await registry.stop();
  });
  const [self, timer] = await core.run((self) => [self, self.sendAfter(self.pid, "x", 1)] as const);
  return {
    server,
    supervisor,
    registry,
    node,
    self,
    timer,
    later: behaviours.Deferred.prototype,
    this: Server.prototype,
    cluster: clusters.Cluster.prototype,
  };
}

describe("docs/coming-from-elixir.md", () => {
  it.each(sections)("names what there is: $title", async ({ title, ours }) => {
    const ofKind = await instances(title);
    const missing: string[] = [];
    for (const code of codes(ours)) {
      for (const [, owner = "", member = ""] of code.matchAll(/(?<![\w.])(\w+)\.(\w+)/g)) {
        if (theirs.has(owner)) continue;
        const holder = (all[owner] as object | undefined) ?? ofKind[owner];
        if (holder === undefined) missing.push(`${code}: no ${owner} is known`);
        else if (!(member in holder)) missing.push(`${owner}.${member}`);
      }
      const [, name = ""] = /^([A-Z]\w+)$/.exec(code) ?? [];
      if (name !== "" && !(name in all) && !standard.has(name)) missing.push(name);
    }
    expect(missing).toEqual([]);
  });
});

/** What the reader has, or JavaScript. */
const theirs = new Set(["tasks", "servers", "Promise"]);

/** Names of others that the sentences use. */
const standard = new Set(["Infinity", "TypeError", "Error", "Map", "Task", "Process"]);
