import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type RunnerEvent, type RunnerOptions, type Specs, TaskRunner, TaskSupervisor, run, tasksFrom } from "taskward";
import { type Cluster, joinCluster } from "taskward/cluster";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Worker } from "./cluster.js";
import type * as Jobs from "./fixtures/jobs.mjs";
import { NatsServer, hasNats } from "./nats.js";

const module = new URL("./fixtures/jobs.mjs", import.meta.url);
const jobs = tasksFrom<typeof Jobs>(module);
const program = fileURLToPath(new URL("master.mjs", import.meta.url));

interface Noted {
  /** Which program noted it. */
  readonly life: number;
  readonly type: string;
  readonly index: number;
  readonly what: unknown;
}

/** A program that goes on with a run. */
class Master {
  readonly #child: ChildProcess;
  readonly #messages: unknown[] = [];
  #wake: () => void = () => undefined;

  constructor(options: object) {
    this.#child = fork(program, [JSON.stringify(options)]);
    this.#child.on("message", (message) => {
      this.#messages.push(message);
      this.#wake();
    });
    this.#child.once("exit", () => {
      this.#messages.push("exited");
      this.#wake();
    });
  }

  /** Resolves with the first thing that it says of this kind. */
  async says<T>(isOne: (message: unknown) => message is T): Promise<T> {
    for (;;) {
      while (this.#messages.length > 0) {
        const message = this.#messages.shift();
        if (isOne(message)) return message;
        if (message === "exited" || message === "over") throw new Error(`it ended: ${JSON.stringify(message)}`);
        if (typeof message === "object") throw new Error(JSON.stringify(message));
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async had(count: number): Promise<void> {
    await this.says((message): message is number => typeof message === "number" && message >= count);
  }

  async over(): Promise<void> {
    await this.says((message): message is "over" => message === "over");
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  signal(signal: "SIGSTOP"): void {
    this.#child.kill(signal);
  }
}

describe.runIf(hasNats)("durable runs on a cluster", () => {
  let nats: NatsServer;
  let folder: string;
  const here: Cluster[] = [];
  const workers: Worker[] = [];
  const masters: Master[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taskward-"));
    nats = await NatsServer.start("-js", "-sd", join(folder, "store"));
  });
  afterEach(async () => {
    await Promise.all(masters.splice(0).map((master) => master.kill()));
    await Promise.all(here.splice(0).map((cluster) => cluster.leave()));
    await Promise.all(workers.splice(0).map((worker) => worker.kill()));
    await nats.kill();
    await rm(folder, { recursive: true });
  });

  const joined = async (name = "home"): Promise<Cluster> => {
    const functions = { add: (one: number, other: number): number => one + other };
    const cluster = await joinCluster({ name, functions, servers: nats.url, isDefault: false, reporter: () => undefined, tick: 1_000 });
    here.push(cluster);
    return cluster;
  };
  const worker = async (name: string, concurrency = 4): Promise<Worker> => {
    const one = await Worker.start({ name, servers: nats.url, groups: ["workers"], concurrency, tick: 1_000, modules: [module] });
    workers.push(one);
    return one;
  };
  const master = (options: object): Master => {
    const one = new Master({ servers: nats.url, run: "nightly", file: file("events"), ...options });
    masters.push(one);
    return one;
  };
  const file = (name: string): string => join(folder, name);
  const lines = (name: string): string[] => (existsSync(file(name)) ? readFileSync(file(name), "utf8").trim().split("\n") : []);
  const noted = (): Noted[] => lines("events").map((line) => JSON.parse(line) as Noted);
  const supervisor = (cluster: Cluster): TaskSupervisor => TaskSupervisor.start({ node: cluster.node, on: cluster.group("workers") });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  /** The events of a run, up to so many: the one that was had last counts as received only when another one is asked for. */
  const read = async (specs: Specs, options: RunnerOptions, most = Infinity): Promise<RunnerEvent<unknown>[]> => {
    const events: RunnerEvent<unknown>[] = [];
    if (most === 0) return events;
    await using runner = TaskRunner.run(specs, options);
    for await (const event of runner) if (events.push(event) >= most) break;
    return events;
  };
  const brief = (events: readonly RunnerEvent<unknown>[]): unknown[] =>
    events.map((event) =>
      event.type === "ok" ? [event.index, event.value] : event.type === "task_error" ? [event.index, event.reason] : event.type,
    );

  it("a later run of the same name gets what the earlier one had not, and runs nothing again that has ended", async () => {
    await worker("a", 1);
    const cluster = await joined();
    const group = supervisor(cluster);
    const specs = [0, 1, 2, 3, 4, 5].map((n) => [group, jobs.counted(file("ran"), n)] as const);
    const first = await read(specs, { durable: "nightly", node: cluster.node, maxConcurrency: 1, onTimeout: "keep" }, 3);
    expect(brief(first)).toEqual([0, 1, 2].map((n) => [n, n]));
    await until(() => lines("ran").length >= 3);
    const second = await read(specs, { durable: "nightly", node: cluster.node });
    expect(brief(second).sort()).toEqual([2, 3, 4, 5].map((n) => [n, n])); // it had broken off at 2, and might not have been done with it
    expect(lines("ran").sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(await read(specs, { durable: "nightly", node: cluster.node })).toEqual([]);
  });

  it("what is told of a task is kept with its end", async () => {
    await worker("a");
    const cluster = await joined();
    const group = supervisor(cluster);
    const specs = [[group, jobs.crash("for good")]] as const;
    const [first] = await read(specs, { durable: "nightly", node: cluster.node }, 1);
    const [second] = await read(specs, { durable: "nightly", node: cluster.node }, 1);
    expect(second).toMatchObject({ type: "task_error", index: 0, reason: { name: "RangeError", message: "for good" } });
    const { pid, place, startedAt, duration, attempts } = (first as { task: object }).task as Record<string, unknown>;
    expect(pid).toMatch(/^<a~/);
    expect((second as { task: object }).task).toMatchObject({ pid, place, attempts, duration: expect.closeTo(duration as number, 0) as number });
    expect(startedAt).toBeTypeOf("number");
  });

  it("tasks of a program that is killed go on, and the next one gets their results", async () => {
    await worker("a", 2);
    const first = master({ count: 3, job: "held", args: [file("ran"), file("gate")] });
    await until(() => lines("ran").length === 2);
    await first.kill();
    const second = master({ count: 3, job: "held", args: [file("ran"), file("gate")] });
    writeFileSync(file("gate"), "");
    await second.over();
    expect(noted().sort((one, other) => one.index - other.index)).toEqual(
      [0, 1, 2].map((index) => expect.objectContaining({ type: "ok", index, what: index })),
    );
    expect(lines("ran").sort()).toEqual(["0", "1", "2"]);
  });

  it("results that came while no program was there are told to the next one", async () => {
    await worker("a", 2);
    const first = master({ count: 2, job: "held", args: [file("ran"), file("gate")] });
    await until(() => lines("ran").length === 2);
    await first.kill();
    writeFileSync(file("gate"), "");
    const cluster = await joined();
    await until(() => cluster.nodes().some(({ name, load }) => name === "a" && load === 0));
    const specs = [0, 1].map((n) => [supervisor(cluster), jobs.held(file("ran"), n, file("gate"))] as const);
    expect(brief(await read(specs, { durable: "nightly", node: cluster.node })).sort()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(lines("ran").sort()).toEqual(["0", "1"]);
  });

  it("what was begun by a node that is gone ends with noconnection; what had not been begun is started", async () => {
    const lost = await worker("a", 2);
    const first = master({ count: 4, job: "held", args: [file("ran"), file("gate")] });
    await until(() => lines("ran").length === 2);
    await Promise.all([first.kill(), lost.kill()]);
    writeFileSync(file("gate"), "");
    await worker("b", 2);
    const second = master({ count: 4, job: "held", args: [file("ran"), file("gate")] });
    await second.over();
    const ends = noted().sort((one, other) => one.index - other.index);
    expect(ends.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(ends.map(({ what }) => what).filter((what) => what === "noconnection")).toHaveLength(2);
    expect(lines("ran").sort()).toEqual(["0", "1", "2", "3"]);
  });

  it("with retry: onNoConnection what a lost node had begun is begun again", async () => {
    const lost = await worker("a", 2);
    const first = master({ count: 2, job: "held", args: [file("ran"), file("gate")] });
    await until(() => lines("ran").length === 2);
    await Promise.all([first.kill(), lost.kill()]);
    writeFileSync(file("gate"), "");
    await worker("b", 2);
    const second = master({ count: 2, job: "held", args: [file("ran"), file("gate")], retry: { onNoConnection: true } });
    await second.over();
    expect(noted().map(({ what }) => what)).toEqual(expect.arrayContaining([0, 1]));
    expect(lines("ran").sort()).toEqual(["0", "0", "1", "1"]);
  });

  /** The suite plays a small one; `TASKS=10000 KILLS=10` is the long way. */
  const count = Number(process.env["TASKS"] ?? 3_000);
  const kills = Number(process.env["KILLS"] ?? 3);
  it(`every one of ${count} tasks ends once, whoever is killed ${kills} times in the middle`, async () => {
    await Promise.all([worker("w0", 32), worker("w1", 32)]);
    for (let time = 0; time < kills; time++) {
      const one = master({ count, job: "counted", args: [file("ran")] });
      await one.had(200 + 53 * time);
      await (workers.shift() as Worker).kill();
      await one.had(300 + 97 * time);
      await one.kill();
      await worker(`w${time + 2}`, 32);
    }
    await master({ count, job: "counted", args: [file("ran")] }).over();

    // Whoever was killed while it had an event in hand leaves that one to the next, and no other.
    const events = noted();
    expect(new Set(events.map(({ index }) => index)).size).toBe(count);
    const inHand = new Set<number>();
    for (const [at, { life, index }] of events.entries()) if (events[at + 1]?.life !== life) inHand.add(index);
    const times = new Map<number, number>();
    for (const { index } of events) times.set(index, (times.get(index) ?? 0) + 1);
    expect([...times].filter(([index, so]) => so > (inHand.has(index) ? 2 : 1))).toEqual([]);
    // Nothing has run twice, and whatever has a result has run.
    const ran = lines("ran").map(Number);
    expect(new Set(ran).size).toBe(ran.length);
    const results = new Set(events.filter(({ type }) => type === "ok").map(({ index }) => index));
    expect([...results].filter((index) => !ran.includes(index))).toEqual([]);
    expect(events.filter(({ type, what }) => type !== "ok" && what !== "noconnection")).toEqual([]);
    expect(results.size).toBeGreaterThan(count - kills * 64);
  }, 240_000);

  it("a task that was sent to a node and not begun there goes elsewhere when that node is lost", async () => {
    const cluster = await joined();
    const stopped = await worker("a", 1);
    await cluster.whenUp("a");
    stopped.signal("SIGSTOP"); // what is sent to it waits unread
    const events = read([[supervisor(cluster), jobs.counted(file("ran"), 7)]], { durable: "nightly", node: cluster.node });
    await worker("b", 1);
    expect(brief(await events)).toEqual([[0, 7]]);
    stopped.signal("SIGCONT");
    await cluster.whenUp("a");
    expect(lines("ran")).toEqual(["7"]);
  });

  it("NATS may be killed and come back in the middle", async () => {
    await worker("a", 8);
    const one = master({ count: 1_000, job: "counted", args: [file("ran")] });
    await one.had(100);
    await nats.kill();
    await nats.start();
    await one.over();
    const indexes = noted().map(({ index }) => index);
    expect(new Set(indexes).size).toBe(1_000);
    expect(indexes).toHaveLength(1_000);
    expect(noted().filter(({ type }) => type !== "ok")).toEqual([]);
    expect(lines("ran")).toHaveLength(1_000);
  }, 60_000);

  it("tasks of this event loop are kept, too; what a program that was killed had begun here ends with noconnection", async () => {
    const cluster = await joined("first");
    const begun: number[] = [];
    const never = new Promise<never>(() => undefined);
    const specs = (hangs: boolean): (() => unknown)[] => [
      () => begun.push(0),
      () => Promise.reject(new TypeError("no")),
      () => begun.push(2) && (hangs ? never : "again"),
      () => begun.push(3),
    ];
    const first = TaskRunner.run(specs(true), { durable: "nightly", node: cluster.node, maxConcurrency: 2 });
    const events: RunnerEvent<unknown>[] = [];
    for (let n = 0; n < 3; n++) events.push((await first.next()).value as RunnerEvent<unknown>);
    expect(brief(events)).toEqual([
      [0, 1],
      [1, new TypeError("no")],
      [3, 3],
    ]);
    await cluster.leave();
    const other = await joined("second");
    const rest = await read(specs(false), { durable: "nightly", node: other.node });
    expect(brief(rest).sort()).toEqual([
      [2, "noconnection"],
      [3, 3],
    ]);
    expect(begun).toEqual([0, 2, 3]);
    await first.cancel();
  });

  it("an owner is told of each, and has received what it has handed in", async () => {
    const cluster = await joined();
    const specs = [() => "a", () => "b", () => "c"];
    await run(
      async (self) => {
        const first = TaskRunner.run(specs, { durable: "nightly", owner: self });
        first.handleMessage(await self.receive());
        first.handleMessage(await self.receive());
        await first.cancel();
        const second = TaskRunner.run(specs, { durable: "nightly", owner: self });
        expect(brief([second.handleMessage(await self.receive()) as RunnerEvent<unknown>])).toEqual([[2, "c"]]);
        expect(second.done).toBe(true);
        await second.cancel();
        const third = TaskRunner.run(specs, { durable: "nightly", owner: self });
        expect(third.handleMessage(await self.receive())).toEqual({ type: "done" });
      },
      { node: cluster.node },
    );
  });

  it("values of any size are kept, and what cannot be kept is an error", async () => {
    await worker("a");
    const cluster = await joined();
    const node = cluster.node;
    const large = [[supervisor(cluster), jobs.repeated("0123456789", 300_000)]] as const;
    // The one event is in hand when the run is left, and so comes again: from what is kept.
    for (let time = 0; time < 2; time++)
      expect(await read(large, { durable: "large", node }, 1)).toMatchObject([{ type: "ok", value: "0123456789".repeat(300_000) }]);
    for (let time = 0; time < 2; time++)
      expect(await read([() => () => undefined], { durable: "function", node }, 1)).toMatchObject([
        { type: "task_error", reason: { code: "not_cloneable" } },
      ]);
  });

  it("who leaves the loop with the last event in hand, or at the deadline, leaves the run to the next", async () => {
    const { node } = await joined();
    const once = async (specs: Specs, options: RunnerOptions): Promise<unknown> => {
      for await (const event of TaskRunner.run(specs, { durable: "nightly", node, ...options })) return event.type;
      return "over";
    };
    expect([await once([() => 1], {}), await once([() => 1], {})]).toEqual(["ok", "ok"]);
    const never = (): Promise<never> => new Promise<never>(() => undefined);
    for (let time = 0; time < 2; time++) {
      expect(await once([never], { durable: `slow${time}`, timeout: 1 })).toBe("timeout");
      await until(() => {
        try {
          void TaskRunner.run([never], { durable: `slow${time}`, node }).cancel();
          return true;
        } catch {
          return false; // what was stopped is still being written down
        }
      });
    }
  });

  it("what the supervisor there refuses has ended, for later programs too", async () => {
    const cluster = await joined();
    const other = await joined("b");
    await cluster.whenUp("b");
    const full = TaskSupervisor.start({ node: other.node, name: "full", maxChildren: 1 });
    full.asyncNolink(() => new Promise<never>(() => undefined));
    const far = TaskSupervisor.start({ node: cluster.node, on: cluster.under({ name: "full", node: "b" }) });
    for (let time = 0; time < 2; time++)
      expect(await read([[far, jobs.add(1, 2)]], { durable: "nightly", node: cluster.node }, 1)).toMatchObject([
        { type: "task_error", reason: { code: "max_children" } },
      ]);
    await full.stop("killed");
  });

  it("at the deadline the rest is pending; a later run goes on with it", async () => {
    await worker("a", 1);
    const cluster = await joined();
    const specs = [0, 1].map((n) => [supervisor(cluster), jobs.held(file("ran"), n, file("gate"))] as const);
    const first = TaskRunner.run(specs, { durable: "nightly", node: cluster.node, timeout: 500, onTimeout: "keep" });
    const { value } = await first.next();
    expect(value).toMatchObject({ type: "timeout", pending: [{ index: 0 }, { index: 1 }] });
    expect(() => TaskRunner.run(specs, { durable: "nightly", node: cluster.node })).toThrow(/durable is "nightly": it is under way in this program/);
    writeFileSync(file("gate"), "");
    await first.cancel();
    expect(brief(await read(specs, { durable: "nightly", node: cluster.node })).sort()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(lines("ran").sort()).toEqual(["0", "1"]);
  });

  it("what is forgotten begins anew", async () => {
    const cluster = await joined();
    const options = { durable: "nightly", node: cluster.node };
    let times = 0;
    const specs = [() => ++times];
    expect(brief(await read(specs, options))).toEqual([[0, 1]]);
    expect(brief(await read(specs, options))).toEqual([]);
    await cluster.forgetRun("nightly");
    expect(brief(await read(specs, options))).toEqual([[0, 2]]);
  });

  it("one program is at a run at a time, and another one goes on when that is gone or silent", async () => {
    await worker("a", 1);
    const options = { count: 1, job: "held", args: [file("ran"), file("gate")] };
    const first = master({ ...options, name: "first" });
    await until(() => lines("ran").length === 1);
    const isRefused = (message: unknown): message is { error: { code: string; message: string } } => typeof message === "object";
    const { error } = await master({ ...options, name: "second" }).says(isRefused);
    expect(error).toMatchObject({ code: "invalid_option" });
    expect(error.message).toMatch(/node first~\w+ is at this run/);
    first.signal("SIGSTOP");
    writeFileSync(file("gate"), "");
    await master({ ...options, name: "third" }).over();
    expect(noted()).toMatchObject([{ type: "ok", index: 0, what: 0 }]);
  });

  it("specs that are not those of the run, and names that cannot be one, are refused", async () => {
    const cluster = await joined();
    const options = { durable: "nightly", node: cluster.node };
    const add = (): number => 1;
    const multiply = (): number => 2;
    await read([add, multiply], options, 1);
    await expect(read([add], options)).rejects.toThrow(/specs is 1: .*was begun with 2/);
    await expect(read([multiply, multiply], options)).rejects.toThrow(/specs\[0\] is "multiply": .*this task is add/);
    expect(() => TaskRunner.run([add], { ...options, durable: "last night" })).toThrow(/durable is "last night"/);
    expect(() => TaskRunner.run([add], { durable: "nightly" })).toThrow(/join a cluster first/);
    await expect(cluster.forgetRun("a b")).rejects.toThrow(/forgetRun/);
  });

  it("without JetStream the error says what to do", async () => {
    const plain = await NatsServer.start();
    const cluster = await joinCluster({ name: "home", servers: plain.url, isDefault: false });
    await expect(read([() => 1], { durable: "nightly", node: cluster.node })).rejects.toThrow(/nats-server -js/);
    await run(
      async (self) => {
        const runner = TaskRunner.run([() => 1], { durable: "nightly", owner: self });
        const message = await self.receive();
        expect(() => runner.handleMessage(message)).toThrow(/nats-server -js/);
        expect(runner.done).toBe(true);
      },
      { node: cluster.node },
    );
    await cluster.leave();
    await plain.kill();
  });
});
