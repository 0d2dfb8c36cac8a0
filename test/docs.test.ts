import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const decisions = readdirSync(join(root, "docs/decisions")).sort();
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "SECURITY.md",
  "docs/architecture.md",
  "docs/cluster.md",
  "docs/coming-from-elixir.md",
  "docs/conformance.md",
  "docs/context.md",
  "docs/data.md",
  "docs/isolation.md",
  "docs/known-limits.md",
  "docs/pools.md",
  "docs/scale.md",
  "docs/streaming.md",
  "docs/testing.md",
  "docs/supervision.md",
  ...decisions.map((name) => `docs/decisions/${name}`),
];
const read = (document: string): string => readFileSync(join(root, document), "utf8");

const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"));
const names = new Set(sources.map((file) => basename(file)));

describe.each(documents)("%s", (document) => {
  it("links to what is there", () => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
  });
});

// These name the files that they tell of.
describe.each(documents.filter((document) => document.startsWith("docs/")))("%s", (document) => {
  it("names files that are there", () => {
    const named = [...read(document).matchAll(/`((?:[\w-]+\/)*[\w-]+(?:\.config|\.test-d)?\.[tj]s)`/g)]
      .map(([, file]) => file!)
      .filter((file) => !file.startsWith("dist/")); // what a build makes
    const missing = named.filter(
      (file) =>
        !(file.includes("/")
          ? sources.includes(file.replace(/^src\//, "")) || existsSync(join(root, file))
          : names.has(file) || existsSync(join(root, file))),
    );
    expect(missing).toEqual([]);
  });
});

describe("decisions", () => {
  it("have a number each, and say context, decision and consequences", () => {
    expect(new Set(decisions.map((name) => name.slice(0, 4))).size).toBe(decisions.length);
    for (const name of decisions) {
      const [, number] = /^(\d{4})-[a-z0-9-]+\.md$/.exec(name) ?? [];
      const text = read(`docs/decisions/${name}`);
      expect(text).toMatch(new RegExp(`^# ${Number(number)}\\. `));
      expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(["Context", "Decision", "Consequences"]);
    }
  });
});
