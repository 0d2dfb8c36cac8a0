import { type Call, Down, Exit, Task, TaskRunner, TaskSupervisor, callOf, collect } from "taskward";
import { VirtualTime } from "taskward/testing";
import { beforeEach, describe, expect, it } from "vitest";

const gate = Symbol.for("taskward.test.gate");
let copies = 0;

/** A task of a module that is not there before `open` has been called. */
interface Slow {
  readonly time: VirtualTime;
  readonly here: TaskSupervisor;
  readonly log: string[];
  readonly call: Call;
  /** Lets the module load, or fail; resolves when whoever waits for it knows. */
  open(error?: Error): Promise<void>;
}

let slow: Slow;
beforeEach(() => {
  const url = new URL(`./fixtures/slow-to-load.mjs?${++copies}`, import.meta.url);
  let openGate: (error: Error | undefined) => void = () => undefined;
  (globalThis as Record<symbol, unknown>)[gate] = new Promise<Error | undefined>((resolve) => {
    openGate = resolve;
  });
  const time = new VirtualTime({ reporter: () => undefined });
  const here = TaskSupervisor.start({ node: time.node });
  const log: string[] = [];
  slow = {
    time,
    here,
    log,
    call: callOf(url, "value", [log]),
    async open(error) {
      openGate(error);
      await import(url.href).catch(() => undefined);
      await new Promise(setImmediate);
      await time.advance(0);
    },
  };
});

describe("a module that is slow to load on this event loop", () => {
  it("R12 its task runs when it is there", async () => {
    const { time, here, log, call, open } = slow;
    await time.advance(1_000);
    const runner = TaskRunner.run([[here, call]], { node: time.node });
    await time.advance(20);
    expect([here.countChildren(), here.children()]).toEqual([
      { active: 1, waiting: 0 },
      [{ pid: undefined, label: undefined, runs: "value", state: "running" }],
    ]);
    await open();
    expect(log).toEqual(["run"]);
    expect((await time.until(collect(runner))).values).toEqual([1]);
    await here.stop();
  });

  it.each([
    ["asked to end", 500, "shutdown"],
    ["killed", "brutal_kill", "killed"],
  ] as const)("T7 its task can be %s before that, and never runs", async (_name, how, reason) => {
    const { time, here, log, call, open } = slow;
    await time.run(async (self) => {
      const task = here.asyncNolink(self, call);
      expect(await Task.shutdown(self, task, how)).toBeNull();
      const other = TaskSupervisor.start({ node: time.node, shutdown: how });
      const told = collect(TaskRunner.run([[other, call]], { node: time.node }));
      await other.stop();
      expect((await told).errors).toEqual([{ index: 0, reason }]);
    });
    expect(here.children()).toEqual([]);
    await open();
    expect(log).toEqual([]);
    await here.stop();
  });

  it("T1 a linked task goes down with its owner before that, and never runs", async () => {
    const { time, here, log, call, open } = slow;
    time.node.spawn((me) => {
      here.async(me, call);
      throw new Error("boom");
    });
    await time.advance(0);
    expect(here.children()).toEqual([]);
    await open();
    expect(log).toEqual([]);
    await here.stop();
  });

  it("T1 a linked task whose module does not load takes its owner along, or tells it, if that one traps exits", async () => {
    const { time, here, call, open } = slow;
    const ends: unknown[] = [];
    const pids = [true, false].map((trapExit) =>
      time.node.spawn(async (me) => {
        me.trapExit = trapExit;
        const task = here.async(me, call);
        const told = [await me.receive(), await me.receive()];
        ends.push(...told.filter((message) => message instanceof Exit), await Task.yield(me, task));
      }),
    );
    const told = time.node.run(async (self) => {
      const ref = self.monitor(pids[1]!);
      return self.receive((message): message is Down => message instanceof Down && message.ref === ref);
    });
    await open(new Error("not today"));
    expect(await time.until(told)).toMatchObject({ reason: { code: "load_failed" } });
    const reason = expect.objectContaining({ code: "load_failed" }) as unknown;
    expect(ends).toEqual([new Exit(here.pid, reason), { exit: reason }]);
    await here.stop();
  });

  it("T8 an ignored task whose module does not load harms nobody", async () => {
    const { time, here, call, open } = slow;
    const told = time.node.run(async (me) => {
      expect(Task.ignore(me, here.async(me, call))).toBeNull();
      await me.receive(undefined, { after: 100 });
      return "alive";
    });
    await time.advance(0);
    await open(new Error("not today"));
    expect(await time.until(told)).toBe("alive");
    await here.stop();
  });

  it("R9 a task whose time was up meanwhile runs once, in its next attempt", async () => {
    const { time, here, log, call, open } = slow;
    const runner = TaskRunner.run([[here, call]], { node: time.node, taskTimeout: 30, retry: { attempts: 3 } });
    const told = collect(runner);
    await time.advance(45);
    await open();
    expect(log).toEqual(["run"]);
    expect(await time.until(told)).toMatchObject({ values: [1], errors: [] });
    await here.stop();
  });

  it("R9 a child that is stopped and started again meanwhile runs once", async () => {
    const { time, here, log, call, open } = slow;
    const child = here.startChild(call, { restart: "permanent" });
    child.exit("boom");
    await time.advance(0);
    expect(here.countChildren()).toEqual({ active: 1, waiting: 0 });
    void here.stop("shutdown", { drain: true });
    await open();
    expect(log).toEqual(["run"]);
    await time.advance(0);
    expect(here.isRunning).toBe(false);
  });

  it("R12 when it does not load, its task fails and says why", async () => {
    const { time, here, call, open } = slow;
    const told = collect(TaskRunner.run([[here, call]], { node: time.node }));
    await open(new Error("not today"));
    const { errors } = await time.until(told);
    expect(errors).toMatchObject([{ index: 0, reason: { code: "load_failed" } }]);
    expect((errors[0]?.reason as Error).message).toMatch(/slow-to-load\.mjs\?\d+ cannot be imported: Error: not today$/);
    await here.stop();
  });
});
