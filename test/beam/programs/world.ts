import { Down, type Pid, type Self, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import type { Observed } from "./program.js";

/** The names of this program's processes: `p1#2` is the second one of that id. What is observed of them is written down here. */
export class World {
  readonly time = new VirtualTime({ reporter: () => undefined });
  readonly tasks = TaskSupervisor.start({ node: this.time.node, maxRestarts: 1_000, shutdown: 5_000 });
  /** Takes two at a time. */
  readonly few = TaskSupervisor.start({ node: this.time.node, maxChildren: 2, shutdown: 5_000 });
  readonly living = new Map<Pid, string>();
  /** Those that do something, or wait for something that they were told to wait for. */
  readonly busy = new Set<Pid>();
  readonly #pids = new Map<string, Pid>();
  readonly #names = new Map<Pid, string>();
  readonly #counts = new Map<string, number>();
  #seen: Observed[] = [];
  #watcher: Self | undefined;

  /** Lets everything happen that does so within a few seconds. */
  quiet(): Promise<void> {
    return this.time.advance(5_000);
  }

  async open(): Promise<void> {
    const watch = async (self: Self): Promise<never> => {
      this.#watcher = self;
      for (;;) {
        const message = await self.receive();
        if (!(message instanceof Down)) continue;
        const pid = message.from as Pid;
        this.living.delete(pid);
        this.note(pid, `ended ${reasonText(message.reason)}`);
      }
    };
    this.time.node.run(watch).catch(() => undefined);
    await this.quiet();
  }

  born(id: string, pid: Pid): Pid {
    if (this.#names.has(pid)) return pid;
    const count = (this.#counts.get(id) ?? 0) + 1;
    const name = `${id}#${count}`;
    this.#counts.set(id, count);
    this.#pids.set(id, pid);
    this.#names.set(pid, name);
    this.living.set(pid, name);
    this.#watcher?.monitor(pid);
    return pid;
  }

  /** Kills whoever is left. */
  async close(): Promise<void> {
    for (const pid of this.living.keys()) this.#watcher?.exit(pid, "kill");
    await this.time.until(Promise.all([this.tasks.stop("killed"), this.few.stop("killed")]));
  }

  /** Who is of which id now. */
  get pids(): ReadonlyMap<string, Pid> {
    return new Map(this.#pids);
  }

  pid(id: string): Pid | undefined {
    return this.#pids.get(id);
  }

  name(pid: unknown): string {
    return this.#names.get(pid as Pid) ?? "someone";
  }

  note(who: Pid | string, text: string): void {
    this.#seen.push([this.#names.get(who as Pid) ?? who, text]);
  }

  take(): Observed[] {
    const seen = this.#seen;
    this.#seen = [];
    return seen;
  }
}

/** A reason in the words of both. */
export function reasonText(reason: unknown): string {
  if (typeof reason === "object" && reason !== null && "shutdown" in reason) return `{shutdown,${reasonText(reason.shutdown)}}`;
  return reason instanceof Error ? `error(${reason.message})` : String(reason);
}
