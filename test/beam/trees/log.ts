import { sideBySide } from "../otp.js";
import type { Child, Scenario } from "./scenario.js";

/** What happened in one step of a scenario: for each event, the supervisor in whose charge it is, and what it is. */
export type Event = readonly [actor: string, text: string];

const ended = (text: string): string | undefined => /^- (\S+) /.exec(text)?.[1];

/**
 * The events of a step, without what OTP leaves open. As a rule one thing comes after the other throughout the tree. But the children of a supervisor that
 * was killed end beside everything else, and in no order; so do those that a dynamic supervisor stops. In such a step only the order in the charge of
 * each of the others counts.
 */
export function canonical(events: readonly Event[], isDynamic: (name: string) => boolean): string[] {
  const rest = events.filter(([actor]) => actor !== "");
  const told = events.filter(([actor]) => actor === "").map(([, text]) => text);
  const loose = new Set(
    events.flatMap(([, text]) => {
      const name = ended(text);
      const isSupervisor = name !== undefined && (isDynamic(name) || rest.some(([actor]) => actor === name));
      return isSupervisor && (isDynamic(name) || text.endsWith(" killed")) ? [name] : [];
    }),
  );
  const lines = rest.map(([actor, text]) => `${actor} ${text}`);
  if (loose.size === 0) return [...told, ...lines];
  const groups = new Map<string, string[]>();
  rest.forEach(([actor], n) => groups.set(actor, [...(groups.get(actor) ?? []), lines[n] ?? ""]));
  return [...told, ...[...groups].sort(([one], [two]) => (one < two ? -1 : 1)).flatMap(([actor, own]) => (loose.has(actor) ? own.sort() : own))];
}

/** What a program printed: a line for each event, of scenario, step, actor and text. */
export function readLog(printed: string): Map<number, Event[][]> {
  const log = new Map<number, Event[][]>();
  for (const line of printed.trimEnd().split("\n")) {
    const [scenario, step, actor, text] = line.split("\t") as [string, string, string, string];
    const steps = log.get(Number(scenario)) ?? [];
    log.set(Number(scenario), steps);
    (steps[Number(step)] ??= []).push([actor, text]);
  }
  return log;
}

/** The paths at which a scenario has dynamic supervisors. */
function dynamics({ root, steps }: Scenario): Set<string> {
  const found = new Set<string>();
  const visit = (what: Child["what"], above: string): void => {
    const path = above === "" ? what.id : `${above}/${what.id}`;
    if (what.type === "dyn") found.add(path);
    if (what.type === "sup") for (const child of what.children) visit(child.what, path);
  };
  visit(root, "");
  for (const step of steps) if (step[0] === "start_child") visit(step[2].what, step[1]);
  for (const step of steps) if (step[0] === "burst") for (const act of step[2]) if (act[0] === "start_child") visit(act[1].what, step[1]);
  return found;
}

/** The first step in which the two differ, side by side; undefined when there is none. */
export function difference(scenario: Scenario, theirs: readonly Event[][], ours: readonly Event[][]): string | undefined {
  const paths = dynamics(scenario);
  const isDynamic = (name: string): boolean => paths.has(name.replace(/#.*/, ""));
  for (let step = 0; step < Math.max(theirs.length, ours.length); step++) {
    const [left, right] = [theirs, ours].map((log) => canonical(log[step] ?? [], isDynamic)) as [string[], string[]];
    if (left.join("\n") !== right.join("\n")) return `in step ${step}:\n${sideBySide(left, right)}`;
  }
  return undefined;
}
