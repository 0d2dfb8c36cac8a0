import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs/testing.md"), "utf8");
const blocks = [...text.matchAll(/^## ([^\n]+)$|^```ts\n(.*?)^```$/gms)].reduce<{ heading: string; code: string }[]>((all, [, title, code]) => {
  if (title !== undefined) all.push({ heading: title, code: "" });
  else all.at(-1)!.code += code ?? "";
  return all;
}, []);
const programs = blocks.filter(({ code }) => code !== "");
const fileOf = (heading: string): string => `${heading.toLowerCase().replaceAll(" ", "-")}.ts`;

let folder = "";

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "taskward-testing-")));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/taskward"), "dir");
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"), "dir");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const { heading, code } of programs) writeFileSync(join(folder, fileOf(heading)), code);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("docs/testing.md", () => {
  it("compiles, every block of it", () => {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: false }, folder);
    const host = ts.createCompilerHost(options);
    host.getCurrentDirectory = () => folder;
    const program = ts.createProgram(
      programs.map(({ heading }) => join(folder, fileOf(heading))),
      options,
      host,
    );
    const { diagnostics } = program.emit();
    const complaints = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start, messageText }) => {
      const line =
        file === undefined || start === undefined ? "" : `${basename(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} `;
      return line + ts.flattenDiagnosticMessageText(messageText, "\n");
    });
    expect(complaints).toEqual([]);
  }, 60_000);

  it.each(programs.map(({ heading }) => heading))(
    "passes in node:test: %s",
    async (heading) => {
      const { stdout } = await promisify(execFile)(process.execPath, ["--test-reporter=tap", join(folder, fileOf(heading).replace(/ts$/, "js"))], {
        cwd: folder,
        timeout: 60_000,
      });
      expect(stdout).toMatch(/^# pass [1-9]/m);
      expect(stdout).toMatch(/^# fail 0$/m);
    },
    60_000,
  );
});
