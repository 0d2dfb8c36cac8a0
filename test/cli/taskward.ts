/** The real command, as a child process. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

export const bin = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
export const fixtures = fileURLToPath(new URL("./fixtures", import.meta.url));

/** The functions of `fixtures/tasks.mjs`. */
export const task = (name: string): string => `${join(fixtures, "tasks.mjs")}#${name}`;

export interface Result {
  readonly index: number;
  readonly input: unknown;
  readonly ok: boolean;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
  readonly pending?: boolean;
}

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Options {
  /** What it finds on standard input; undefined leaves that open. */
  readonly input?: string | Buffer | undefined;
  /** Standard output is left alone, until somebody reads it. */
  readonly unread?: boolean;
}

export const resultsIn = (stdout: string): Result[] => stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Result]));

/** The values in the order of the inputs. */
export const valuesOf = (results: readonly Result[]): unknown[] => [...results].sort((a, b) => a.index - b.index).map(({ value }) => value);

/** What is to go with the file's last test: tests that run at once cannot say when they are over. */
const leftovers: (() => void)[] = [];
afterAll(() => {
  for (const remove of leftovers) remove();
});

/** The command while it runs. */
export class Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";
  #looking: (() => void)[] = [];

  constructor(argv: readonly string[], { input, unread = false }: Options = {}) {
    this.child = spawn(process.execPath, [bin, ...argv]);
    const { stdin, stdout, stderr } = this.child;
    stdin.on("error", () => {});
    if (input !== undefined) stdin.end(input);
    if (!unread) this.read();
    stderr.setEncoding("utf8").on("data", (text: string) => this.#got(() => (this.#stderr += text)));
    stdout.on("error", () => {});
    this.ended = new Promise((resolve, reject) => {
      this.child.on("error", reject);
      this.child.on("close", (status, signal) => {
        this.#got(() => {});
        resolve({ status, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
    leftovers.push(() => void this.child.kill("SIGKILL"));
  }

  read(): void {
    this.child.stdout.setEncoding("utf8").on("data", (text: string) => this.#got(() => (this.#stdout += text)));
  }

  #got(take: () => void): void {
    take();
    for (const look of this.#looking.splice(0)) look();
  }

  /** Resolves when standard error, or standard output, holds what is looked for; rejects when the command ends without it. */
  async saw(text: string | RegExp, stream: "stdout" | "stderr" = "stderr"): Promise<void> {
    let over = false;
    void this.ended.then(() => (over = true));
    for (;;) {
      const so = stream === "stdout" ? this.#stdout : this.#stderr;
      if (typeof text === "string" ? so.includes(text) : text.test(so)) return;
      if (over) throw new Error(`the command ended without saying ${String(text)}: ${so}`);
      await Promise.race([this.ended, new Promise<void>((resolve) => this.#looking.push(resolve))]);
    }
  }
}

/** Runs the command to its end. */
export async function taskward(argv: readonly string[], options: Options = {}): Promise<Ended & { readonly results: Result[] }> {
  const running = new Running(argv, { input: "", ...options });
  const ended = await running.ended;
  const isRun = argv[0] === "run" && !argv.includes("--help");
  return { ...ended, results: isRun ? resultsIn(ended.stdout) : [] };
}

/** `taskward run` of a function of `fixtures/tasks.mjs`. */
export const run = (name: string, argv: readonly string[], options?: Options) => taskward(["run", task(name), ...argv], options);

/** A folder that goes when the tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "taskward-"));
  leftovers.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
