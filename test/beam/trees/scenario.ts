/** A supervision tree and what is done to it; and the same as Erlang terms. */

/** What comes of a start. "late": it takes 10 ms. "boom" and "normal": a pid whose process has ended already, with this reason. */
export type Attempt = "ok" | "fail" | "raise" | "ignore" | "late" | "boom" | "normal";
export type Restart = "permanent" | "transient" | "temporary";
export type Reason = string | { readonly shutdown: string };
/** What a leaf does about an exit signal: die; end when its supervisor says so; end 15 ms later; end for a reason of its own; nothing. */
export type Kind = "plain" | "polite" | "slow" | "odd" | "deaf";

export interface Leaf {
  readonly type: "leaf";
  readonly id: string;
  readonly kind: Kind;
  /** What comes of each attempt to start it; "ok" of those after these. */
  readonly starts: readonly Attempt[];
}
export interface Sup {
  readonly type: "sup";
  readonly id: string;
  readonly strategy: "one_for_one" | "one_for_all" | "rest_for_one";
  readonly maxRestarts: number;
  readonly maxSeconds: number;
  readonly autoShutdown: "never" | "any_significant" | "all_significant";
  readonly starts: readonly Attempt[];
  readonly children: readonly Child[];
}
export interface Dyn {
  readonly type: "dyn";
  readonly id: string;
  readonly maxChildren: number;
  readonly maxRestarts: number;
  readonly maxSeconds: number;
  readonly starts: readonly Attempt[];
}
export interface Child {
  readonly restart: Restart;
  readonly shutdown: number | "infinity" | "brutal_kill";
  readonly significant: boolean;
  readonly what: Leaf | Sup | Dyn;
}

/** Paths are the ids from the root down, such as "root/a/b". */
export type Step =
  | readonly ["exit", path: string, reason: Reason]
  | readonly ["kill", path: string]
  /** A leaf unlinks itself from its supervisor, which does not learn of its end any more. */
  | readonly ["unlink", path: string]
  /** An exit signal of a stranger. */
  | readonly ["signal", path: string, reason: Reason]
  /** All of this is in the supervisor's mailbox before it handles any of it. */
  | readonly ["burst", path: string, acts: readonly Act[]]
  | readonly [request: "terminate_child" | "restart_child" | "delete_child", path: string, id: string]
  | readonly ["start_child", path: string, child: Child]
  | readonly ["stop", path: string, reason: Reason]
  /** An exit signal of whoever started the root. */
  | readonly ["parent_exit", reason: Reason]
  | readonly ["pass", ms: number];

/** What is done to one child, or asked of a supervisor. */
export type Act =
  | readonly ["exit" | "kill" | "terminate_child" | "restart_child" | "delete_child", id: string]
  | readonly ["start_child", child: Child]
  | readonly ["which" | "count", nothing: "nothing"];

export interface Scenario {
  readonly seed: number;
  /** Whether what happens depends on how much time passes: on windows of restarts, or on a short time to stop. */
  readonly time: "still" | "window" | "brief";
  readonly root: Sup | Dyn;
  readonly steps: readonly Step[];
}

// ——— As Erlang terms ———

const term = {
  reason: (reason: Reason): string => (typeof reason === "string" ? reason : `{shutdown,${reason.shutdown}}`),
  list: (items: readonly string[]): string => `[${items.join(",")}]`,
  text: (text: string): string => `<<"${text}">>`,
  child: ({ restart, shutdown, significant, what }: Child): string => `{child,${restart},${shutdown},${significant},${term.what(what)}}`,
  what: (what: Child["what"]): string => {
    const starts = term.list(what.starts);
    if (what.type === "leaf") return `{leaf,${what.id},${what.kind},${starts}}`;
    if (what.type === "dyn") return `{dyn,${what.id},${what.maxChildren},${what.maxRestarts},${what.maxSeconds},${starts}}`;
    const children = term.list(what.children.map(term.child));
    return `{sup,${what.id},${what.strategy},${what.maxRestarts},${what.maxSeconds},${what.autoShutdown},${starts},${children}}`;
  },
  step: (step: Step): string => {
    switch (step[0]) {
      case "exit":
      case "signal":
        return `{${step[0]},${term.text(step[1])},${term.reason(step[2])}}`;
      case "kill":
      case "unlink":
        return `{${step[0]},${term.text(step[1])}}`;
      case "burst":
        return `{burst,${term.text(step[1])},${term.list(step[2].map(([act, what]) => `{${act},${typeof what === "string" ? what : term.child(what)}}`))}}`;
      case "start_child":
        return `{start_child,${term.text(step[1])},${term.child(step[2])}}`;
      case "pass":
        return `{pass,${step[1]}}`;
      case "stop":
        return `{stop,${term.text(step[1])},${term.reason(step[2])}}`;
      case "parent_exit":
        return `{parent_exit,${term.reason(step[1])}}`;
      default:
        return `{${step[0]},${term.text(step[1])},${step[2]}}`;
    }
  },
};

/** A scenario as a term that `file:consult` reads. */
export const toTerm = ({ seed, time, root, steps }: Scenario): string =>
  `{scenario,${seed},${time},${term.what(root)},${term.list(steps.map(term.step))}}.`;

/** A scenario for the reader of a failure. */
export function describeScenario({ seed, root, steps }: Scenario): string {
  const lines: string[] = [`seed ${seed}`];
  const tell = (what: Child["what"], indent: string, child?: Child): void => {
    const spec = child === undefined ? "" : ` ${child.restart} shutdown=${child.shutdown}${child.significant ? " significant" : ""}`;
    const starts = what.starts.length === 0 ? "" : ` starts=${what.starts.join(",")}`;
    if (what.type === "leaf") lines.push(`${indent}${what.id}: ${what.kind}${spec}${starts}`);
    else {
      const own = what.type === "dyn" ? `dynamic maxChildren=${what.maxChildren}` : `${what.strategy} autoShutdown=${what.autoShutdown}`;
      lines.push(`${indent}${what.id}: ${own} ${what.maxRestarts} in ${what.maxSeconds} s${spec}${starts}`);
    }
    if (what.type === "sup") for (const below of what.children) tell(below.what, `${indent}  `, below);
  };
  tell(root, "  ");
  steps.forEach((step, n) => lines.push(`  step ${n + 1}: ${term.step(step)}`));
  return lines.join("\n");
}
