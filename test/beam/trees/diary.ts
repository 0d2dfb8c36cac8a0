import { Down, type Pid, type Self } from "taskward";
import { StartFailed } from "taskward/behaviours";
import type { Event } from "./log.js";

/** A process of the tree, for as long as it lives. */
export interface One {
  readonly pid: Pid;
  readonly name: string;
  readonly path: string;
  /** The supervisor that started it; "" of the root. */
  readonly parent: string;
  readonly type: "leaf" | "sup" | "dyn";
  /** What a supervisor ended with. */
  readonly ended?: Promise<unknown>;
}

/** A reason as the log writes it. */
export const reasonText = (reason: unknown): string => {
  if (typeof reason !== "object" || reason === null) return String(reason);
  if (reason instanceof StartFailed) return `failed_to_start(${/^child (\w+)/.exec(reason.who)?.[1] ?? reason.who})`;
  if ("shutdown" in reason) {
    const inner = reasonText(reason.shutdown);
    return inner.startsWith("failed_to_start") ? inner : `{shutdown,${inner}}`;
  }
  return JSON.stringify(reason);
};

/** Writes down what starts and ends, in the order in which it happens. */
export class Diary {
  readonly #counts = new Map<string, number>();
  readonly #last = new Map<string, Pid>();
  readonly #names = new Map<Pid, string>();
  readonly living = new Map<Pid, One>();
  readonly #gone = new Map<Pid, () => void>();
  #events: Event[] = [];
  #self: Self | undefined;

  async run(self: Self): Promise<void> {
    this.#self = self;
    for (;;) {
      const message = await self.receive();
      if (message instanceof Down) {
        const one = this.living.get(message.from as Pid) as One;
        this.living.delete(one.pid);
        // It may have ended before it was monitored.
        const reason = message.reason === "noproc" && one.ended !== undefined ? await one.ended : message.reason;
        this.#events.push([one.parent, `- ${one.name} ${reasonText(reason)}`]);
        this.#gone.get(one.pid)?.();
      } else this.#events.push(message as Event);
    }
  }

  /** What this attempt at starting `path` is called. */
  attempt(path: string): { name: string; nth: number } {
    const nth = this.#counts.get(path) ?? 0;
    this.#counts.set(path, nth + 1);
    return { name: `${path}#${nth + 1}`, nth };
  }

  note(actor: string, text: string): void {
    this.#self?.send(this.#self.pid, [actor, text] satisfies Event);
  }

  alive(one: One, text: string): void {
    this.note(one.parent, text);
    this.#names.set(one.pid, one.name);
    this.#last.set(one.path, one.pid);
    this.living.set(one.pid, one);
    this.#self?.monitor(one.pid);
  }

  whenGone(pid: Pid): Promise<void> {
    return new Promise((resolve) => this.#gone.set(pid, resolve));
  }

  nameOf(pid: Pid): string {
    return this.#names.get(pid) ?? "?";
  }

  /** The one that was started last, of those at `path` that live. */
  whereis(path: string): One | undefined {
    return [...this.living.values()].filter((one) => one.path === path).at(-1);
  }

  /** The pid of the one that was started last, whether or not it lives. */
  last(path: string): Pid | undefined {
    return this.#last.get(path);
  }

  take(): Event[] {
    const taken = this.#events;
    this.#events = [];
    return taken;
  }
}
