import { playedInOtp, sideBySide } from "../otp.js";
import { play } from "./play.js";
import { type Observed, type Program, type Step, type Trace, describeProgram, toTerm } from "./program.js";

/** Plays programs in OTP, many at a time, for they wait most of the time. */
export async function ask(programs: readonly Program[]): Promise<Trace[]> {
  const terms = programs.map(({ steps }, n) => `${toTerm([n, steps])}.`);
  return readTraces(await playedInOtp("programs/programs.exs", terms, 50, 120_000), programs.length);
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
 * different senders lie in a mailbox, and what somebody still comes to know in the step in which others end them, is not.
 */
function canonical(all: readonly Observed[], commands: Step): string[] {
  const ended = new Set(all.filter(([, text]) => text.startsWith("ended ")).map(([who]) => who));
  const byThemselves = new Set(commands.filter(([, ...ops]) => ops.some(([op]) => op === "exit" || op === "return")).map(([id]) => id));
  const isOpen = (who: string): boolean => ended.has(who) && !byThemselves.has(who.split("#", 1)[0] ?? "");
  const step = all.filter(([who, text]) => !isOpen(who) || text.startsWith("ended "));
  const lines = step.map(([who, text]) => `${who} ${text.startsWith("left ") ? `left ${bySender(text.slice(5))}` : text}`);
  const keyed = lines.map((line, n) => [line.split(" ", 1)[0] ?? "", n, line] as const);
  return keyed.sort(([a, m], [b, n]) => (a < b ? -1 : a > b ? 1 : m - n)).map(([, , line]) => line);
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

/** The first step in which the two differ, side by side; undefined when there is none. */
export function difference({ steps }: Pick<Program, "steps">, theirs: Trace, ours: Trace): string | undefined {
  for (let step = 0; step < Math.max(theirs.length, ours.length); step++) {
    const [left, right] = [theirs, ours].map((trace) => canonical(trace[step] ?? [], steps[step] ?? [])) as [string[], string[]];
    if (left.join("\n") !== right.join("\n")) return `in step ${step}:\n${sideBySide(left, right)}`;
  }
  return undefined;
}

export interface Mismatch {
  readonly program: Program;
  readonly differs: string;
}

/** What plays a program here; tests of the comparison give one that is wrong. */
export type Player = (program: Program) => Promise<Trace>;

/** What came of a comparison. */
export interface Compared {
  readonly mismatches: readonly Mismatch[];
  /** What differed, and did not when it was played again: a machine that was too busy, or a fault that comes and goes. */
  readonly once: readonly Mismatch[];
  readonly traces: readonly Trace[];
}

/** Plays all of them on both sides, and again what differs. */
export async function compare(programs: readonly Program[], player: Player = play): Promise<Compared> {
  const asked = ask(programs);
  asked.catch(() => undefined);
  const ours: Trace[] = [];
  for (const program of programs) ours.push(await player(program));
  const theirs = await asked;
  const suspects = programs.flatMap((program, n): Mismatch[] => {
    const differs = difference(program, theirs[n] ?? [], ours[n] ?? []);
    return differs === undefined ? [] : [{ program, differs }];
  });
  const mismatches = await differing(await differing(suspects, player), player);
  return { mismatches, once: suspects.filter(({ program }) => !mismatches.some((one) => one.program === program)), traces: theirs };
}

/** Those of them that differ. */
async function differing(suspects: readonly Pick<Mismatch, "program">[], player: Player): Promise<Mismatch[]> {
  if (suspects.length === 0) return [];
  const theirs = await ask(suspects.map(({ program }) => program));
  const found: Mismatch[] = [];
  for (const [n, { program }] of suspects.entries()) {
    const differs = difference(program, theirs[n] ?? [], await player(program));
    if (differs !== undefined) found.push({ program, differs });
  }
  return found;
}

/** The smallest program that still differs: without a step, without a command of one, without an operation, as long as there is any. */
export async function shrink(mismatch: Mismatch, player: Player = play): Promise<Mismatch> {
  for (let smallest = mismatch; ;) {
    const smaller = await differing(
      smallerThan(smallest.program).map((program) => ({ program })),
      player,
    );
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
