import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const decisions = readdirSync(join(root, "docs/decisions")).sort();
const documents = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md", ...decisions.map((name) => `docs/decisions/${name}`)];
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
    const named = [...read(document).matchAll(/`((?:[\w-]+\/)*[\w-]+(?:\.config|\.test-d)?\.[tj]s)`/g)].map(([, file]) => file!);
    const missing = named.filter(
      (file) => !(file.includes("/") ? sources.includes(file.replace(/^src\//, "")) : names.has(file) || existsSync(join(root, file))),
    );
    expect(missing).toEqual([]);
  });
});

describe("decisions", () => {
  it("are numbered without a gap, and say context, decision and consequences", () => {
    for (const [index, name] of decisions.entries()) {
      expect(name).toMatch(new RegExp(`^${String(index + 1).padStart(4, "0")}-[a-z0-9-]+\\.md$`));
      const text = read(`docs/decisions/${name}`);
      expect(text).toMatch(new RegExp(`^# ${index + 1}\\. `));
      expect([...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title)).toEqual(["Context", "Decision", "Consequences"]);
    }
  });
});
