import { attempt, isError } from "../kernel/attempt.js";
import type { Reporter } from "../kernel/crash-report.js";
import { defaultNode } from "../kernel/default-node.js";
import { InvalidOption, describeReason } from "../kernel/errors.js";
import type { Pid } from "../kernel/ids.js";
import type { Node } from "../kernel/node.js";
import { type Check, checkFinite, checkFunction, checkNode, checkOptions } from "../kernel/options.js";
import { type ExitReason, isOrderly } from "../kernel/reasons.js";
import type { ChildId, ChildLike } from "./child-spec.js";
import { StartFailed } from "./errors.js";
import { exitProgram, keepRunning, onSignals } from "./host.js";
import { Supervisor } from "./supervisor.js";
import { type NodeOption, type SupervisorOptions, settingsOf, specsOf, supervisorChecks } from "./supervisor-options.js";
import { SupervisorProcess } from "./supervisor-process.js";

/** What an application can be started with: what its supervisor takes, and how the program ends. */
export interface ApplicationOptions extends SupervisorOptions, NodeOption {
  /** The signals that stop it: the first one in order, the second at once. Default `["SIGTERM", "SIGINT"]`. */
  readonly signals?: readonly string[];
  /** How many milliseconds the whole stop may take; then the program ends all the same. Default 10,000. */
  readonly shutdown?: number;
  /**
   * Whether the program ends when the application has, unless it called `stop()` itself; or what to call instead, with the exit code. Unless it is false, the
   * program goes on while the application runs, even with nothing to wait for. Default true.
   */
  readonly exit?: boolean | ((code: number) => void);
  /** Is told of every crash on the node, from now on. */
  readonly reporter?: Reporter;
}

/** How an application is, as plain data: what a handler of `/healthz` can answer as JSON. */
export interface Health {
  /** `"degraded"`: a child is being restarted. `"failed"`: it did not start, did not stop in time, or its root has ended by itself. */
  readonly status: "starting" | "ok" | "degraded" | "stopping" | "stopped" | "failed";
  /** Milliseconds since it was started. */
  readonly uptime: number;
  /** How often its children have been restarted, all together. */
  readonly restarts: number;
  readonly children: readonly { readonly id: ChildId; readonly pid: Pid | null; readonly state: string; readonly restarts: number }[];
}

const checks: Readonly<Record<string, Check>> = {
  ...supervisorChecks,
  node: checkNode,
  signals: (option, signals) => {
    const refused = (one: unknown): boolean => typeof one !== "string" || !/^SIG[A-Z0-9]+$/.test(one) || one === "SIGKILL" || one === "SIGSTOP";
    if (!Array.isArray(signals) || signals.some(refused))
      throw new InvalidOption(option, signals, 'give an array of signals that a program can handle, such as ["SIGTERM", "SIGINT"]');
  },
  shutdown: checkFinite,
  exit: (option, value) => {
    if (typeof value !== "boolean") checkFunction(option, value);
  },
  reporter: checkFunction,
};

/** A reason with its stack, where it has one; of what did not start, who that was, and the reason of it. */
const inFull = (reason: ExitReason): string =>
  reason instanceof StartFailed
    ? `${reason.who}: ${inFull(reason.reason)}`
    : ((isError(reason) ? attempt(() => reason.stack) : undefined) ?? describeReason(reason));

/** A program under its supervisor: what `startApplication` answers. */
export class Application {
  /** The root of its tree. */
  readonly supervisor: Supervisor;
  /** Resolves when it has ended, with the exit code. */
  readonly ended: Promise<number>;
  readonly #root: SupervisorProcess;
  readonly #node: Node;
  readonly #since: number;
  readonly #shutdown: number;
  readonly #exit: boolean | ((code: number) => void);
  readonly #release: readonly (() => void)[];
  #tell: (code: number) => void = () => undefined;
  #status: "starting" | "ok" | "stopping" | "stopped" | "failed" = "starting";
  /** Who asked it to stop. */
  #askedBy: "a signal" | "the program" | undefined = undefined;
  #deadline: unknown = undefined;

  private constructor(children: readonly ChildLike[], options: ApplicationOptions) {
    const { node = defaultNode(), signals = ["SIGTERM", "SIGINT"], shutdown = 10_000, exit = true, reporter, name } = options;
    const settings = settingsOf("the application", false, options);
    this.#root = new SupervisorProcess({ node, parent: undefined, registered: name, settings, specs: specsOf(children, settings), list: children });
    this.supervisor = Supervisor.at(this.#root.process.pid, { node });
    this.#node = node;
    this.#since = node.clock.now();
    this.#shutdown = shutdown;
    this.#exit = exit;
    this.ended = new Promise((resolve) => (this.#tell = resolve));
    if (reporter !== undefined) node.reporter = reporter;
    const listening = onSignals(signals, (signal, number) => this.#signalled(signal, number));
    this.#release = exit === false ? [listening] : [listening, keepRunning()];
    void this.#root.ended.then((reason) => this.#rootEnded(reason));
  }

  /** @internal what `startApplication` does */
  static async start(children: readonly ChildLike[], options: ApplicationOptions): Promise<Application> {
    checkOptions("application options", options, checks);
    const application = new Application(children, options);
    try {
      await application.#root.ready;
    } catch (error) {
      // The program ends before it hears of this, unless it ends itself.
      if (application.#askedBy === undefined) application.#failed(`the application did not start: ${inFull(error)}`);
      else await application.ended;
      throw error;
    }
    if (application.#status === "starting") application.#status = "ok";
    return application;
  }

  /**
   * How it is, at once, even while it starts or stops.
   * @example
   * createServer((_request, response) => {
   *   const health = app.health();
   *   response.writeHead(health.status === "ok" ? 200 : 503, { "content-type": "application/json" }).end(JSON.stringify(health));
   * });
   */
  health(): Health {
    const children = this.#root.children.map(({ id, pid = null, state, restarts }) => ({ id, pid, state, restarts }));
    const isDegraded = this.#status === "ok" && children.some(({ state }) => state === "restarting");
    return {
      status: isDegraded ? "degraded" : this.#status,
      uptime: this.#node.clock.now() - this.#since,
      restarts: children.reduce((sum, { restarts }) => sum + restarts, 0),
      children,
    };
  }

  /** Stops the tree, in reverse order, within the time of `shutdown`. Resolves when it has ended; the program goes on. */
  async stop(): Promise<void> {
    this.#stop("the program");
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #signalled(signal: string, number: number): void {
    if (this.#askedBy !== "a signal") this.#stop("a signal");
    else {
      console.error(`the application is ended by a second ${signal}, before its children had stopped: ${this.#root.remaining.join(", ")}`);
      this.#giveUp(128 + number);
    }
  }

  #stop(askedBy: "a signal" | "the program"): void {
    const isAsked = this.#askedBy !== undefined;
    this.#askedBy = askedBy;
    if (isAsked || this.#status === "failed" || this.#status === "stopped") return;
    this.#status = "stopping";
    this.#deadline = this.#node.clock.set(() => {
      console.error(`the application did not stop within ${this.#shutdown} ms; still there: ${this.#root.remaining.join(", ")}`);
      this.#giveUp(1);
    }, this.#shutdown);
    void this.supervisor.stop("shutdown");
  }

  #giveUp(code: number): void {
    this.#finish("failed", code, true);
    this.#root.process.terminate("killed");
  }

  #rootEnded(reason: ExitReason): void {
    const { gaveUp } = this.#root;
    if (this.#askedBy !== undefined || (isOrderly(reason) && gaveUp === undefined && this.#status === "ok"))
      this.#finish("stopped", 0, this.#askedBy !== "the program");
    else if (gaveUp !== undefined)
      this.#failed(`the application has ended: child ${gaveUp.id} was restarted too often, the last time because of ${inFull(gaveUp.reason)}`);
    else this.#failed(`the application has ended, for its root has: ${inFull(reason)}`);
  }

  #failed(why: string): void {
    if (this.#isOver) return;
    console.error(why);
    this.#finish("failed", 1, true);
  }

  get #isOver(): boolean {
    return this.#status === "failed" || this.#status === "stopped";
  }

  #finish(status: "stopped" | "failed", code: number, exits: boolean): void {
    if (this.#isOver) return;
    this.#status = status;
    this.#node.clock.clear(this.#deadline);
    for (const release of this.#release) release();
    this.#tell(code);
    if (!exits || this.#exit === false) return;
    if (this.#exit === true) exitProgram(code);
    else this.#exit(code);
  }
}

/**
 * Starts a program as a tree: its children in order, under a supervisor that is the root (V7). A signal stops it in reverse order, each child within its own
 * shutdown time and all within `shutdown` milliseconds; a second signal ends it at once. What happens to the program is told on standard error, and by the
 * exit code: 0 after a stop in order; 1 when a child did not start, when the root has ended by itself, with the reason printed, and when the time was up; 128 and
 * the signal's number (130, 143) after a second signal.
 *
 * @param children in the order in which they are started
 * @throws InvalidOption, DuplicateChild, NameTaken before anything starts; StartFailed when a child did not start, which it names
 * @example
 * const app = await startApplication([{ id: "http", start: () => listen(8080), stop: (server: Server) => server.close() }], { shutdown: 5_000 });
 */
export function startApplication(children: readonly ChildLike[], options: ApplicationOptions = {}): Promise<Application> {
  return Application.start(children, options);
}
