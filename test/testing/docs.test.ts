import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { Programs } from "../programs.js";

describe("docs/testing.md", () => {
  const document = new Programs("docs/testing.md");

  it("compiles, every block of it", () => {
    expect(document.compile()).toEqual([]);
  }, 60_000);

  it.each(document.programs.map(({ heading }) => heading))(
    "passes in node:test: %s",
    async (heading) => {
      const { stdout } = await promisify(execFile)(process.execPath, ["--test-reporter=tap", document.compiled(heading)], {
        cwd: document.folder,
        timeout: 60_000,
      });
      expect(stdout).toMatch(/^# pass [1-9]/m);
      expect(stdout).toMatch(/^# fail 0$/m);
    },
    60_000,
  );
});
