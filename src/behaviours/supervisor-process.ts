import { isError, isObject } from "../kernel/attempt.js";
import type { LocalName, Pid, Ref } from "../kernel/ids.js";
import { Down, Exit } from "../kernel/messages.js";
import type { Node } from "../kernel/node.js";
import type { Process } from "../kernel/process.js";
import { isThenable } from "../kernel/process-body.js";
import { type ExitReason, isOrderly } from "../kernel/reasons.js";
import type { Self } from "../kernel/self.js";
import { ExitKind, Op } from "../kernel/wire.js";
import { type Ancestry, descend } from "./ancestry.js";
import { type Spec, type Started, pidOf, specOf } from "./child-spec.js";
import type { Child, ChildInfo } from "./children.js";
import { noteSupervisor } from "./crash-notes.js";
import { CyclicTree, StartFailed } from "./errors.js";
import type { Action, Event, MachineSettings, Request } from "./machine-events.js";
import { RestartMachine } from "./restart-machine.js";
import { checkSpec } from "./supervisor-options.js";
import { sendFailure, sendReply, unwrap } from "./requests/answers.js";
import { type RequestMessage, isRequest, supervisors } from "./supervisor-request.js";

/** A start that was put off, as the process tells it to itself. */
class Retry {
  constructor(readonly child: Child) {}
}

type To = RequestMessage;

export interface SupervisorStart {
  readonly node: Node;
  /** Whom it is linked to, and whose exit ends it. */
  readonly parent: Self | undefined;
  readonly registered: LocalName | undefined;
  readonly settings: MachineSettings;
  readonly specs: readonly Spec[];
  /** What it was given as its children: a list that contains itself is known by this. */
  readonly list: object;
}

/** The process of a supervisor: it feeds the machine with what happens, and does what that says. It does nothing that can fail. */
export class SupervisorProcess {
  /** Resolves when all children have been started. @throws StartFailed */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, with its exit reason. */
  readonly ended: Promise<ExitReason>;
  readonly process: Process;
  readonly #parent: Self | undefined;
  readonly #settings: MachineSettings;
  readonly #machine: RestartMachine<To>;
  readonly #ancestry: Ancestry;
  readonly #events: Event<To>[] = [];
  #busy = false;
  /** It ends as it is meant to. */
  #ends = false;
  /** Those that are to stop, by the monitor that tells when they have. */
  readonly #stopping = new Map<Ref, Child>();
  readonly #timers = new Map<Child, unknown>();
  /** Starts that nobody waits for any more. */
  readonly #abandoned = new WeakSet<Child>();
  readonly #becameReady: () => void;
  readonly #failed: (error: unknown) => void;

  /** @throws NameTaken, CyclicTree, Exited when its parent is dead */
  constructor({ node, parent, registered, settings, specs, list }: SupervisorStart) {
    (parent as Process | undefined)?.mustLive(); // nobody would ever stop it
    this.#parent = parent;
    this.#settings = settings;
    this.#machine = new RestartMachine(settings, specs);
    let [resolve, reject, tell]: [() => void, (error: unknown) => void, (reason: ExitReason) => void] = [idle, idle, idle];
    this.ready = new Promise<void>((...both) => ([resolve, reject] = both));
    this.ended = new Promise((one) => (tell = one));
    this.#becameReady = resolve;
    this.#failed = reject;
    this.process = node.start(this.#run.bind(this) as (...args: never[]) => unknown, {
      label: settings.name,
      runs: "supervisor",
      parent: parent?.pid,
      callers: parent?.callers,
      ender: {
        reports: true,
        ended: (_process, reason) => {
          this.#over(reason);
          tell(reason);
        },
      },
    });
    supervisors.add(this.process);
    this.process.trapExit = true;
    try {
      this.#ancestry = descend(parent, this.process, list, settings.name);
      if (registered !== undefined) this.process.register(registered);
    } catch (error) {
      this.#failed(error);
      this.ready.catch(idle);
      this.process.terminate("normal");
      throw error;
    }
    parent?.link(this.process.pid);
  }

  async #run(self: Self): Promise<void> {
    this.#perform(this.#machine.begin(this.#now));
    for (;;) this.#take(await self.receive());
  }

  /** Its children now, whatever it is doing. */
  get children(): ChildInfo[] {
    return this.#machine.children.list();
  }

  /** Those that run, stop or start, in words. */
  get remaining(): string[] {
    const { children } = this.#machine;
    const all = [...children.from(children.oldest)].filter(({ pid, state }) => pid !== undefined || state === "starting");
    return all.map(({ spec, pid, state }) => `${spec.id} (${pid ?? state})`);
  }

  /** The child that was to be restarted too often, where that has ended it. */
  get gaveUp(): RestartMachine<To>["gaveUp"] {
    return this.#machine.gaveUp;
  }

  get #now(): number {
    return this.process.node.clock.now();
  }

  #over(reason: ExitReason): void {
    if (!this.#ends && reason !== "killed" && !isOrderly(reason)) this.process.node.report(this.process, reason, false);
    for (const timer of this.#timers.values()) this.process.node.clock.clear(timer);
    this.#timers.clear();
    this.#failed(new StartFailed(this.#settings.name, reason));
    this.ready.catch(idle); // where it had become ready, or nobody looks
  }

  // ——— What happens ———

  #take(message: unknown): void {
    if (message instanceof Exit) {
      const { from, reason } = message;
      this.#feed(from === this.#parent?.pid ? { type: "stop", reason } : { type: "exited", pid: from, reason });
    } else if (message instanceof Down) {
      const child = this.#stopping.get(message.ref);
      if (child === undefined) return;
      this.#stopping.delete(message.ref);
      this.#clear(child);
      this.#feed({ type: "down", child });
    } else if (message instanceof Retry) this.#feed({ type: "retry", child: message.child });
    else if (isRequest(message)) this.#asked(message);
  }

  #asked(message: RequestMessage): void {
    const asked = message.$supervisor;
    try {
      if (asked.op === "stop") this.#feed({ type: "stop", reason: unwrap(asked.reason) });
      else {
        const request =
          asked.op === "startChild" ? { op: asked.op, spec: checkSpec(specOf(asked.child, "child"), this.#settings) } : (asked as Request);
        this.#feed({ type: "request", request, to: message });
      }
    } catch (error) {
      sendFailure(this.process.node, message, error);
    }
  }

  /** One event after the other: what is done because of one may be the next. */
  #feed(event: Event<To>): void {
    this.#events.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#perform(this.#machine.handle(next, this.#now));
    } finally {
      this.#busy = false;
    }
  }

  // ——— What is to be done ———

  #perform(actions: readonly Action<To>[]): void {
    const { node } = this.process;
    for (const action of actions) {
      switch (action.type) {
        case "start":
          this.#start(action.child);
          break;
        case "stop":
          this.#stop(action.child, action.pid, action.within);
          break;
        case "kill":
          this.process.exit(action.pid, "kill");
          break;
        case "hurry":
          this.#after(action.within, action.child, { type: "timeUp", child: action.child });
          break;
        case "abandon":
          this.#abandon(action.child);
          break;
        case "retry":
          if (action.after > 0) this.#after(action.after, action.child, { type: "retry", child: action.child });
          else this.process.deliver(new Retry(action.child)); // behind what has arrived already
          break;
        case "reply":
          sendReply(node, action.to, action.value);
          break;
        case "refuse":
          sendFailure(node, action.to, action.error);
          break;
        case "ready":
          this.#becameReady();
          break;
        case "end":
          this.#end(action.reason, action.failed);
      }
    }
  }

  #start(child: Child): void {
    this.#clear(child);
    let started: Started | PromiseLike<Started>;
    try {
      started = child.spec.start(this.process);
      if (isThenable(started)) {
        Promise.resolve(started).then(
          (value) => this.#started(child, value),
          (error: unknown) => this.#notStarted(child, error),
        );
        return;
      }
    } catch (error) {
      this.#notStarted(child, error);
      return;
    }
    this.#started(child, started);
  }

  #started(child: Child, started: Started): void {
    let pid: Pid;
    try {
      pid = pidOf(started, `start of child ${child.spec.id}`);
      if (this.#ancestry.pids.includes(pid)) throw new CyclicTree(`start of child ${child.spec.id} answered ${pid}, which stands above it`);
    } catch (error) {
      this.#notStarted(child, error);
      return;
    }
    if (this.#isLate(child)) this.process.node.route([Op.exit, pid, this.process.pid, "kill", ExitKind.signal]);
    else {
      noteSupervisor(this.process.node, pid, this.process.pid, child.starts);
      this.process.link(pid); // it should be already; and if it has ended, an exit comes back
      this.#feed({ type: "started", child, pid });
    }
  }

  #notStarted(child: Child, error: unknown): void {
    if (this.#isLate(child)) return;
    if (isError(error) && error instanceof StartFailed && error.reason === "ignore") this.#feed({ type: "ignored", child });
    else this.#feed({ type: "failed", child, reason: error });
  }

  /** Nobody waits for its start any more. What it has started so far, such as a server whose `init` goes on and on, would be there for ever. */
  #abandon(child: Child): void {
    const { node, pid, tied } = this.process;
    this.#abandoned.add(child);
    for (const one of [...(tied?.links ?? [])])
      if (this.#machine.children.withPid(one) === undefined && node.find(one)?.parent === pid) this.process.exit(one, "kill");
  }

  #isLate(child: Child): boolean {
    return this.process.dead || this.#abandoned.has(child);
  }

  /** A monitor tells of its end even if it has done away with the link; and from now on no exit of it arrives (V6). */
  #stop(child: Child, pid: Pid, within: number | "brutal_kill"): void {
    const { process } = this;
    this.#stopping.set(process.monitor(pid), child);
    process.unlink(pid);
    if (within === "brutal_kill") process.exit(pid, "kill");
    else {
      process.node.route([Op.exit, pid, process.pid, "shutdown", ExitKind.ask]);
      this.#after(within, child, { type: "timeUp", child });
    }
  }

  #after(ms: number, child: Child, event: Event<To>): void {
    const { clock } = this.process.node;
    this.#clear(child);
    if (ms === Infinity) return;
    const timer = clock.set(() => {
      this.#timers.delete(child);
      if (event.type === "retry") this.process.deliver(new Retry(child));
      else this.#feed(event);
    }, ms);
    this.#timers.set(child, timer);
  }

  #clear(child: Child): void {
    const timer = this.#timers.get(child);
    if (timer === undefined) return;
    this.process.node.clock.clear(timer);
    this.#timers.delete(child);
  }

  #end(reason: ExitReason, failed: boolean): void {
    const { process } = this;
    this.#ends = true;
    if (failed) {
      const why = isObject(reason) && "shutdown" in reason && reason.shutdown instanceof StartFailed ? reason.shutdown : undefined;
      this.#failed(why ?? new StartFailed(this.#settings.name, reason));
      // Whoever has started it is told by the rejection: an exit as well would be a second failure.
      if (this.#parent !== undefined) process.unlink(this.#parent.pid);
    }
    process.terminate(reason);
  }
}

const idle = (): void => undefined;
