import { type CrashReport, type Pid, type Self, TaskSupervisor, formatCrash } from "taskward";
import { DynamicSupervisor, GenServer, Registry, Supervisor } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Counter } from "./counter.js";

let time: VirtualTime;
let registry: Registry<string>;
const reports: CrashReport[] = [];
beforeEach(() => {
  reports.length = 0;
  time = new VirtualTime({ reporter: (report) => reports.push(report) });
  registry = Registry.start<string>({ keys: "unique", name: "names", node: time.node });
});
afterEach(async () => {
  expect(registry.count).toBe(0);
  await registry.stop();
  await time.advance(0);
  expect([time.node.processCount, time.clock.pending]).toEqual([0, 0]);
});

const waits = (self: Self): Promise<unknown> => self.receive((message) => message === "end");

describe("G4 a key of a registry names", () => {
  it("G4 a server: started, called, cast, and refused to a second one", async () => {
    const { node } = time;
    const server = await time.until(GenServer.start(Counter, [40], { name: registry.via("counter"), node }));
    const named = GenServer.at<Counter>(registry.via("counter"), { node });
    expect(named.pid).toBe(server.pid);
    named.cast.add(1);
    expect(await time.until(named.call.add(1))).toBe(42);
    await expect(time.until(GenServer.start(Counter, [0], { name: registry.via("counter"), node }))).rejects.toMatchObject({
      code: "start_failed",
      reason: { code: "name_taken", pid: server.pid },
    });
    await time.until(named.stop());
    expect(named.pid).toBeUndefined();
    await expect(time.until(named.call.total())).rejects.toMatchObject({ code: "call_failed", reason: "noproc", who: "names[counter]" });
    expect(() => {
      named.cast.add(1);
    }).not.toThrow();
  });

  it("G4 a supervised server, and the one that takes its place", async () => {
    const { node } = time;
    const app = await time.until(
      Supervisor.start([{ id: "counter", start: GenServer.child(Counter, [40], { name: registry.via("counter") }) }], { node }),
    );
    const named = GenServer.at<Counter>(registry.via("counter"), { node });
    expect(await time.until(named.call.add(1))).toBe(41);
    const first = named.pid;
    await expect(time.until(named.call.fails(new Error("kaputt")))).rejects.toMatchObject({ code: "call_failed", who: "names[counter]" });
    await time.advance(0);
    expect(named.pid).not.toBe(first);
    expect(await time.until(named.call.add(2))).toBe(42);
    await time.until(app.stop());
    expect(named.pid).toBeUndefined();
  });

  it("G4 supervisors, which restart their children as with any name, and are found when they have been restarted themselves", async () => {
    const { node } = time;
    const inner = [{ id: "inner", run: waits }];
    const app = await time.until(
      Supervisor.start(
        [
          { id: "tree", start: Supervisor.child(inner, { name: registry.via("tree") }) },
          { id: "dynamic", start: DynamicSupervisor.child({ name: registry.via("dynamic") }) },
        ],
        { node, name: registry.via("app") },
      ),
    );
    expect([app.name, String(app)]).toEqual([undefined, `Supervisor ${app.pid}`]);
    const at = (key: string): Pid => node.whereis(registry.via(key))!;
    expect(at("app")).toBe(app.pid);
    const [tree, dynamic] = [at("tree"), at("dynamic")];
    expect(await time.until(Supervisor.at(tree, { node }).countChildren())).toMatchObject({ active: 1 });
    await time.until(DynamicSupervisor.at(dynamic, { node }).startChild({ id: "x", run: waits }));
    await time.run((self) => {
      for (const pid of [tree, dynamic]) self.exit(pid, "kill");
    });
    await time.advance(0);
    expect([at("tree"), at("dynamic")]).not.toContain(undefined);
    expect([tree, dynamic]).not.toContain(at("tree"));
    expect(await time.until(Supervisor.at(at("tree"), { node }).countChildren())).toMatchObject({ active: 1 });
    expect(await time.until(DynamicSupervisor.at(at("dynamic"), { node }).countChildren())).toMatchObject({ active: 0 });
    await time.until(app.stop());
  });

  it("G4 S6 a TaskSupervisor in a tree, found by TaskSupervisor.at as by a plain name", async () => {
    const { node } = time;
    for (const name of [registry.via("pool"), "pool"]) {
      const pool = TaskSupervisor.at(name, { node });
      expect(pool.isRunning).toBe(false);
      expect(() => pool.asyncNolink(() => 1)).toThrow(expect.objectContaining({ code: "supervisor_down" }));
      const app = await time.until(Supervisor.start([{ id: "pool", start: TaskSupervisor.child({ name }) }], { node }));
      const first = pool.pid;
      expect([pool.isRunning, pool.name, first]).toEqual([true, name, node.whereis(name)]);
      const task = pool.startChild(waits);
      expect(pool.children()).toHaveLength(1);
      await time.run((self) => self.exit(first, "kill") as undefined);
      await time.advance(0);
      expect(task.pid === undefined || node.info(task.pid) === undefined).toBe(true);
      expect([pool.isRunning, pool.pid === first, pool.children()]).toEqual([true, false, []]);
      let ran = false;
      pool.startChild(() => void (ran = true));
      await time.advance(0);
      expect(ran).toBe(true);
      await time.until(app.stop());
      expect(pool.isRunning).toBe(false);
      expect(() => pool.startChild(waits)).toThrow(expect.objectContaining({ code: "supervisor_down" }));
    }
    expect(() => TaskSupervisor.at("", { node })).toThrow(/name is ""/);
    expect(() => TaskSupervisor.at("pool", { nod: node } as never)).toThrow(/at options\.nod/);
  });
});

describe("T14 the crash of a supervised server", () => {
  it("T14 is one block that says who, by whom, how often, why, what it handled, and what waited", async () => {
    const { node } = time;
    const app = await time.until(
      Supervisor.start([{ id: "counter", start: GenServer.child(Counter, [40], { name: registry.via("counter"), label: "totals" }) }], { node }),
    );
    const named = GenServer.at<Counter>(registry.via("counter"), { node });
    for (const restarts of [0, 1]) {
      const { pid } = named;
      const error = new RangeError("no total", { cause: new TypeError("no rows") });
      const calls = await time.until(Promise.allSettled([named.call.failsLater(error), named.call.total()]));
      for (const call of calls) expect(call).toMatchObject({ status: "rejected", reason: { code: "call_failed", reason: error } });
      await time.advance(0);
      expect(reports).toHaveLength(restarts + 1);
      const lines = formatCrash(reports[restarts]!).split("\n");
      const own = lines.filter((line) => !line.startsWith("      at ") && !line.includes("node_modules"));
      expect(own).toEqual([
        `process ${pid} (totals) crashed: RangeError: no total`,
        "  runs: Counter, with [40]",
        `  started by: ${app.pid}`,
        `  callers: ${app.pid}`,
        "  RangeError: no total",
        "  caused by: TypeError: no rows",
        `  supervisor: ${app.pid}, which had ${restarts === 1 ? "restarted it once" : "not restarted it"} before`,
        expect.stringMatching(/^ {2}last message: \{"\$call":"failsLater","args":\[\{/),
        "  mailbox: 1 waiting",
      ]);
      expect(lines.filter((line) => line.startsWith("      at ")).length).toBeGreaterThan(2);
      expect(reports[restarts]).toMatchObject({ handled: false });
    }
    await time.until(app.stop());
    expect(reports).toHaveLength(2);
  });

  it.each(["normal", "shutdown", { shutdown: "moving" }])("T14 an orderly end is no crash: %o", async (reason) => {
    const app = await time.until(Supervisor.start([{ id: "counter", start: GenServer.child(Counter) }], { node: time.node }));
    const [child] = await time.until(app.whichChildren());
    await time.until(GenServer.at<Counter>(child!.pid!, { node: time.node }).call.leave(reason));
    await time.advance(0);
    expect((await time.until(app.whichChildren()))[0]).toMatchObject({ state: "running", restarts: 1 });
    await time.until(app.stop());
    expect(reports).toEqual([]);
  });
});
