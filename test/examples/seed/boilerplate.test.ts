import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** How many lines of a program have code on them: comments and blank lines do not count. */
function linesOfCode(program: string): number {
  const text = readFileSync(new URL(`../../../examples/seed/${program}.ts`, import.meta.url), "utf8");
  const file = ts.createSourceFile(program, text, ts.ScriptTarget.ES2022, true);
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    const parts = node.getChildren(file).filter((child) => !ts.isJSDoc(child));
    if (parts.length === 0 && node.getWidth(file) > 0) {
      const [first, last] = [node.getStart(file), node.getEnd() - 1].map((at) => file.getLineAndCharacterOfPosition(at).line);
      for (let line = first!; line <= last!; line++) lines.add(line);
    }
    parts.forEach(visit);
  };
  visit(file);
  return lines.size;
}

describe("the boilerplate is gone", () => {
  it("counts lines that have code on them", () => {
    expect(linesOfCode("async-await")).toBe(11);
  });

  it.each(["timeout", "supervised-task", "task-runner-server"])("the client of a TaskRunner is shorter than %s", (other) => {
    expect(linesOfCode("task-runner-client")).toBeLessThan(linesOfCode(other));
  });
});
