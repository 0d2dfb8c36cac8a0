import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Programs } from "../programs.js";

/** What a program prints, as its comments have it: behind each `console.log`, and in comments that are lines of their own at its end. */
function outputOf(code: string): string[] {
  const lines = code.trimEnd().split("\n");
  const behind = lines.flatMap((line) => /console\.log\(.*;.* \/\/ (.*)$/.exec(line)?.[1] ?? []);
  const [trailing = ""] = /(?:^\/\/ .*\n?)*(?![^])/m.exec(code.trimEnd()) ?? [];
  const last = trailing === "" ? [] : trailing.split("\n").map((line) => line.slice(3));
  return [...behind, ...last];
}

describe("docs/supervision.md", () => {
  const document = new Programs("docs/supervision.md", { "The application": 'process.kill(process.pid, "SIGTERM");' });

  it("compiles, every block of it", () => {
    expect(document.compile()).toEqual([]);
  }, 60_000);

  it.each(document.programs.map((program) => [program.heading, program] as const))(
    "runs, prints what its comments say, and ends by itself: %s",
    async (heading, { code }) => {
      const { stdout } = await promisify(execFile)(process.execPath, [document.compiled(heading)], { cwd: document.folder, timeout: 60_000 });
      expect(stdout.split("\n").slice(0, -1)).toEqual(outputOf(code));
    },
    60_000,
  );
});
