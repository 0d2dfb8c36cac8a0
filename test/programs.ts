import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterAll, beforeAll } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What a document has under one heading. */
export interface Program {
  readonly heading: string;
  code: string;
}

/** What a document leaves to its readers. */
export interface Surroundings {
  /** What comes before a program, by its heading. */
  readonly prologues?: Readonly<Record<string, string>>;
  /** Modules that it does not show, by their names. */
  readonly files?: Readonly<Record<string, string>>;
  /** Addresses and the like that are the reader's own, and code for what they are here. */
  readonly own?: Readonly<Record<string, string>>;
}

/** The programs of a document in a folder of their own, where `taskward` is this one. */
export class Programs {
  readonly programs: readonly Program[];
  folder = "";
  readonly #files = new Map<string, string>();

  /**
   * The blocks under one heading are one program; those that begin with a file's name are a module of it.
   * @param document from the root of the project
   * @param epilogues what ends a program that goes on, by its heading
   */
  constructor(document: string, epilogues: Readonly<Record<string, string>> = {}, { prologues = {}, files = {}, own = {} }: Surroundings = {}) {
    const programs: Program[] = [];
    let text = readFileSync(join(root, document), "utf8");
    for (const [theirs, ours] of Object.entries(own)) text = text.replaceAll(theirs, ours);
    for (const [file, code] of Object.entries(files)) this.#files.set(file, code);
    for (const [, title, code = ""] of text.matchAll(/^## ([^\n]+)$|^```ts\n(.*?)^```$/gms)) {
      const [, file] = /^\/\/ (\S+\.ts)\n/.exec(code) ?? [];
      if (title !== undefined) programs.push({ heading: title, code: "" });
      else if (file !== undefined) this.#files.set(file, code);
      else (programs.at(-1) as Program).code += code;
    }
    this.programs = programs.filter(({ code }) => code !== "");
    for (const { heading, code } of this.programs)
      this.#files.set(fileOf(heading), `${prologues[heading] ?? ""}\n${code}\n${epilogues[heading] ?? ""}\n`);
    beforeAll(() => {
      this.#write();
    });
    afterAll(() => {
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  #write(): void {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), "taskward-programs-")));
    mkdirSync(join(this.folder, "node_modules"));
    symlinkSync(root, join(this.folder, "node_modules/taskward"), "dir");
    symlinkSync(join(root, "node_modules/@types"), join(this.folder, "node_modules/@types"), "dir");
    writeFileSync(join(this.folder, "package.json"), JSON.stringify({ type: "module" }));
    for (const [file, code] of this.#files) writeFileSync(join(this.folder, file), code);
  }

  /** Compiles all of them as strictly as everything here is, and answers what is wrong with them. */
  compile(): string[] {
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: false }, this.folder);
    const host = ts.createCompilerHost(options);
    host.getCurrentDirectory = () => this.folder;
    const files = [...this.#files.keys()].map((file) => join(this.folder, file));
    const program = ts.createProgram(files, options, host);
    const { diagnostics } = program.emit();
    return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start, messageText }) => {
      const line =
        file === undefined || start === undefined ? "" : `${basename(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} `;
      return line + ts.flattenDiagnosticMessageText(messageText, "\n");
    });
  }

  /** The compiled file of a program. */
  compiled(heading: string): string {
    return join(this.folder, fileOf(heading).replace(/ts$/, "js"));
  }
}

const fileOf = (heading: string): string => `${heading.toLowerCase().replaceAll(" ", "-")}.ts`;
