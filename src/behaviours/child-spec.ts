import { attempt, isObject } from "../kernel/attempt.js";
import { InvalidOption } from "../kernel/errors.js";
import { type Pid, checkPid } from "../kernel/ids.js";
import { type Check, checkFinite, checkFlag, checkFunction, checkKnown, checkMilliseconds, checkOptions, oneOf } from "../kernel/options.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import { type Restart, checkRestart } from "./restarts.js";
import { startService } from "./service.js";

/** What a started child is known by: its pid, or an object that has one. */
export type Started = Pid<never> | { readonly pid: Pid<never> };

/** A supervisor has children of its own, and takes as long as they do to stop. */
export type ChildType = "worker" | "supervisor";

/**
 * Starts a child, linked to the supervisor whose `self` it is given, which links itself to what is not. What does not want to start, and means no failure
 * by that, rejects with `StartFailed` whose reason is `"ignore"`.
 */
export interface StartChild {
  (self: Self): Started | PromiseLike<Started>;
  /** What it starts, where it knows: the default of the spec's `type`. */
  readonly type?: ChildType;
}

/** What a child is called among its siblings. */
export type ChildId = string | number;

/** How a child is stopped: asked first and killed after so many milliseconds; asked, and waited for as long as it takes; killed at once (V6). */
export type ChildShutdown = number | "infinity" | "brutal_kill";

/** How long to wait before a child is started again: so that what fails for a while, as a database does that starts itself, does not use up the restarts. */
export interface Backoff {
  /** Before the first restart, in milliseconds. */
  readonly delay: number;
  /** By how much each further one waits longer. Default 2. */
  readonly factor?: number;
  /** The most, in milliseconds. Default `Infinity`. */
  readonly max?: number;
}

interface ChildFields {
  /** What it is called among its siblings. */
  readonly id: ChildId;
  /** When it is started again. Default `"permanent"`. */
  readonly restart?: Restart;
  /** How many milliseconds it may take to end when it is asked to. Default 5000; of a supervisor `"infinity"`. */
  readonly shutdown?: ChildShutdown;
  /** Default `"worker"`, or what `start` says of itself. */
  readonly type?: ChildType;
  /** Its end may end the supervisor, by the rule of `autoShutdown` (V4). Default false. */
  readonly significant?: boolean;
  /** How long to wait before it is started again. Default: not at all. A child that has run for longer than `maxSeconds` begins anew with the first delay. */
  readonly backoff?: Backoff;
}

/** A child that `start` starts. */
export interface ChildSpec extends ChildFields {
  readonly start: StartChild;
  readonly run?: never;
  readonly stop?: never;
}

/** The function of a child's process, whatever messages that takes: as the parameter of a method, its `self` may be of any. */
export type RunFunction = { method(self: Self): unknown }["method"];

/** A child whose process runs a function. */
export interface RunSpec extends ChildFields {
  readonly run: RunFunction;
  readonly start?: never;
  readonly stop?: never;
}

/**
 * A plain async service, such as an http server: `start` gives a handle, `stop` ends it. A process holds it; should the service fail later, `start` is given
 * the means to tell: `self.exit(self.pid, error)`.
 */
export interface ServiceSpec<H = never> extends ChildFields {
  readonly start: (self: Self) => unknown;
  readonly stop: (handle: H, reason: ExitReason) => unknown;
  readonly run?: never;
}

/** A class that knows how its children are specified. */
export interface ChildClass<A extends never[] = never[]> {
  /** The spec of a child that is one of these, made with these arguments. */
  childSpec(...args: A): ChildLike;
}

/** What can stand in a list of children: a spec, a function by whose name the child is known, a class, or a class with its arguments. */
export type ChildLike = ChildSpec | RunSpec | ServiceSpec | RunFunction | ChildClass | readonly [ChildClass, ...unknown[]];

/** A child spec with everything that it leaves to the defaults. */
export interface Spec {
  readonly id: ChildId;
  readonly start: StartChild;
  readonly restart: Restart;
  /** In milliseconds. */
  readonly shutdown: number | "brutal_kill";
  readonly type: ChildType;
  readonly significant: boolean;
  readonly backoff: Required<Backoff> | undefined;
}

export const checkChildShutdown: Check = (option, value) => {
  if (value === "infinity" || value === "brutal_kill") return;
  if (typeof value === "string") throw new InvalidOption(option, value, 'give a number of milliseconds, "infinity", or "brutal_kill"');
  checkMilliseconds(option, value);
};

const backoffChecks: Readonly<Record<string, Check>> = {
  delay: checkFinite,
  factor: (option, value) => {
    if (typeof value !== "number" || !(value >= 1 && value < Infinity)) throw new InvalidOption(option, value, "give a number, 1 or more");
  },
  max: checkMilliseconds,
};

const checkBackoff: Check = (option, value) => {
  checkOptions(option, value as object, backoffChecks, `${option}.`);
  checkFinite(`${option}.delay`, (value as Backoff).delay);
};

const fields: Readonly<Record<string, Check>> = {
  restart: checkRestart,
  shutdown: checkChildShutdown,
  type: oneOf(["worker", "supervisor"]),
  significant: checkFlag,
  backoff: checkBackoff,
};

const forms = {
  run: { ...fields, run: checkFunction },
  service: { ...fields, start: checkFunction, stop: checkFunction },
  start: { ...fields, start: checkFunction },
} as const;

const howToWrite = "write { id, start }, { id, run }, { id, start, stop }, a named function, a class with a static childSpec, or [Class, ...args]";

/** The spec that a child stands for. `what` is what errors call it. @throws InvalidOption which says which field, and what it is */
export function specOf(child: unknown, what: string): Spec {
  const given = expand(child, what);
  const { id } = given;
  if ((typeof id !== "string" || id === "") && (typeof id !== "number" || Number.isNaN(id)))
    throw new InvalidOption(`${what}.id`, id, "give a string or a number");
  const name = `${what} (${id})`;
  const form = "run" in given ? "run" : "stop" in given ? "service" : "start";
  checkKnown(name, given, ["id", ...Object.keys(forms[form])]);
  const { id: _, ...rest } = given;
  checkOptions(name, rest, forms[form], `${name}.`);
  const start = starter(given, name);
  const { restart = "permanent", type = start.type ?? "worker", significant = false, backoff } = given;
  const { shutdown = type === "supervisor" ? "infinity" : 5_000 } = given;
  if (significant && restart === "permanent")
    throw new InvalidOption(`${name}.significant`, true, 'a permanent child never ends for good: make it "transient" or "temporary"');
  return {
    id,
    start,
    restart,
    shutdown: shutdown === "infinity" ? Infinity : shutdown,
    type,
    significant,
    backoff: backoff && { factor: 2, max: Infinity, ...backoff },
  };
}

function starter(given: ChildSpec | RunSpec | ServiceSpec, name: string): StartChild {
  const { run, start, stop } = given as { run?: RunFunction; start?: StartChild; stop?: ServiceSpec["stop"] };
  if (run !== undefined) return (self) => self.spawnLink(run, { label: String(given.id) });
  checkFunction(`${name}.start`, start);
  return stop === undefined ? (start as StartChild) : startService(String(given.id), start as ServiceSpec["start"], stop);
}

/** Writes out what says the same in fewer words. */
function expand(child: unknown, what: string): ChildSpec | RunSpec | ServiceSpec {
  const [first, ...args] = (Array.isArray(child) ? child : [child]) as [unknown, ...never[]];
  if (typeof (first as Partial<ChildClass> | null | undefined)?.childSpec === "function") {
    const spec = (first as ChildClass).childSpec(...args);
    return expand(spec, what);
  }
  if (Array.isArray(child)) throw new InvalidOption(`${what}[0]`, first, "give a class with a static childSpec, before its arguments");
  if (typeof child === "function") {
    if (attempt(() => Function.prototype.toString.call(child).startsWith("class")) === true)
      throw new InvalidOption(what, child, "this class has no static childSpec: add one, or write { id, start }");
    if (child.name === "" || "type" in child) throw new InvalidOption(what, child, "a child needs an id: write { id, start } or { id, run }");
    return { id: child.name, run: child as RunFunction };
  }
  if (!isObject(child)) throw new InvalidOption(what, child, howToWrite);
  if (!("start" in child) && !("run" in child)) throw new InvalidOption(what, child, howToWrite);
  return child as ChildSpec;
}

/** The pid that a child's `start` answered. @throws InvalidOption when it answered none */
export function pidOf(started: unknown, what: string): Pid {
  const want = "answer the child's pid, or an object that has one; of anything else give a stop, too: { id, start, stop }";
  const pid = isObject(started) ? (started as { pid?: unknown }).pid : started;
  if (pid === undefined) throw new InvalidOption(`what ${what} answered`, started, want);
  checkPid(`what ${what} answered`, pid, want);
  return pid;
}
