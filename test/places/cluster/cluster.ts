import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type Cluster, type ClusterOptions, joinCluster } from "taskward/cluster";
import { NatsServer } from "./nats.js";

const program = fileURLToPath(new URL("worker.mjs", import.meta.url));

/** What a node in a program of its own is given, and the modules whose functions it runs. */
export interface WorkerOptions extends Omit<ClusterOptions, "functions" | "reporter"> {
  readonly modules: readonly URL[];
}

/** A node in a program of its own. */
export class Worker {
  readonly #child: ChildProcess;

  private constructor(
    readonly name: string,
    child: ChildProcess,
  ) {
    this.#child = child;
  }

  /** Resolves when it is of the cluster. */
  static async start(options: WorkerOptions): Promise<Worker> {
    const { modules, ...rest } = options;
    const execArgv = modules.some(({ pathname }) => pathname.endsWith(".ts")) ? ["--import", "tsx"] : [];
    const child = fork(program, [JSON.stringify({ ...rest, modules: modules.map(({ href }) => href) })], { execArgv });
    const worker = new Worker(options.name, child);
    await worker.says("up");
    return worker;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  async says(what: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const take = (message: unknown): void => {
        if (message !== what) return;
        this.#child.off("message", take);
        resolve();
      };
      this.#child.on("message", take);
      this.#child.once("exit", (code) => {
        reject(new Error(`worker ${this.name} ended with ${code} before it said ${what}`));
      });
    });
  }

  tell(order: "drain" | "leave"): void {
    this.#child.send(order);
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child.kill(signal);
  }

  /** Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}

/** A server, nodes in programs of their own in the group `workers`, and a node here that is not the one of this event loop. */
export class Fleet implements AsyncDisposable {
  private constructor(
    readonly nats: NatsServer,
    readonly workers: readonly Worker[],
    readonly here: Cluster,
  ) {}

  static async start(names: readonly string[], options: Omit<WorkerOptions, "name">): Promise<Fleet> {
    const nats = await NatsServer.start();
    const common = { servers: nats.url, groups: ["workers"], ...options };
    const workers = await Promise.all(names.map((name) => Worker.start({ ...common, name })));
    const here = await joinCluster({
      name: "home",
      servers: nats.url,
      isDefault: false,
      ...(options.tick === undefined ? {} : { tick: options.tick }),
    });
    return new Fleet(nats, workers, here);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.here.leave();
    await Promise.all(this.workers.map((worker) => worker.kill()));
    await this.nats.kill();
  }
}
