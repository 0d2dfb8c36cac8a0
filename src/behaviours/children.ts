import type { Pid } from "../kernel/ids.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { ChildId, ChildType, Spec } from "./child-spec.js";

/** A child as its supervisor knows it. */
export interface Child {
  readonly spec: Spec;
  state: "stopped" | "starting" | "running" | "restarting" | "stopping" | "removed";
  /** While it is running or stopping. */
  pid: Pid | undefined;
  /** The pid that it has, or had last. */
  last: Pid | undefined;
  /** How often it has been started. */
  starts: number;
  /** When it last was, in milliseconds. */
  startedAt: number;
  /** How many times in a row it was put off by its backoff. */
  delays: number;
  /** The restart that is to come has been counted. */
  counted: boolean;
  /** Why it last failed to start again. */
  failure: ExitReason;
  /** Neighbours in the order in which they were started. */
  elder: Child | undefined;
  younger: Child | undefined;
}

/** A child, as `whichChildren` tells of it. */
export interface ChildInfo {
  readonly id: ChildId;
  /** Undefined while it does not run. */
  readonly pid: Pid | undefined;
  readonly state: "running" | "restarting" | "stopped";
  readonly type: ChildType;
  /** How often it was started again. */
  readonly restarts: number;
}

/** How many children there are of each kind. */
export interface ChildCounts {
  /** All that the supervisor knows. */
  readonly specs: number;
  /** Those that run. */
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** The children of one supervisor, in the order in which they were started; found by id and by pid. */
export class Children {
  oldest: Child | undefined = undefined;
  youngest: Child | undefined = undefined;
  size = 0;
  readonly #byId: Map<ChildId, Child> | undefined;
  readonly #byPid = new Map<Pid, Child>();

  /** `unique`: no two have the same id, and they can be found by it. */
  constructor(unique: boolean) {
    this.#byId = unique ? new Map() : undefined;
  }

  add(spec: Spec): Child {
    const child: Child = {
      spec,
      state: "stopped",
      pid: undefined,
      last: undefined,
      starts: 0,
      startedAt: 0,
      delays: 0,
      counted: false,
      failure: undefined,
      elder: this.youngest,
      younger: undefined,
    };
    if (this.youngest === undefined) this.oldest = child;
    else this.youngest.younger = child;
    this.youngest = child;
    this.size++;
    this.#byId?.set(spec.id, child);
    return child;
  }

  remove(child: Child): void {
    this.lost(child);
    child.state = "removed";
    const { elder, younger } = child;
    if (elder === undefined) this.oldest = younger;
    else elder.younger = younger;
    if (younger === undefined) this.youngest = elder;
    else younger.elder = elder;
    this.size--;
    this.#byId?.delete(child.spec.id);
  }

  /** By its id; where these are not unique, by its pid, while it is being started again by the one that it had. */
  find(key: ChildId | Pid): Child | undefined {
    if (this.#byId !== undefined) return this.#byId.get(key);
    const running = this.#byPid.get(key as Pid);
    if (running !== undefined) return running;
    for (const child of this.from(this.oldest)) if (child.state === "restarting" && child.last === key) return child;
    return undefined;
  }

  withPid(pid: Pid): Child | undefined {
    return this.#byPid.get(pid);
  }

  /** It runs, with this pid. */
  gained(child: Child, pid: Pid): void {
    child.pid = child.last = pid;
    child.state = "running";
    this.#byPid.set(pid, child);
  }

  /** It runs no longer. */
  lost(child: Child): void {
    if (child.pid !== undefined && this.#byPid.get(child.pid) === child) this.#byPid.delete(child.pid);
    child.pid = undefined;
  }

  /** From this one on, oldest first. */
  *from(child: Child | undefined): IterableIterator<Child> {
    for (let one = child; one !== undefined; one = one.younger) yield one;
  }

  list(): ChildInfo[] {
    return Array.from(this.from(this.oldest), ({ spec: { id, type }, pid, state, starts }) => ({
      id,
      pid: state === "running" ? pid : undefined,
      state: state === "running" || state === "restarting" ? state : "stopped",
      type,
      restarts: Math.max(0, starts - 1),
    }));
  }

  count(): ChildCounts {
    let [active, supervisors] = [0, 0];
    for (const { state, spec } of this.from(this.oldest)) {
      if (state === "running") active++;
      if (spec.type === "supervisor") supervisors++;
    }
    return { specs: this.size, active, supervisors, workers: this.size - supervisors };
  }
}
