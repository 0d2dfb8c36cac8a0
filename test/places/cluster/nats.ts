import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** Whether there is a server to test with. Without, that is said aloud, for a test that was skipped is easily overlooked. */
export const hasNats = spawnSync("nats-server", ["--version"]).error === undefined;

if (!hasNats) console.warn("\n!! nats-server is missing: nodes on a network were NOT tested (on Debian: apt-get install nats-server)\n");

/** A server of its own, at a port that was free. */
export class NatsServer {
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;
  port = -1;
  /** Where other servers of its cluster find it, where it has one. */
  routePort = -1;

  private constructor(more: readonly string[]) {
    this.#arguments = more;
  }

  static async start(...more: readonly string[]): Promise<NatsServer> {
    const server = new NatsServer(more);
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** Starts it, again at the same port. */
  async start(): Promise<void> {
    const child = spawn("nats-server", ["-a", "127.0.0.1", "-p", String(this.port), ...this.#arguments], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    const ready = this.#arguments.includes("--cluster") ? "Listening for route connections" : "Server is ready";
    let log = "";
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => {
        reject(new Error(`nats-server ended with ${code}:\n${log}`));
      });
      child.stderr.on("data", (piece: Buffer) => {
        log += piece.toString();
        if (log.includes(ready)) resolve();
      });
    });
    this.routePort = Number(/route connections on [\d.]+:(\d+)/.exec(log)?.[1] ?? -1);
    this.port = Number(/client connections on 127\.0\.0\.1:(\d+)/.exec(log)?.[1]);
  }

  /** Kills it, without a word to its clients. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  }
}
