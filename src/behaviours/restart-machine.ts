import { MaxChildren } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { ExitReason } from "../kernel/reasons.js";
import type { ChildId, Spec } from "./child-spec.js";
import { type Child, Children } from "./children.js";
import { AlreadyPresent, AlreadyStarted, ChildNotFound, ChildRunning, StartFailed } from "./errors.js";
import type { Action, Event, MachineSettings, Request } from "./machine-events.js";
import { Restarts } from "./restarts.js";

/** What a plan is carried out for. */
type Purpose<To> =
  | { readonly type: "init" }
  | { readonly type: "add" | "restartChild" | "terminate"; readonly child: Child; readonly to: To }
  /** Its siblings stop, for it has ended; it is started when its time has come. */
  | { readonly type: "restart"; readonly child: Child; readonly after: number }
  | { readonly type: "end"; readonly reason: ExitReason; readonly failed: boolean };

/** Children to stop, one after the other, and then others to start. */
interface Plan<To> {
  purpose: Purpose<To>;
  /** The next one to stop; those before it follow, down to `last`. */
  stop: Child | undefined;
  last: Child | undefined;
  /** The next one to start; those after it follow, when `many`. */
  start: Child | undefined;
  many: boolean;
}

/** A supervisor's decisions without its effects: event in, actions out (V1 to V6). While it carries out a plan, what else happens has to wait. */
export class RestartMachine<To> {
  readonly children: Children;
  /** The child that was to be restarted too often, and why the last time: what a reason `"shutdown"` does not say. */
  gaveUp: { readonly id: ChildId; readonly reason: ExitReason } | undefined = undefined;
  readonly #settings: MachineSettings;
  readonly #restarts: Restarts;
  #plan: Plan<To> | undefined = undefined;
  /** How many starts and stops are under way. */
  #pending = 0;
  readonly #waiting: Event<To>[] = [];
  #next = 0;
  #ready = false;
  #now = 0;
  #actions: Action<To>[] = [];

  constructor(settings: MachineSettings, specs: readonly Spec[] = []) {
    this.#settings = settings;
    this.#restarts = new Restarts(settings.maxRestarts, settings.maxSeconds);
    this.children = new Children(!settings.dynamic);
    for (const spec of specs) this.children.add(spec);
  }

  /** It begins, with the children that it was made with. */
  begin(now: number): readonly Action<To>[] {
    this.#plan = { purpose: { type: "init" }, stop: undefined, last: undefined, start: this.children.oldest, many: true };
    return this.#run(now);
  }

  /** Something has happened, at this time in milliseconds. Answers what is to be done, in this order. */
  handle(event: Event<To>, now: number): readonly Action<To>[] {
    switch (event.type) {
      case "started":
        this.#started(event.child, event.pid, now);
        break;
      case "ignored":
        this.#settle(event.child, "starting", () => this.#ignored(event.child));
        break;
      case "failed":
        this.#settle(event.child, "starting", () => this.#failed(event.child, event.reason));
        break;
      case "down":
        this.#settle(event.child, "stopping", () => this.#stopped(event.child));
        break;
      case "timeUp":
        this.#timeUp(event.child);
        break;
      case "stop":
        this.#stop(event.reason, !this.#ready);
        break;
      default:
        this.#waiting.push(event);
    }
    return this.#run(now);
  }

  // ——— Plans ———

  /** Goes on as far as it can without anything else happening. */
  #run(now: number): readonly Action<To>[] {
    this.#now = now;
    // Children that know nothing of each other stop all at once.
    while (this.#pending === 0 || (this.#settings.dynamic && this.#plan?.stop !== undefined)) {
      if (this.#plan !== undefined) this.#step(this.#plan);
      else if (this.#next < this.#waiting.length) this.#decide(this.#waiting[this.#next++] as Event<To>);
      else {
        if (this.#next > 0) this.#waiting.length = this.#next = 0;
        break;
      }
    }
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  #step(plan: Plan<To>): void {
    const { stop, start } = plan;
    if (stop !== undefined) {
      plan.stop = stop === plan.last ? undefined : stop.elder;
      if (stop.state === "running") this.#beginStop(stop);
      else if (stop.state === "restarting") stop.state = "stopped"; // whoever was to start it is overtaken
    } else if (start !== undefined) {
      plan.start = plan.many ? start.younger : undefined;
      // One that was removed still leads to those that came after it.
      if (start.state !== "removed") this.#beginStart(start);
    } else {
      this.#plan = undefined;
      this.#finish(plan.purpose);
    }
  }

  #beginStop(child: Child): void {
    child.state = "stopping";
    this.#pending++;
    this.#actions.push({ type: "stop", child, pid: child.pid as Pid, within: child.spec.shutdown });
  }

  #beginStart(child: Child): void {
    child.state = "starting";
    this.#pending++;
    this.#actions.push({ type: "start", child });
  }

  #finish(purpose: Purpose<To>): void {
    switch (purpose.type) {
      case "init":
        this.#ready = true;
        this.#actions.push({ type: "ready" });
        return;
      case "add":
      case "restartChild":
        this.#actions.push({ type: "reply", to: purpose.to, value: purpose.child.pid });
        return;
      case "terminate":
        if (this.#isForgotten(purpose.child)) this.children.remove(purpose.child);
        this.#actions.push({ type: "reply", to: purpose.to, value: undefined });
        return;
      case "restart":
        if (purpose.after > 0) {
          purpose.child.state = "restarting";
          this.#actions.push({ type: "retry", child: purpose.child, after: purpose.after });
        }
        return;
      case "end":
        this.#pending = Infinity; // nothing happens any more
        this.#actions.push({ type: "end", reason: purpose.reason, failed: purpose.failed });
    }
  }

  /** What is not started again is not kept. */
  #isForgotten(child: Child): boolean {
    return this.#settings.dynamic || child.spec.restart === "temporary";
  }

  // ——— What a plan waits for ———

  /** What was waited for has come; unless it comes late, when nobody waits any more. */
  #settle(child: Child, state: Child["state"], what: () => void): void {
    if (child.state !== state) return;
    this.#pending--;
    what();
  }

  #started(child: Child, pid: Pid, now: number): void {
    this.#settle(child, "starting", () => {
      this.children.gained(child, pid);
      child.starts++;
      child.startedAt = now;
      child.counted = false;
    });
  }

  #ignored(child: Child): void {
    if (this.#isForgotten(child)) this.children.remove(child);
    else child.state = "stopped";
  }

  #failed(child: Child, reason: ExitReason): void {
    const purpose = this.#plan?.purpose;
    child.state = "stopped";
    const error = new StartFailed(`child ${child.spec.id} of ${this.#settings.name}`, reason);
    if (purpose?.type === "init") this.#end({ shutdown: error }, true);
    else if (purpose?.type === "add" || purpose?.type === "restartChild") {
      if (purpose.type === "add") this.children.remove(child);
      this.#plan = undefined;
      this.#actions.push({ type: "refuse", to: purpose.to, error });
    } else if (purpose?.type === "restart") {
      // Another attempt, when what else has happened meanwhile has had its turn.
      this.#plan = undefined;
      child.state = "restarting";
      child.failure = reason;
      this.#actions.push({ type: "retry", child, after: this.#delay(child) });
    }
  }

  #stopped(child: Child): void {
    this.children.lost(child);
    child.state = "stopped";
    if (this.#plan?.purpose.type === "restart" && child.spec.restart === "temporary") this.children.remove(child);
  }

  #timeUp(child: Child): void {
    if (child.state === "stopping") this.#actions.push({ type: "kill", child, pid: child.pid as Pid });
    else if (this.#plan?.purpose.type === "end") {
      this.#settle(child, "starting", () => {
        child.state = "stopped";
        this.#actions.push({ type: "abandon", child });
      });
    }
  }

  // ——— Decisions ———

  #decide(event: Event<To>): void {
    if (event.type === "exited") {
      const child = this.children.withPid(event.pid);
      if (child !== undefined) this.#exited(child, event.reason); // else none of its children, or none any more
    } else if (event.type === "retry") this.#retry(event.child);
    else if (event.type === "request") this.#asked(event.request, event.to);
  }

  #exited(child: Child, reason: ExitReason): void {
    const { strategy } = this.#settings;
    this.children.lost(child);
    child.state = "stopped";
    switch (this.#restarts.verdict(child.spec.restart, reason, this.#now)) {
      case "done":
        if (this.#isForgotten(child)) this.children.remove(child);
        if (child.spec.significant && this.#isEnough()) this.#end("shutdown", false);
        return;
      case "give_up":
        this.gaveUp = { id: child.spec.id, reason };
        this.#end("shutdown", false);
        return;
      case "restart": {
        child.counted = true;
        const after = this.#delay(child);
        if (after > 0 && strategy === "one_for_one") this.#finish({ type: "restart", child, after });
        else this.#restart(child, after);
      }
    }
  }

  /** Whether a significant child that has ended ends the supervisor. */
  #isEnough(): boolean {
    const { autoShutdown, strategy } = this.#settings;
    if (autoShutdown !== "all_significant") return autoShutdown === "any_significant";
    const all = [...this.children.from(this.children.oldest)];
    // Those that were stopped with one whose restart is put off are started again with it: they have not ended.
    const restarting = strategy === "one_for_one" ? -1 : all.findIndex(({ state }) => state === "restarting");
    const done = restarting === -1 ? all.length : strategy === "one_for_all" ? 0 : restarting;
    return all.every(({ spec, state }, at) => !spec.significant || (state === "stopped" && at < done));
  }

  /** How long its next start is put off. */
  #delay(child: Child): number {
    const { backoff } = child.spec;
    if (backoff === undefined) return 0;
    if (child.starts > 0 && this.#now - child.startedAt > this.#settings.maxSeconds * 1_000) child.delays = 0;
    return Math.min(backoff.max, backoff.delay * backoff.factor ** child.delays++);
  }

  #retry(child: Child): void {
    if (child.state !== "restarting") return; // somebody has started it, stopped it, or deleted it meanwhile
    if (child.counted || this.#restarts.allow(this.#now)) this.#restart(child, 0);
    else {
      this.gaveUp = { id: child.spec.id, reason: child.failure };
      this.#end("shutdown", false);
    }
  }

  /** Stops and starts what the strategy says; after a while, only stops. */
  #restart(child: Child, after: number): void {
    const { strategy } = this.#settings;
    const { oldest, youngest } = this.children;
    const first = strategy === "one_for_all" ? oldest : child;
    const one = strategy === "one_for_one";
    child.counted = after > 0;
    this.#plan = {
      purpose: { type: "restart", child, after },
      stop: one ? undefined : youngest,
      last: first,
      start: after > 0 ? undefined : first,
      many: !one,
    };
  }

  // ——— Ends ———

  #stop(reason: ExitReason, failed: boolean): void {
    if (this.#plan?.purpose.type !== "end") this.#end(reason, failed);
  }

  /** Stops all, in reverse order, and then ends; after what is under way. */
  #end(reason: ExitReason, failed: boolean): void {
    if (this.#pending > 0)
      for (const child of this.children.from(this.children.oldest)) {
        const { shutdown } = child.spec;
        if (child.state === "starting") this.#actions.push({ type: "hurry", child, within: shutdown === "brutal_kill" ? 0 : shutdown });
      }
    this.#plan = { purpose: { type: "end", reason, failed }, stop: this.children.youngest, last: undefined, start: undefined, many: false };
  }

  // ——— Requests ———

  #asked(request: Request, to: To): void {
    switch (request.op) {
      case "whichChildren":
        this.#actions.push({ type: "reply", to, value: this.children.list() });
        return;
      case "countChildren":
        this.#actions.push({ type: "reply", to, value: this.children.count() });
        return;
      case "startChild":
        this.#add(request.spec, to);
        return;
      default: {
        const child = this.children.find(request.child);
        if (child === undefined) this.#actions.push({ type: "refuse", to, error: new ChildNotFound(this.#settings.name, request.child) });
        else if (request.op === "terminateChild") {
          this.#plan = { purpose: { type: "terminate", child, to }, stop: child, last: child, start: undefined, many: false };
        } else if (child.state === "running" || child.state === "restarting") {
          this.#actions.push({ type: "refuse", to, error: new ChildRunning(request.op, child.spec.id, child.state) });
        } else if (request.op === "deleteChild") {
          this.children.remove(child);
          this.#actions.push({ type: "reply", to, value: undefined });
        } else this.#plan = { purpose: { type: "restartChild", child, to }, stop: undefined, last: undefined, start: child, many: false };
      }
    }
  }

  #add(spec: Spec, to: To): void {
    const { dynamic, maxChildren, name } = this.#settings;
    const known = dynamic ? undefined : this.children.find(spec.id);
    if (this.children.size >= maxChildren) this.#actions.push({ type: "refuse", to, error: new MaxChildren(name, maxChildren) });
    else if (known !== undefined) {
      const error = known.pid === undefined ? new AlreadyPresent(spec.id) : new AlreadyStarted(spec.id, known.pid);
      this.#actions.push({ type: "refuse", to, error });
    } else {
      const child = this.children.add(spec);
      this.#plan = { purpose: { type: "add", child, to }, stop: undefined, last: undefined, start: child, many: false };
    }
  }
}
