import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "docs/supervision.md"), "utf8");

interface Program {
  readonly heading: string;
  code: string;
}

/** The blocks under one heading are one program; those that begin with a file's name are a module of it. */
const modules = new Map<string, string>();
const programs: Program[] = [];
for (const [, title, code = ""] of text.matchAll(/^## ([^\n]+)$|^```ts\n(.*?)^```$/gms)) {
  const [, file] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? [];
  if (title !== undefined) programs.push({ heading: title, code: "" });
  else if (file !== undefined) modules.set(file, code);
  else (programs.at(-1) as Program).code += code;
}
const runnable = programs.filter(({ code }) => code !== "");

const fileOf = (heading: string): string => `${heading.toLowerCase().replaceAll(" ", "-")}.ts`;

/** What ends a program that goes on. */
const epilogues: Readonly<Record<string, string>> = { "The application": 'process.kill(process.pid, "SIGTERM");' };

/** What a program prints, as its comments have it: behind each `console.log`, and in comments that are lines of their own at its end. */
function outputOf(code: string): string[] {
  const lines = code.trimEnd().split("\n");
  const behind = lines.flatMap((line) => /console\.log\(.*;.* \/\/ (.*)$/.exec(line)?.[1] ?? []);
  const [trailing = ""] = /(?:^\/\/ .*\n?)*(?![^])/m.exec(code.trimEnd()) ?? [];
  const last = trailing === "" ? [] : trailing.split("\n").map((line) => line.slice(3));
  return [...behind, ...last];
}

let folder = "";

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "taskward-supervision-")));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/taskward"), "dir");
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"), "dir");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  for (const { heading, code } of runnable) writeFileSync(join(folder, fileOf(heading)), `${code}\n${epilogues[heading] ?? ""}\n`);
  for (const [file, code] of modules) writeFileSync(join(folder, file), code);
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("docs/supervision.md", () => {
  it("compiles, every block of it", () => {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: false }, folder);
    const host = ts.createCompilerHost(options);
    host.getCurrentDirectory = () => folder;
    const files = [...runnable.map(({ heading }) => fileOf(heading)), ...modules.keys()].map((file) => join(folder, file));
    const program = ts.createProgram(files, options, host);
    const { diagnostics } = program.emit();
    const complaints = [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start, messageText }) => {
      const line =
        file === undefined || start === undefined ? "" : `${basename(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} `;
      return line + ts.flattenDiagnosticMessageText(messageText, "\n");
    });
    expect(complaints).toEqual([]);
  }, 60_000);

  it.each(runnable.map((program) => [program.heading, program] as const))(
    "runs, prints what its comments say, and ends by itself: %s",
    async (heading, { code }) => {
      const compiled = join(folder, fileOf(heading).replace(/ts$/, "js"));
      const { stdout } = await promisify(execFile)(process.execPath, [compiled], { cwd: folder, timeout: 60_000 });
      expect(stdout.split("\n").slice(0, -1)).toEqual(outputOf(code));
    },
    60_000,
  );
});
