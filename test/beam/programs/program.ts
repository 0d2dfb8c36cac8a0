/**
 * The neutral form: programs that mean the same in OTP and here. An actor is a process that does what it is told, and leaves in its mailbox what it has not been told
 * to take. A program is a list of steps; in a step actors are given operations, and then whatever comes of them comes, until nothing more does.
 */
export interface Program {
  readonly seed: number;
  readonly steps: readonly Step[];
}

/** At the same time: each an actor, and what it does one after the other. */
export type Step = readonly Command[];
export type Command = readonly [actor: string, ...ops: Op[]];

export type Reason = string | readonly ["shutdown", string];
export type Ends = Reason | readonly ["raise", string];
/** Milliseconds. */
export type Wait = number | "infinity";

export type Pattern = readonly ["msg", from: string] | readonly ["tag", number] | readonly ["exit", from: string] | readonly ["down", label: string];

/** What a task of a stream or a run does. */
export type Item = readonly ["value", number] | readonly ["raise", string] | readonly ["exit", Reason] | readonly ["never"];

export type Request =
  | readonly ["reply", number]
  | readonly ["later"]
  | readonly ["raise", string]
  | readonly ["exit", string]
  | readonly ["stop", string]
  | readonly ["settle", number];

/** Operations on who or what there has never been come to nothing. Labels stand for monitors, timers and tasks of the actor itself. */
export type Op =
  | readonly ["spawn", id: string, how: "plain" | "link" | (string & {}), trap: boolean]
  | readonly ["trap", boolean]
  | readonly ["link" | "unlink", id: string]
  | readonly ["monitor", id: string, label: string]
  | readonly ["monitor_name", name: string, label: string]
  | readonly ["demonitor", label: string, flush: boolean]
  | readonly ["exit", Ends]
  | readonly ["return", number]
  | readonly ["signal", id: string, Reason]
  | readonly ["send", id: string, tag: number]
  | readonly ["send_after", id: string, tag: number, ms: number, label: string]
  | readonly ["cancel", label: string]
  | readonly ["register" | "unregister" | "whereis", name: string]
  | readonly ["send_name", name: string, tag: number]
  | readonly ["recv", Pattern, Wait]
  | readonly ["drain"]
  | readonly ["task", id: string, how: "async" | "sup_async" | "nolink"]
  | readonly ["start_child", id: string, restart: Restart]
  /** Under a task supervisor that takes two at a time. */
  | readonly ["few", id: string, how: "child" | "async" | "nolink"]
  | readonly ["await" | "yield", id: string, ms: number]
  | readonly ["shutdown", id: string, how: number | "brutal_kill"]
  | readonly ["ignore", id: string]
  | readonly ["stream", items: readonly Item[], how: "alone" | "linked" | "nolink", ordered: boolean, concurrency: number, timeout: number]
  | readonly ["run", items: readonly Item[], ms: number]
  | readonly ["server", id: string, link: boolean]
  | readonly ["call", id: string, Request, ms: number]
  | readonly ["cast", id: string, Request]
  | readonly ["stop", id: string, Reason]
  | readonly ["supervisor", id: string, strategy: "one_for_one" | "one_for_all" | "rest_for_one", maxRestarts: number, children: readonly Child[]]
  | readonly ["dynamic", id: string, maxRestarts: number, maxChildren: number]
  | readonly ["start_kid", id: string, kid: string, restart: Restart]
  | readonly ["terminate_kid", id: string, kid: string]
  | readonly ["which", id: string];

export type Restart = "permanent" | "transient" | "temporary";
export type Child = readonly [id: string, restart: Restart];

/** Anything of a program as an Erlang term. */
export function toTerm(value: unknown): string {
  return Array.isArray(value) ? `[${value.map(toTerm).join(",")}]` : String(value);
}

/** A program for the reader of a failure. */
export const describeProgram = ({ seed, steps }: Program): string =>
  [
    `seed ${seed}`,
    ...steps.map((step, n) => `  step ${n}: ${step.map(([actor, ...ops]) => `${actor}: ${ops.map(toTerm).join(" ")}`).join(" | ")}`),
  ].join("\n");

/** What could be observed, step by step: about whom, and what. */
export type Trace = readonly (readonly Observed[])[];
export type Observed = readonly [who: string, text: string];
