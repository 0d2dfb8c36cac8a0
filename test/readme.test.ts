import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCommand } from "../src/cli/command.js";
import { exitStatus } from "../src/cli/exit-status.js";
import { NatsServer, hasNats } from "./places/cluster/nats.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

interface Block {
  readonly language: string;
  readonly heading: string;
  readonly code: string;
}

function blocksOf(markdown: string): Block[] {
  let heading = "";
  return [...markdown.matchAll(/^#+ ([^\n]+)$|^```(\w*)\n(.*?)^```$/gms)].flatMap(([, title, language, code]) => {
    if (title !== undefined) heading = title;
    return code === undefined ? [] : [{ language: language ?? "", heading, code }];
  });
}

const blocks = blocksOf(readme);
const programs = blocks.filter(({ language }) => language === "ts");

/** What a block uses and does not define, and what it must have come to when it has run. `seen` is printed, and compared with `result`. */
interface Completion {
  readonly prelude: string;
  readonly seen: string;
  readonly result: unknown;
}

const completions: Readonly<Record<string, Completion>> = {
  Taskward: {
    prelude: `
      const fetchQuote = async (symbol: string): Promise<number> => symbol.length;
      const numbers = [1, 2, 3];
      let total = 0;
      const failed: unknown[] = [];
      let partial = false;`,
    seen: "{ total, failed, partial }",
    result: { total: 1 + 42 * 42 + 1 + 4 + 9, failed: [], partial: false },
  },
  "Inside a server": {
    prelude: `
      import { TaskSupervisor } from "taskward";
      await using here = TaskSupervisor.start();
      const symbols = ["A", "BB", "CCC"];
      const quote = async (symbol: string): Promise<number> => symbol.length;`,
    seen: "{ total }",
    result: { total: 6 },
  },
  "Tasks on other machines": {
    prelude: `
      import { collect, tasksFrom } from "taskward";
      const numbers = [1, 2, 3];
      const computation = tasksFrom<typeof import("./computation.js")>(new URL("./computation.js", import.meta.url));
      const b = await joinCluster({
        name: "b", servers: "nats://10.0.0.1:4222", groups: ["workers"], functions: await import("./computation.js"), isDefault: false,
      });`,
    seen: "await collect(runner).then(async ({ values }) => (await b.leave(), [...values].sort()))",
    result: [1, 4, 9],
  },
  Servers: { prelude: "", seen: "count", result: 42 },
  "Supervision trees": {
    prelude: "",
    seen: "{ next: await visits.call.next(), health: app.health().status, after: (await app.stop(), app.health().status) }",
    result: { next: 1, health: "ok", after: "stopped" },
  },
  Policies: {
    prelude: `
      import type { Self } from "taskward";
      const specs = [30, 20, 10, 40].map((ms) => async (self: Self): Promise<number> => { await self.sleep(ms); return ms; });
      const shown: unknown[] = [];
      const show = (event: { readonly type: string }): unknown => shown.push(event.type);
      const counts: unknown[] = [];
      const draw = (now: { readonly ok: number; readonly failed: number; readonly pending: number }): unknown => counts.push(now);`,
    seen: "{ values: values.length, errors, timedOut, pending, fastest: typeof fastest, three: three.length, shown, last: counts.at(-1) }",
    result: {
      values: 4,
      errors: [],
      timedOut: false,
      pending: [],
      fastest: "number",
      three: 3,
      shown: Array.from({ length: 8 }, () => "ok"),
      last: { ok: 4, failed: 0, pending: 0 },
    },
  },
};

/** What the prose claims of the code, as code. The lines with \`@ts-expect-error\` must not compile. */
const claims = `
  import { TaskRunner, TaskSupervisor, callOf, tasksFrom } from "taskward";
  import { threads } from "taskward/threads";
  const url = new URL("./computation.js", import.meta.url);
  const computation = tasksFrom<typeof import("./computation.js")>(url);
  await using cores = TaskSupervisor.start({ on: threads({ size: 1 }) });
  // @ts-expect-error it takes a number
  computation.run("x");
  // @ts-expect-error self is not for the caller to give
  computation.patient(null, "http://localhost");
  const events: unknown[] = [];
  for await (const event of TaskRunner.run([[cores, computation.run(3)]])) {
    if (event.type === "ok") events.push(event.value satisfies number);
  }
  const retry = { attempts: 3, delay: 1, factor: 2 };
  for await (const event of TaskRunner.run([[cores, callOf(url, "run", [{ onClick() {} }]), { retry }]], { retry })) {
    if (event.type === "task_error") events.push((event.reason as Error).message);
  }
  console.log(JSON.stringify(events));
`;

/** How a block's file is called: as its first line says, or after its heading. */
const fileOf = ({ heading, code }: Block): string => /^\/\/ (\S+\.ts)\n/.exec(code)?.[1] ?? `${heading.toLowerCase().replaceAll(" ", "-")}.ts`;

/** Where NATS is in what the README says, and the one that stands for it. */
const elsewhere = "nats://10.0.0.1:4222";
let nats: NatsServer | undefined;

let folder = "";
let complaints: string[] = [];

beforeAll(async () => {
  if (hasNats) nats = await NatsServer.start();
  // An installed package is found from here, as its users find it.
  folder = realpathSync(mkdtempSync(join(tmpdir(), "taskward-readme-")));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/taskward"), "dir");
  symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"), "dir");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "claims.ts"), `${claims}\n`);
  for (const block of programs) {
    const { prelude = "", seen } = completions[block.heading] ?? {};
    const epilogue = seen === undefined ? "" : `console.log(JSON.stringify(${seen}));`;
    writeFileSync(join(folder, fileOf(block)), `${prelude}\n${block.code}\n${epilogue}\n`);
  }
  complaints = compile();
}, 60_000);

afterAll(async () => {
  await nats?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Compiles everything as strictly as the package itself, and answers what the compiler has to say. */
function compile(): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: false }, folder);
  const files = [...programs.map(fileOf), "claims.ts"].map((file) => join(folder, file));
  const host = ts.createCompilerHost(options);
  host.getCurrentDirectory = () => folder;
  const program = ts.createProgram(files, options, host);
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ file, start, messageText }) => {
    const line = file === undefined || start === undefined ? "" : `${basename(file.fileName)}:${file.getLineAndCharacterOfPosition(start).line + 1} `;
    return line + ts.flattenDiagnosticMessageText(messageText, "\n");
  });
}

/** Runs a compiled file, and answers what it printed. It must come to its end by itself. */
async function runFile(file: string): Promise<unknown> {
  const compiled = join(folder, file.replace(/\.ts$/, ".js"));
  // A busy machine must not decide what comes out, nor who else listens.
  writeFileSync(
    compiled,
    readFileSync(compiled, "utf8")
      .replaceAll("timeout: 400", "timeout: 60_000")
      .replaceAll("listen(8080)", "listen(0)")
      .replaceAll(elsewhere, nats?.url ?? ""),
  );
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [compiled], { cwd: folder, timeout: 60_000 });
  expect(stderr).toBe("");
  return stdout === "" ? undefined : (JSON.parse(stdout) as unknown);
}

describe("the README's TypeScript", () => {
  it("compiles, and so does what the prose claims of it", () => {
    expect(complaints).toEqual([]);
  });

  it("is what these tests complete", () => {
    expect(Object.keys(completions).filter((heading) => !programs.some((block) => block.heading === heading))).toEqual([]);
  });

  it.each(programs.map((block) => [block.heading, block] as const))(
    "runs: %s",
    async (heading, block) => {
      if (block.code.includes(elsewhere) && !hasNats) return; // said aloud
      expect(await runFile(fileOf(block))).toEqual(completions[heading]?.result);
    },
    60_000,
  );

  it("is as the prose says: a result has its function's type, and what cannot be cloned is named by its path", async () => {
    expect(await runFile("claims.ts")).toEqual([9, expect.stringMatching(/^args\[0\]\.onClick is a function/)]);
  }, 60_000);
});

/** The help of `taskward run`. */
function help(): string {
  let text = "";
  const write = (part: string): void => {
    text += part;
  };
  expect(() => parseCommand(["run", "--help"], "0.0.0", { stdout: write, stderr: write })).toThrow();
  return text;
}

const optionsIn = (text: string): string[] => [...new Set(text.match(/(?<![\w-])--[a-z][\w-]*/g))].sort();

describe("the README's command lines", () => {
  const lines = blocks.filter(({ language }) => language === "sh").flatMap(({ code }) => code.trim().split("\n"));
  const calls = lines.filter((line) => line.startsWith("taskward "));
  const section = /^## The command$.*?(?=^## )/ms.exec(readme)?.[0] ?? "";

  it("are there", () => {
    expect(readme).toContain("npm ci && npm run demo");
    expect(readme).toContain("npm ci && npm test");
    expect(calls).not.toEqual([]);
  });

  it.each(calls)("are understood: %s", (call) => {
    const [words = ""] = call.split(" > ");
    const parsed = parseCommand(words.split(" ").slice(1), "0.0.0", { stdout: () => {}, stderr: () => {} });
    if (parsed?.kind === "run") expect(parsed.target).toMatch(/^(\S+#)?\w+$/);
    else expect(parsed?.flags).toBeTypeOf("object");
  });

  it("tell of every option that there is, and of no other", () => {
    const options = optionsIn(help().split("\nInputs\n")[0]!).filter((option) => option !== "--help");
    expect(optionsIn(section)).toEqual(options);
  });

  it("tell the values that options take", () => {
    for (const [option, ...values] of [
      ["--format", "lines", "ndjson", "csv"],
      ["--on", "here", "threads", "threads:2"],
      ["--halt", "never", "first-failure", "first-success", "3"],
      ["--on-timeout", "shutdown", "kill", "keep"],
      ["--timeout", "500ms", "30s", "2m"],
      ["--backoff", "500ms"],
    ]) {
      for (const value of values) {
        const argv = ["run", "./m.js#f", "--input", "x", option!, value];
        expect(parseCommand(argv, "0.0.0", { stdout: () => {}, stderr: () => {} })).toMatchObject({ target: "./m.js#f" });
      }
    }
  });

  it("tell the exit status", () => {
    const { ok, failed, usage, deadline, interrupted } = exitStatus;
    expect(section.replaceAll("\n", " ")).toContain(
      `Exit status: ${ok} all ok, ${failed} some failed, ${usage} bad usage or input, ${deadline} deadline, ${interrupted} interrupted.`,
    );
  });

  it("call scripts that the package has", () => {
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: Record<string, string> };
    const called = [...readme.matchAll(/npm (?:run ([\w:]+)|(test))/g)].map(([, script, test]) => script ?? test);
    expect(called.filter((script = "") => !(script in scripts))).toEqual([]);
  });
});
