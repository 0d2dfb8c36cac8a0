/** The demo in a small form. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

const demo = (...argv: string[]) =>
  new Promise<{ status: number | string; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, ["examples/parse/demo.mjs", ...argv], { cwd: root }, (error, stdout, stderr) =>
      resolve({ status: error?.code ?? 0, stdout, stderr }),
    );
  });

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "taskward-demo-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

it(
  "has a result for every healthy file, names each troublemaker with its reason, and says why the command's exit status was 1",
  { timeout: 60_000 },
  async () => {
    const jsx = folderWith({ "view.js": "export const view = <p>text</p>;\n" });
    const { status, stdout, stderr } = await demo("--task-timeout", "8s", "node_modules/acorn", "node_modules/commander", jsx);
    expect(stdout).toMatch(/^acorn +\d+ +[\d,]+/m);
    expect(stdout).toMatch(/^commander +\d+ +[\d,]+/m);
    expect(stdout).toMatch(/^unparsable: \S+\/view\.js: Unexpected token/m);
    const troublemakers = readdirSync(join(root, "examples/parse/trouble"));
    expect(troublemakers).toHaveLength(5);
    for (const name of troublemakers) expect(stdout).toMatch(new RegExp(`^ {2}examples/parse/trouble/${name} +\\w+: .+`, "m"));
    expect(stderr).toMatch(/^taskward: \d+ ok, 5 failed in /m);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(
      /^The command's exit status was 1, because 5 of \d+ tasks failed: the 5 troublemakers, and nothing else\.$/,
    );
    expect(status).toBe(0);
  },
);

it("fails when a file that should be healthy is not", { timeout: 60_000 }, async () => {
  const folder = folderWith({ "fine.js": "1;\n", "sick.js": "// trouble: throw\n" });
  const { status, stdout } = await demo("--task-timeout", "8s", folder);
  expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^NOT AS IT SHOULD BE: \S+\/sick\.js failed: this file makes its task throw$/);
  expect(status).toBe(1);
});

it("fails when a troublemaker does not fail for its own reason", async () => {
  // No time for any of them.
  const { status, stdout } = await demo("--task-timeout", "1ms", folderWith({}));
  expect(stdout).toMatch(/^NOT AS IT SHOULD BE: the troublemaker examples\/parse\/trouble\/\w+\.js failed for another reason: /m);
  expect(status).toBe(1);
});
