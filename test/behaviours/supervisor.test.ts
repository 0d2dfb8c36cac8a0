import { Down, Exit, type Pid, type Self } from "taskward";
import {
  AlreadyPresent,
  AlreadyStarted,
  type ChildLike,
  ChildNotFound,
  ChildRunning,
  DuplicateChild,
  DynamicSupervisor,
  StartFailed,
  Supervisor,
  type SupervisorOptions,
} from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** A tree in virtual time, and what its children did, in order. */
class Stage {
  readonly time = new VirtualTime({ reporter: () => undefined });
  readonly log: string[] = [];
  readonly pids = new Map<string, Pid>();
  /** Children that fail to start so many times. */
  readonly failing = new Map<string, number>();

  /** A child that waits for orders, and tells of its start and, when it is asked to end, of its stop. */
  child(id: string, fields: object = {}): ChildLike {
    return {
      id,
      start: (self: Self) => {
        const left = this.failing.get(id) ?? 0;
        if (left > 0) {
          this.failing.set(id, left - 1);
          this.log.push(`!${id}`);
          throw new Error(`${id} does not start`);
        }
        this.log.push(`+${id}`);
        return new Promise<Pid>((resolve) => {
          const pid = self.spawnLink(async (me) => {
            me.trapExit = true;
            resolve(pid);
            const message = await me.receive();
            if (message instanceof Exit) this.log.push(`-${id}`);
            me.exit(message instanceof Exit ? message.reason : message);
          });
          this.pids.set(id, pid);
        });
      },
      ...fields,
    } as ChildLike;
  }

  children(...ids: string[]): ChildLike[] {
    return ids.map((id) => this.child(id));
  }

  /** Has a child end with this reason, and waits for everything that comes of it at once. */
  async end(id: string, reason: unknown): Promise<void> {
    this.time.node.send(this.pids.get(id)!, reason);
    await this.time.advance(0);
  }

  start(children: readonly ChildLike[], options: SupervisorOptions = {}): Promise<Supervisor> {
    return this.time.until(Supervisor.start(children, { node: this.time.node, ...options }));
  }

  /** What has been logged since the last time. */
  get told(): string {
    return this.log.splice(0).join(" ");
  }
}

const boom = new Error("boom");

describe("V2 a parent that is dead", () => {
  it.each([
    ["Supervisor", (self: Self) => Supervisor.startLink(self, [])],
    ["DynamicSupervisor", (self: Self) => DynamicSupervisor.startLink(self)],
  ])("V2 starts no %s, which nobody would ever stop", async (_name, start) => {
    const { time } = new Stage();
    let dead: Self | undefined;
    const pid = time.node.spawn((self) => {
      dead = self;
    });
    await time.advance(0);
    await expect(start(dead!)).rejects.toThrow(`process ${pid} has exited`);
    expect(time.node.processCount).toBe(0);
  });
});

describe("V1 strategies", () => {
  it.each([
    ["one_for_one", "+b"],
    ["rest_for_one", "-c +b +c"],
    ["one_for_all", "-c -a +a +b +c"],
  ] as const)("V1 %s: starts in order, stops in reverse", async (strategy, expected) => {
    const stage = new Stage();
    const app = await stage.start(stage.children("a", "b", "c"), { strategy });
    expect(stage.told).toBe("+a +b +c");
    await stage.end("b", boom);
    expect(stage.told).toBe(expected);
    await stage.time.until(app.stop());
    expect(stage.told).toBe("-c -b -a");
    expect(app.isRunning).toBe(false);
    expect(await app.ended).toBe("normal");
    expect(stage.time.node.processCount).toBe(0);
  });

  it.each([
    ["permanent", "normal", true],
    ["permanent", "shutdown", true],
    ["permanent", boom, true],
    ["transient", "normal", false],
    ["transient", "shutdown", false],
    ["transient", { shutdown: "x" }, false],
    ["transient", boom, true],
    ["temporary", "normal", false],
    ["temporary", boom, false],
  ] as const)("V1 a %s child that ends with %o is started again: %s", async (restart, reason, again) => {
    const stage = new Stage();
    const app = await stage.start([stage.child("a", { restart })]);
    await stage.end("a", reason);
    expect(stage.told).toBe(again ? "+a +a" : "+a");
    const left = await stage.time.until(app.whichChildren());
    expect(left.map(({ state, restarts }) => [state, restarts])).toEqual(again ? [["running", 1]] : restart === "transient" ? [["stopped", 0]] : []);
    await stage.time.until(app.stop());
  });

  it("V1 more than maxRestarts within maxSeconds: stops the others in reverse, and exits with shutdown", async () => {
    const stage = new Stage();
    const app = await stage.start(stage.children("a", "b", "c"), { maxRestarts: 2, maxSeconds: 1 });
    await stage.end("b", boom);
    await stage.time.advance(1_001);
    await stage.end("b", boom);
    await stage.end("b", boom);
    expect(app.isRunning).toBe(true);
    await stage.end("b", boom);
    expect(stage.told).toBe("+a +b +c +b +b +b -c -a");
    expect(await app.ended).toBe("shutdown");
  });

  it("V1 the supervisor above starts it again, with all of its children", async () => {
    const stage = new Stage();
    const app = await stage.start([stage.child("a"), { id: "sub", start: Supervisor.child(stage.children("b", "c"), { maxRestarts: 0 }) }]);
    await stage.end("c", boom);
    expect(stage.told).toBe("+a +b +c -b +b +c");
    expect(await stage.time.until(app.whichChildren())).toMatchObject([
      { id: "a", type: "worker", restarts: 0 },
      { id: "sub", type: "supervisor", restarts: 1 },
    ]);
    await stage.time.until(app.stop());
    expect(stage.told).toBe("-c -b -a");
  });

  it("V1 a child that does not start again is tried again, and counts", async () => {
    const stage = new Stage();
    const app = await stage.start(stage.children("a", "b", "c"), { strategy: "rest_for_one", maxRestarts: 3 });
    stage.failing.set("c", 1);
    await stage.end("b", boom);
    expect(stage.told).toBe("+a +b +c -c +b !c +c");
    stage.failing.set("a", 9);
    await stage.end("a", boom);
    expect(stage.told).toBe("-c -b !a");
    expect(await app.ended).toBe("shutdown");
  });
});

describe("V2 a child that fails to start", () => {
  it("V2 the started ones are stopped in reverse, and start rejects with which and why", async () => {
    const stage = new Stage();
    stage.failing.set("c", 1);
    const error = await stage.start(stage.children("a", "b", "c", "d"), { name: "app" }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartFailed);
    expect(error).toMatchObject({ who: "child c of Supervisor app", reason: { message: "c does not start" } });
    expect(stage.told).toBe("+a +b !c -b -a");
    expect(stage.time.node.processCount).toBe(0);
    expect(stage.time.node.whereis("app")).toBeUndefined();
  });

  it("V2 one that does not want to start is no failure", async () => {
    const stage = new Stage();
    const ignore = () => Promise.reject(new StartFailed("b", "ignore"));
    const app = await stage.start([stage.child("a"), { id: "b", start: ignore }, { id: "c", start: ignore, restart: "temporary" }, stage.child("d")]);
    expect(await stage.time.until(app.whichChildren())).toMatchObject([
      { id: "a", state: "running" },
      { id: "b", state: "stopped", pid: undefined },
      { id: "d", state: "running" },
    ]);
  });

  it("V2 tells a process that it is linked to by the rejection alone", async () => {
    const stage = new Stage();
    stage.failing.set("a", 1);
    const caught = await stage.time.run(async (self) => {
      const error = await Supervisor.startLink(self, stage.children("a")).catch((reason: unknown) => reason);
      await self.sleep(10);
      return error;
    });
    expect(caught).toMatchObject({ code: "start_failed" });
  });
});

describe("V3 children by request", () => {
  it("V3 startChild, terminateChild, restartChild, deleteChild, whichChildren, countChildren", async () => {
    const stage = new Stage();
    const { time } = stage;
    const app = await stage.start(stage.children("a"), { name: "app" });
    const pid = await time.until(app.startChild(stage.child("b")));
    expect(pid).toBe(stage.pids.get("b"));
    await expect(time.until(app.startChild(stage.child("b")))).rejects.toMatchObject({ code: "already_started", pid });
    await expect(time.until(app.restartChild("b"))).rejects.toBeInstanceOf(ChildRunning);
    await expect(time.until(app.deleteChild("b"))).rejects.toMatchObject({ code: "running" });
    await time.until(app.terminateChild("b"));
    await expect(time.until(app.startChild(stage.child("b")))).rejects.toBeInstanceOf(AlreadyPresent);
    expect(await time.until(app.countChildren())).toEqual({ specs: 2, active: 1, supervisors: 0, workers: 2 });
    expect(await time.until(Supervisor.at("app", { node: time.node }).restartChild("b"))).toBe(stage.pids.get("b"));
    await time.until(app.terminateChild("b"));
    await time.until(app.deleteChild("b"));
    for (const method of ["terminateChild", "restartChild", "deleteChild"] as const)
      await expect(time.until<unknown>(app[method]("b"))).rejects.toBeInstanceOf(ChildNotFound);
    expect(stage.told).toBe("+a +b -b +b -b");
    stage.failing.set("c", 1);
    await expect(time.until(app.startChild(stage.child("c")))).rejects.toMatchObject({ code: "start_failed" });
    expect(await time.until(app.whichChildren())).toEqual([{ id: "a", pid: stage.pids.get("a"), state: "running", type: "worker", restarts: 0 }]);
    await time.until(app.stop());
    await expect(time.until(app.startChild(stage.child("d")))).rejects.toMatchObject({ code: "supervisor_down" });
    await time.until(app.stop());
  });

  it("V3 a temporary child that was terminated is forgotten", async () => {
    const stage = new Stage();
    const app = await stage.start([stage.child("a", { restart: "temporary" })]);
    await stage.time.until(app.terminateChild("a"));
    expect(await stage.time.until(app.whichChildren())).toEqual([]);
  });

  it("V3 two children with the same id do not start at all", async () => {
    const stage = new Stage();
    await expect(stage.start(stage.children("a", "b", "a"))).rejects.toBeInstanceOf(DuplicateChild);
    expect(stage.told).toBe("");
    expect(AlreadyStarted.name).toBe("AlreadyStarted");
  });
});

describe("V4 significant children", () => {
  it.each([
    ["any_significant", "a", "-c -b"],
    ["all_significant", "a", ""],
    ["all_significant", "a b", "-c"],
    ["any_significant", "c", ""],
  ] as const)("V4 %s: after the end of %s", async (autoShutdown, ends, expected) => {
    const stage = new Stage();
    const significant = { significant: true, restart: "transient" };
    const app = await stage.start([stage.child("a", significant), stage.child("b", significant), stage.child("c", { restart: "transient" })], {
      autoShutdown,
    });
    expect(stage.told).toBe("+a +b +c");
    for (const id of ends.split(" ")) await stage.end(id, "normal");
    expect(stage.told).toBe(expected);
    expect(app.isRunning).toBe(expected === "");
    if (expected !== "") expect(await app.ended).toBe("shutdown");
  });

  it("V4 one that was terminated by request ends nothing", async () => {
    const stage = new Stage();
    const app = await stage.start([stage.child("a", { significant: true, restart: "transient" })], { autoShutdown: "any_significant" });
    await stage.time.until(app.terminateChild("a"));
    expect(app.isRunning).toBe(true);
  });

  it("V4 cannot be permanent, nor under a supervisor that never shuts down by itself", async () => {
    const stage = new Stage();
    await expect(stage.start([stage.child("a", { significant: true })], { autoShutdown: "any_significant" })).rejects.toThrow("permanent");
    await expect(stage.start([stage.child("a", { significant: true, restart: "transient" })])).rejects.toThrow('autoShutdown "never"');
  });
});

describe("V6 shutdown", () => {
  const deaf = (fields: object): ChildLike =>
    ({
      id: "deaf",
      run: async (self: Self) => {
        self.trapExit = true;
        for (;;) await self.receive();
      },
      ...fields,
    }) as ChildLike;

  it.each([
    [{ shutdown: 3_000 }, 3_000],
    [{}, 5_000],
    [{ shutdown: "brutal_kill" }, 0],
    [{ type: "supervisor", shutdown: 7 }, 7],
  ])("V6 %o: is killed after %i ms", async (fields, ms) => {
    const { time } = new Stage();
    const app = await time.until(Supervisor.start([deaf(fields)], { node: time.node }));
    await time.until(app.stop());
    expect(time.now).toBe(ms);
    expect(time.node.processCount).toBe(0);
  });

  it("V6 infinity waits", async () => {
    const { time } = new Stage();
    const app = await time.until(Supervisor.start([deaf({ shutdown: "infinity" })], { node: time.node }));
    const pid = (await time.until(app.whichChildren()))[0]!.pid!;
    const stopped = app.stop();
    await time.advance(1e9);
    expect(app.isRunning).toBe(true);
    time.node.spawn((self) => self.exit(pid, "kill"));
    await time.until(stopped);
  });

  it("V6 a child that has done away with its link is stopped all the same", async () => {
    const stage = new Stage();
    const { time } = stage;
    const app = await stage.start([
      {
        id: "loner",
        run: async (self: Self) => {
          self.unlink(self.parent!);
          await self.receive();
        },
      },
    ]);
    await time.until(app.stop());
    expect(time.node.processCount).toBe(0);
  });

  it("V6 the exit of its parent ends it, after its children, with the parent's reason", async () => {
    const stage = new Stage();
    const reason = await stage.time.run(async (self) => {
      self.spawn(async (me) => {
        const sub = await Supervisor.startLink(me, stage.children("a", "b"));
        self.send(self.pid, self.monitor(sub.pid));
        me.exit(boom);
      });
      const subRef = await self.receive((message) => typeof message === "string");
      const down = await self.receive((message): message is Down => message instanceof Down && message.ref === subRef);
      return down.reason;
    });
    expect(reason).toBe(boom);
    expect(stage.told).toBe("+a +b -b -a");
  });
});

describe("V6 a child that is still starting when all are to stop", () => {
  /** A child whose start has spawned a process already, and answers when the gate is opened; and that process. */
  function hanging(stage: Stage, answers: boolean) {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let pid: Pid | undefined;
    const child: ChildLike = {
      id: "hangs",
      shutdown: 100,
      start: async (self: Self) => {
        if (!answers) self.spawnLink((own) => own.receive());
        await gate;
        pid = stage.time.node.spawn((own) => own.receive());
        return pid;
      },
    };
    const alive = (): boolean => pid !== undefined && stage.time.node.info(pid) !== undefined;
    return { child, open: () => open(), alive, known: () => pid !== undefined };
  }

  it.each([true, false])(
    "is given up when its time is over, and what comes of it later is killed; whoever started the supervisor lives on",
    async (answers) => {
      const stage = new Stage();
      const { time } = stage;
      const { child, open, alive, known } = hanging(stage, answers);
      let failed: unknown;
      const parent = time.node.spawn(async (self) => {
        await Supervisor.startLink(self, [...stage.children("a"), child], { name: "app" }).catch((error: unknown) => (failed = error));
        await self.receive();
      });
      await time.advance(10);
      await time.until(Supervisor.at("app", { node: time.node }).stop());
      expect([time.now, stage.told, failed]).toEqual([110, "+a -a", expect.any(StartFailed)]);
      open();
      await time.advance(0);
      expect([known(), alive()]).toEqual([true, false]);
      expect([...time.node.processes()].map(({ pid }) => pid)).toEqual([parent]);
      time.node.find(parent)?.terminate("killed");
    },
  );
});

describe("V3 what is no supervisor", () => {
  it("is refused, when it is asked as one", async () => {
    const time = new VirtualTime();
    const pid = time.node.spawn((self) => self.receive());
    const refused = { code: "invalid_option", message: expect.stringContaining("no supervisor") };
    await expect(Supervisor.at(pid, { node: time.node }).countChildren()).rejects.toMatchObject(refused);
    await expect(Supervisor.at(pid, { node: time.node }).stop()).rejects.toMatchObject(refused);
    expect(time.node.info(pid)).toBeDefined();
  });
});
