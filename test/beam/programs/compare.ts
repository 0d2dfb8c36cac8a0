import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { play } from "./play.js";
import { type Observed, type Program, type Trace, describeProgram, toTerm } from "./program.js";

/** Plays programs in OTP, many at a time, for they wait most of the time. With one scheduler a signal has arrived when it is sent. */
export async function ask(programs: readonly Program[]): Promise<Trace[]> {
  const folder = await mkdtemp(join(tmpdir(), "taskward-programs-"));
  try {
    const file = join(folder, "programs.term");
    await writeFile(file, programs.map(({ steps }, n) => `${toTerm([n, steps])}.\n`).join(""));
    const script = fileURLToPath(new URL("programs.exs", import.meta.url));
    const { stdout } = await promisify(execFile)("elixir", ["--erl", "+S 1:1", script, file, "50"], {
      maxBuffer: Infinity,
      timeout: 120_000,
      killSignal: "SIGKILL",
    });
    return readTraces(stdout, programs.length);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function readTraces(printed: string, count: number): Trace[] {
  const traces: Observed[][][] = Array.from({ length: count }, () => []);
  for (const line of printed.split("\n").filter(Boolean)) {
    const [program, step, who, text] = line.split("\t") as [string, string, string?, string?];
    if (who === undefined) traces[Number(program)] = Array.from({ length: Number(step) }, () => []);
    else traces[Number(program)]?.[Number(step)]?.push([who, text ?? ""]);
  }
  return traces;
}

/**
 * What is promised of a step: in which order a process observed things. In which order those of different processes happened, in which order messages of
 * different senders lie in a mailbox, and what somebody still comes to know in the step in which they are ended, is not.
 */
function canonical(all: readonly Observed[]): string[] {
  const ended = new Set(all.filter(([, text]) => text.startsWith("ended ")).map(([who]) => who));
  // A supervisor that has to stop while it starts children again need not go on with that (docs/coming-from-elixir.md, "Supervisor").
  const stops = [...ended].some((who) => who.startsWith("s"));
  const isAgain = (who: string): boolean => stops && /^k.*#(?!1$)/.test(who);
  const step = all.filter(([who, text]) => (!ended.has(who) || text.startsWith("ended ")) && !isAgain(who));
  const lines = step.map(([who, text]) => `${who} ${text.startsWith("left ") ? `left ${bySender(text.slice(5))}` : text}`);
  return lines
    .map((line, n) => [line.split(" ", 1)[0] ?? "", n, line] as const)
    .sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n))
    .map(([, , line]) => line);
}

/** Those of one sender and kind in their order. */
function bySender(left: string): string {
  const groups = new Map<string, string[]>();
  for (const text of left.split("; ").filter(Boolean)) {
    const [kind, one = ""] = text.split(" ");
    const key = `${kind} ${one}`;
    groups.set(key, [...(groups.get(key) ?? []), text]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, texts]) => texts)
    .join("; ");
}

/**
 * They differ only in why some have ended, and each of those reasons is that of another one that ended in this step, or a supervisor's `shutdown`. Where two of
 * them could take a process along, which of them does so first is not promised.
 */
function isOpen(left: readonly string[], right: readonly string[]): boolean {
  const reasonsOf = (lines: readonly string[]): Map<string, string> =>
    new Map(
      lines.flatMap((line) => {
        const [, who, reason] = /^(\S+) ended (.*)$/.exec(line) ?? [];
        return who === undefined || reason === undefined ? [] : [[who, reason] as const];
      }),
    );
  const [theirs, ours] = [reasonsOf(left), reasonsOf(right)];
  const others = (reasons: Map<string, string>, who: string): string[] => [
    "shutdown",
    ...[...reasons].filter(([one]) => one !== who).map(([, reason]) => reason),
  ];
  const rest = (lines: readonly string[]): string => lines.filter((line) => !line.includes(" ended ")).join("\n");
  if (theirs.size !== ours.size || rest(left) !== rest(right)) return false;
  return [...theirs].every(([who, reason]) => {
    const own = ours.get(who);
    return own === reason || (own !== undefined && others(theirs, who).includes(reason) && others(ours, who).includes(own));
  });
}

/** The first step in which the two differ, side by side; undefined when there is none. */
export function difference(theirs: Trace, ours: Trace): string | undefined {
  for (let step = 0; step < Math.max(theirs.length, ours.length); step++) {
    const [left, right] = [theirs, ours].map((trace) => canonical(trace[step] ?? [])) as [string[], string[]];
    if (left.join("\n") !== right.join("\n") && !isOpen(left, right))
      return `in step ${step}:\n${sideBySide(["OTP", ...left], ["Taskward", ...right])}`;
  }
  return undefined;
}

function sideBySide(left: readonly string[], right: readonly string[]): string {
  const width = Math.max(...left.map(({ length }) => length));
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, n) => [left[n] ?? "", right[n] ?? ""] as const);
  return rows.map(([one, two], n) => `${n > 0 && one !== two ? "≠" : " "} ${one.padEnd(width)} │ ${two}`).join("\n");
}

export interface Mismatch {
  readonly program: Program;
  readonly differs: string;
}

/** Plays all of them on both sides. What differs is played again, for a machine that is too busy is no mismatch. */
export async function compare(programs: readonly Program[]): Promise<{ mismatches: Mismatch[]; traces: Trace[] }> {
  const asked = ask(programs);
  asked.catch(() => undefined);
  const ours: Trace[] = [];
  for (const program of programs) ours.push(await play(program));
  const theirs = await asked;
  const suspects = programs.filter((_, n) => difference(theirs[n] ?? [], ours[n] ?? []) !== undefined);
  return { mismatches: await confirmed(suspects), traces: theirs };
}

/** Those that differ each time. */
async function confirmed(suspects: readonly Program[], times = 2): Promise<Mismatch[]> {
  let left: Mismatch[] = suspects.map((program) => ({ program, differs: "" }));
  for (let again = 0; again < times && left.length > 0; again++) {
    const theirs = await ask(left.map(({ program }) => program));
    const found: Mismatch[] = [];
    for (const [n, { program }] of left.entries()) {
      const differs = difference(theirs[n] ?? [], await play(program));
      if (differs !== undefined) found.push({ program, differs });
    }
    left = found;
  }
  return left;
}

/** The smallest program that still differs: without a step, without a command of one, without an operation, as long as there is any. */
export async function shrink(mismatch: Mismatch): Promise<Mismatch> {
  for (let smallest = mismatch; ;) {
    const smaller = await confirmed(smallerThan(smallest.program), 1);
    const [next] = smaller;
    if (next === undefined) return smallest;
    smallest = next;
  }
}

function smallerThan({ seed, steps }: Program): Program[] {
  const without = <T>(all: readonly T[], n: number): T[] => all.filter((_, at) => at !== n);
  const found: Program["steps"][] = [];
  for (const [n, step] of steps.entries()) {
    found.push(without(steps, n));
    for (const [c, [id, ...ops]] of step.entries()) {
      if (step.length > 1) found.push(steps.map((one, at) => (at === n ? without(step, c) : one)));
      if (ops.length < 2) continue;
      for (const o of ops.keys()) {
        const fewer = step.map((command, at) => (at === c ? ([id, ...without(ops, o)] as const) : command));
        found.push(steps.map((one, at) => (at === n ? fewer : one)));
      }
    }
  }
  return found.map((some) => ({ seed, steps: some }));
}

export const tell = ({ program, differs }: Mismatch): string => `${describeProgram(program)}\n${differs}`;
