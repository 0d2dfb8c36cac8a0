import {
  Down,
  Exit,
  MaxChildren,
  NoProcess,
  type Pid,
  type Ref,
  type Self,
  Task,
  TaskFailed,
  TaskReply,
  TaskRunner,
  TaskTimeout,
  type Timer,
} from "taskward";
import { CallFailed, CallTimeout, GenServer } from "taskward/behaviours";
import type { Ends, Item, Op, Pattern, Reason, Wait } from "./program.js";
import { Served, ask } from "./served.js";
import { supervise } from "./supervise.js";
import { type World, reasonText } from "./world.js";

/** What an actor is told to do. */
export class Orders {
  constructor(readonly ops: readonly Op[]) {}
}

/** A plain message of one actor to another. */
interface Msg {
  readonly msg: readonly [from: Pid, tag: number];
}

/** Unwinds to the end of the actor's function, which returns this. */
class Return {
  constructor(readonly value: number) {}
}

const isMsg = (message: unknown): message is Msg => typeof message === "object" && message !== null && "msg" in message;
const isAddress = (from: unknown): boolean => String(from).startsWith("<");
const msOf = (wait: Wait): number => (wait === "infinity" ? Infinity : wait);
const termOf = (reason: Reason): unknown => (typeof reason === "string" ? reason : { shutdown: reason[1] });

/** What a process does that is an actor. */
export const actor =
  (world: World, id: string, trap = false) =>
  async (self: Self): Promise<number> => {
    world.born(id, self.pid);
    if (trap) self.trapExit = true;
    const acting = new Actor(world, self);
    try {
      for (;;) {
        const { ops } = await self.receive((message): message is Orders => message instanceof Orders);
        acting.begin();
        for (const op of ops) {
          const text = await acting.act(op);
          // Code of a dead process may go on here (docs/coming-from-elixir.md, "One event loop cannot preempt"); there it does not.
          if (self.node.find(self.pid) === undefined) return 0;
          if (text !== undefined) world.note(self.pid, text);
        }
        world.busy.delete(self.pid);
      }
    } catch (error) {
      if (error instanceof Return) return error.value;
      throw error;
    }
  };

class Actor {
  readonly #world: World;
  readonly #self: Self;
  readonly #monitors = new Map<string, Ref>();
  readonly #timers = new Map<string, Timer>();
  readonly #tasks = new Map<string, Task<unknown>>();
  #pids: ReadonlyMap<string, Pid> = new Map();

  constructor(world: World, self: Self) {
    this.#world = world;
    this.#self = self;
  }

  /** Orders have come. Whoever is of an id now is meant by them: one that is started again meanwhile is another. */
  begin(): void {
    this.#pids = this.#world.pids;
  }

  #pid(id: string): Pid | undefined {
    return this.#pids.get(id) ?? this.#world.pid(id);
  }

  /** Answers what is to be seen of it. */
  act(op: Op): string | undefined | Promise<string | undefined> {
    const self = this.#self;
    const world = this.#world;
    switch (op[0]) {
      case "spawn":
        return this.#spawn(op[1], op[2], op[3]);
      case "trap":
        self.trapExit = op[1];
        return undefined;
      case "link":
        return this.#with(op[1], (pid) => self.link(pid));
      case "unlink":
        return this.#with(op[1], (pid) => self.unlink(pid));
      case "monitor":
        return this.#with(op[1], (pid) => void this.#monitors.set(op[2], self.monitor(pid)));
      case "monitor_name":
        this.#monitors.set(op[2], self.monitor(op[1]));
        return undefined;
      case "demonitor": {
        const ref = this.#monitors.get(op[1]);
        if (ref === undefined) return `no ${op[1]}`;
        self.demonitor(ref, { flush: op[2] });
        return undefined;
      }
      case "exit":
        return this.#end(op[1]);
      case "return":
        throw new Return(op[1]);
      case "signal":
        return this.#with(op[1], (pid) => self.exit(pid, termOf(op[2])));
      case "send":
        return this.#with(op[1], (pid) => self.send(pid, { msg: [self.pid, op[2]] } satisfies Msg));
      case "send_after":
        return this.#with(op[1], (pid) => void this.#timers.set(op[4], self.sendAfter(pid, { msg: [self.pid, op[2]] } satisfies Msg, op[3])));
      case "cancel": {
        const timer = this.#timers.get(op[1]);
        return timer === undefined ? `no ${op[1]}` : timer.cancel() === false ? "fired" : "cancelled";
      }
      case "register":
        return this.#attempt(() => self.register(op[1]), "registered", "refused");
      case "unregister":
        if (self.whereis(op[1]) === self.pid) self.unregister(op[1]);
        return undefined;
      case "whereis": {
        const pid = self.whereis(op[1]);
        return `${op[1]} is ${pid === undefined ? "nobody" : world.name(pid)}`;
      }
      case "send_name":
        return this.#attempt(() => self.send(op[1], { msg: [self.pid, op[2]] }), undefined, "noproc");
      case "recv":
        return this.#receive(op[1], msOf(op[2]));
      case "drain":
        return this.#drain();
      case "run":
        return this.#run(op[1], op[2]);
      case "stream":
        return this.#stream(op);
      case "server":
      case "call":
      case "cast":
      case "stop":
        return this.#serve(op);
      case "supervisor":
      case "dynamic":
      case "start_kid":
      case "terminate_kid":
      case "which":
        return supervise(this.#world, this.#self, op, (id) => this.#pid(id));
      case "few":
        return this.#few(op[1], op[2]);
      default:
        return this.#task(op);
    }
  }

  #spawn(id: string, how: string, trap: boolean): undefined {
    const fn = actor(this.#world, id, trap);
    if (how === "plain") this.#world.born(id, this.#self.spawn(fn));
    else if (how === "link") this.#world.born(id, this.#self.spawnLink(fn));
    else {
      const { pid, ref } = this.#self.spawnMonitor(fn);
      this.#monitors.set(how, ref);
      this.#world.born(id, pid);
    }
    return undefined;
  }

  #end(how: Ends): never {
    if (Array.isArray(how) && how[0] === "raise") throw new Error(how[1]);
    this.#self.exit(termOf(how as Reason));
  }

  #with(id: string, act: (pid: Pid) => void): string | undefined {
    const pid = this.#pid(id);
    if (pid === undefined) return `no ${id}`;
    act(pid);
    return undefined;
  }

  #attempt(act: () => void, good: string | undefined, bad: string): string | undefined {
    try {
      act();
      return good;
    } catch (error) {
      if (bad === "noproc" && !(error instanceof NoProcess)) throw error;
      return bad;
    }
  }

  // ——— Messages ———

  #matcher(pattern: Pattern): (message: unknown) => boolean {
    const [kind, what] = pattern;
    const pid = kind === "msg" || kind === "exit" ? this.#pid(what) : undefined;
    if (kind === "msg") return (message) => isMsg(message) && message.msg[0] === pid;
    if (kind === "tag") return (message) => isMsg(message) && message.msg[1] === what;
    if (kind === "exit") return (message) => message instanceof Exit && message.from === pid;
    const ref = this.#monitors.get(what);
    return (message) => message instanceof Down && message.ref === ref;
  }

  async #receive(pattern: Pattern, after: number): Promise<string> {
    const matches = this.#matcher(pattern);
    const message = await this.#self.receive(matches, { after });
    return message === undefined ? "nothing" : this.#text(message);
  }

  async #drain(): Promise<string> {
    const texts: string[] = [];
    for (;;) {
      const message = await this.#self.receive(undefined, { after: 0 });
      if (message === undefined) return `left ${texts.join("; ")}`;
      texts.push(this.#text(message));
    }
  }

  #text(message: unknown): string {
    const { name } = this.#world;
    if (isMsg(message)) return `msg ${name.call(this.#world, message.msg[0])} ${message.msg[1]}`;
    if (message instanceof Exit) return `EXIT ${this.#world.name(message.from)} ${reasonText(message.reason)}`;
    for (const [id, task] of this.#tasks) {
      const found = Task.find([task], message);
      if (found !== null) return `task ${id} ${found.type === "ok" ? `ok ${found.value as number}` : `exit ${reasonText(found.reason)}`}`;
    }
    if (message instanceof TaskReply) return "task of nobody";
    if (!(message instanceof Down)) return JSON.stringify(message);
    const { ref, from, reason } = message;
    const [label = "?"] = [...this.#monitors].find(([, one]) => one === ref) ?? [];
    const who = typeof from === "object" && "name" in from ? `name ${from.name}` : isAddress(from) ? this.#world.name(from) : `name ${String(from)}`;
    return `DOWN ${label} ${who} ${reasonText(reason)}`;
  }

  // ——— Tasks ———

  async #task(
    op: Extract<Op, readonly ["task" | "start_child" | "await" | "yield" | "shutdown" | "ignore", ...unknown[]]>,
  ): Promise<string | undefined> {
    const self = this.#self;
    const { tasks } = this.#world;
    const [kind, id] = op;
    if (kind === "start_child") {
      tasks.startChild(actor(this.#world, id), { restart: op[2], owner: self });
      return undefined;
    }
    if (kind === "task") {
      const fn = actor(this.#world, id);
      const task = op[2] === "async" ? Task.async(self, fn) : op[2] === "nolink" ? tasks.asyncNolink(self, fn) : tasks.async(self, fn);
      this.#tasks.set(id, task);
      if (task.pid !== undefined) this.#world.born(id, task.pid);
      return undefined;
    }
    const task = this.#tasks.get(id);
    if (task === undefined) return `no ${id}`;
    switch (kind) {
      case "await":
        this.#tasks.delete(id);
        return this.#awaited(task, op[2]);
      case "yield": {
        const text = yielded(await Task.yield(self, task, op[2]));
        if (text !== "null") this.#tasks.delete(id);
        return text;
      }
      case "shutdown":
        this.#tasks.delete(id);
        return yielded(await Task.shutdown(self, task, op[2]));
      case "ignore":
        this.#tasks.delete(id);
        return yielded(Task.ignore(self, task));
    }
  }

  /** One more than there may be is refused. */
  #few(id: string, how: "child" | "async" | "nolink"): string | undefined {
    const { few } = this.#world;
    const fn = actor(this.#world, id);
    try {
      if (how === "child") few.startChild(fn, { owner: this.#self });
      else {
        const task = how === "async" ? few.async(this.#self, fn) : few.asyncNolink(this.#self, fn);
        this.#tasks.set(id, task);
        if (task.pid !== undefined) this.#world.born(id, task.pid);
      }
      return undefined;
    } catch (error) {
      if (!(error instanceof MaxChildren)) throw error;
      return "max_children";
    }
  }

  async #awaited(task: Task<unknown>, ms: number): Promise<string> {
    try {
      return `ok ${(await Task.await(this.#self, task, ms)) as number}`;
    } catch (error) {
      if (error instanceof TaskFailed) return `exit ${reasonText(error.reason)}`;
      if (!(error instanceof TaskTimeout)) throw error;
      await Task.shutdown(this.#self, task, 60);
      return "exit timeout";
    }
  }

  async #stream([, items, how, ordered, maxConcurrency, timeout]: Extract<Op, readonly ["stream", ...unknown[]]>): Promise<string> {
    const options = { ordered, maxConcurrency, timeout, onTimeout: "kill_task" } as const;
    const { tasks } = this.#world;
    const run = (one: Item, self: Self): unknown => item(one, self);
    const stream =
      how === "alone"
        ? Task.asyncStream(this.#self, items, run, options)
        : how === "linked"
          ? tasks.asyncStream(this.#self, items, run, options)
          : tasks.asyncStreamNolink(items, run, options);
    const texts: string[] = [];
    for await (const one of stream) texts.push(yielded(one));
    return `stream ${(ordered ? texts : texts.sort()).join(", ")}`;
  }

  async #run(items: readonly Item[], timeout: number): Promise<string> {
    const { tasks } = this.#world;
    const specs = items.map((one) => [tasks, (self: Self) => item(one, self)] as const);
    const runner = TaskRunner.run(specs, { timeout, owner: this.#self, onTimeout: "kill" });
    const texts: string[] = [];
    const events: unknown[] = [];
    const isEvent = (message: unknown): boolean => {
      const event = runner.handleMessage(message);
      if (event !== null) events.push(event);
      return event !== null;
    };
    while (!runner.done) await this.#self.receive(isEvent);
    for (const event of events as { type: string; index: number; value: number; reason: unknown; pending: { index: number }[] }[]) {
      if (event.type === "ok") texts.push(`${event.index} ok ${event.value}`);
      else if (event.type === "task_error") texts.push(`${event.index} error ${reasonText(event.reason)}`);
      else texts.push(`timeout ${event.pending.map(({ index }) => index).join(" ")}`);
    }
    return `run ${texts.sort().join(", ")}`;
  }

  // ——— Servers and supervisors ———

  async #serve(op: Extract<Op, readonly ["server" | "call" | "cast" | "stop", ...unknown[]]>): Promise<string | undefined> {
    const self = this.#self;
    const [kind, id] = op;
    if (kind === "server") {
      if (op[2]) await GenServer.startLink(self, Served, [this.#world, id]);
      else await GenServer.start(Served, [this.#world, id], { node: self.node });
      return undefined;
    }
    const pid = this.#pid(id);
    if (pid === undefined) return `no ${id}`;
    const server = GenServer.at<Served>(pid, { self });
    if (kind === "cast") {
      ask(server.cast, op[2]);
      return undefined;
    }
    try {
      if (kind === "call") return `ok ${(await ask(server.call({ timeout: op[3] }), op[2])) as number}`;
      await server.stop(termOf(op[2]), 1_000);
      return "stopped";
    } catch (error) {
      if (error instanceof CallTimeout) return "exit timeout";
      if (error instanceof CallFailed) return `exit ${reasonText(error.reason)}`;
      throw error;
    }
  }
}

const yielded = (one: { readonly ok: unknown } | { readonly exit: unknown } | null): string =>
  one === null ? "null" : "ok" in one ? `ok ${one.ok as number}` : `exit ${reasonText(one.exit)}`;

function item(one: Item, self: Self): unknown {
  switch (one[0]) {
    case "value":
      return one[1];
    case "raise":
      throw new Error(one[1]);
    case "exit":
      return self.exit(termOf(one[1]));
    case "never":
      return self.receive();
  }
}
