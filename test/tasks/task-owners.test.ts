import { Exit, type Pid, type Self, Task, TaskSupervisor, callOf, transfer } from "taskward";
import { stream } from "taskward/stream";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { arrival, nothingLeft, virtualPlaces, work } from "./places.js";

interface Gate {
  readonly gate: string;
  readonly pid: Pid;
}

/** Runs something in a process that then ends with a reason. */
const owner = (self: Self, begin: (me: Self) => unknown, reason: unknown): void => {
  self.spawn(async (me) => {
    await begin(me);
    me.exit(reason);
  });
};

describe.each(virtualPlaces)("a task that waits for its turn, and its owner: $name", ({ play }) => {
  const waiting = (scene: Parameters<typeof play>[0]): Promise<void> =>
    play(
      async (self, stage) => {
        const blocks = stage.pool.asyncNolink(self, work.gated(self.pid, "first"));
        const { go } = await arrival(self, "first");
        await scene(self, stage);
        go("value");
        await Task.await(self, blocks);
      },
      { concurrency: 1 },
    );

  it.each<[name: string, how: (me: Self, pool: TaskSupervisor) => unknown, reason: unknown, waits: number]>([
    ["T1 a linked one goes with its owner's crash", (me, pool) => pool.async(me, work.value(1)), "boom", 0],
    ["T1 a linked one goes with its owner's orderly end", (me, pool) => pool.async(me, work.value(1)), "shutdown", 0],
    ["T1 a linked one stays after its owner's normal end", (me, pool) => pool.async(me, work.value(1)), "normal", 1],
    ["S4 one without a link stays after its owner's crash", (me, pool) => pool.asyncNolink(me, work.value(1)), "boom", 1],
    [
      "S4 one without a link stays when its owner crashes that waits for it",
      (me, pool) => {
        void Task.yield(me, pool.asyncNolink(me, work.value(1))).catch(() => undefined);
      },
      "boom",
      1,
    ],
    [
      "T1 a linked one goes with its owner's crash, also when that one has waited for it",
      (me, pool) => Task.yield(me, pool.async(me, work.value(1)), 1),
      "boom",
      0,
    ],
    [
      "T8 an ignored one stays after its owner's crash",
      (me, pool) => {
        Task.ignore(me, pool.async(me, work.value(1)));
      },
      "boom",
      1,
    ],
  ])("%s", (_name, how, reason, waits) =>
    waiting(async (self, { pool }) => {
      owner(self, (me) => how(me, pool), reason);
      await self.sleep(10);
      expect(pool.countChildren()).toEqual({ active: 1, waiting: waits });
    }),
  );

  it("T1 an owner that traps exits hears of a linked one that was stopped, as its outcome alone", () =>
    waiting(async (self, { pool }) => {
      self.trapExit = true;
      const task = pool.async(self, work.value(1));
      expect(await pool.terminateChild(task)).toBe(true);
      expect(await Task.yield(self, task)).toEqual({ exit: "shutdown" });
      await nothingLeft(self);
    }));

  it.each<[what: string, start: (pool: TaskSupervisor, keeper: Self, name: string, owner: Self | undefined) => unknown]>([
    ["children", (pool, { pid }, name, owner) => pool.startChild(work.gated(pid, name), owner && { owner })],
    ["streams", (pool, { pid }, name, owner) => stream(pool, work.conducted(pid, name), owner && { owner })],
  ])("S7 %s take turns by who asks for them", (_what, start) =>
    play(
      async (self, { pool }) => {
        start(pool, self, "first", self);
        const { go } = await arrival(self, "first");
        for (const name of ["a", "b"])
          self.spawn(async (me) => {
            for (let n = 0; n < 3; n++) start(pool, self, `${name}${n}`, me);
            await me.receive();
          });
        await self.sleep(1);
        for (let n = 0; n < 3; n++) start(pool, self, `nobody's ${n}`, undefined);
        go("exit", "normal");
        const order: string[] = [];
        for (let n = 0; n < 9; n++) {
          const { gate, pid } = await self.receive(
            (message): message is Gate => typeof message === "object" && message !== null && "gate" in message,
          );
          order.push(gate);
          self.send(pid, { order: "exit", what: "normal" });
        }
        expect(order).toEqual(["a0", "b0", "nobody's 0", "a1", "b1", "nobody's 1", "a2", "b2", "nobody's 2"]);
      },
      { concurrency: 1 },
    ),
  );
});

describe("T1 a linked task, its owner, and exits", () => {
  it("T1 a task that traps exits gets its owner's exit once", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const here = TaskSupervisor.start({ node: time.node });
    const got: unknown[] = [];
    let ownerPid: unknown;
    time.node.spawn(async (me) => {
      ownerPid = me.pid;
      here.async(me, async (self) => {
        self.trapExit = true;
        for (let message = await self.receive(); message !== undefined; message = await self.receive(undefined, { after: 100 })) got.push(message);
      });
      await me.sleep(10);
      me.exit("boom");
    });
    await time.advance(200);
    expect(got).toEqual([new Exit(ownerPid as Exit["from"], "boom")]);
    await time.until(here.stop());
  });

  it("K15 a task that nobody asked for has no callers, nor has a stream", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node });
    expect(await time.until(Task.await(here.asyncNolink((self: Self) => self.callers)))).toEqual([]);
    const items = stream(here, async function* (self: Self) {
      yield await Promise.resolve(self.callers);
    });
    expect(await time.until(items.next())).toEqual({ done: false, value: [] });
    await time.until(here.stop());
  });

  it("P4 a child whose arguments are moved runs once, as any child does unless told otherwise", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node, concurrency: 1 });
    const buffer = new ArrayBuffer(8);
    const args = transfer([buffer], [buffer]);
    const blocks = here.startChild((self: Self) => self.sleep(1));
    expect(here.startChild(callOf("module:work", "one", args)).onProgress).toBeUndefined();
    expect(blocks.onProgress).toBeUndefined();
    expect(here.countChildren()).toEqual({ active: 1, waiting: 1 });
    await time.until(here.stop("killed"));
  });
});

describe.each(virtualPlaces)("T6 yieldMany: $name", ({ play }) => {
  it("T6 waits for all of them, and as long as the last takes", () =>
    play(
      async (self, { pool, node }) => {
        const start = node.clock.now();
        const tasks = [10, 30, 20].map((ms) => pool.asyncNolink(self, work.sleep(ms, ms)));
        expect((await Task.yieldMany(self, tasks)).map(([, result]) => result)).toEqual([{ ok: 10 }, { ok: 30 }, { ok: 20 }]);
        expect(node.clock.now() - start).toBeGreaterThanOrEqual(30);
        await nothingLeft(self);
      },
      { concurrency: 3 },
    ));

  it("T6 with a limit, those that had ended count, and are told", () =>
    play(async (self, { pool, node }) => {
      const done = Task.completed(self, "done");
      const tasks = [done, pool.asyncNolink(self, work.gated(self.pid, "a")), pool.asyncNolink(self, work.gated(self.pid, "b"))];
      const gates = [await arrival(self, "a"), await arrival(self, "b")];
      const start = node.clock.now();
      const told = Task.yieldMany(self, tasks, { limit: 2, timeout: 1_000 });
      await self.sleep(10);
      gates[0]?.go("value", "a");
      expect((await told).map(([, result]) => result)).toEqual([{ ok: "done" }, { ok: "a" }, null]);
      expect(node.clock.now() - start).toBeLessThan(1_000);
      gates[1]?.go("value", "b");
      expect(await Task.await(self, tasks[2]!)).toBe("b");
    }));

  it("T6 a number is how long it waits", () =>
    play(async (self, { pool, node }) => {
      const start = node.clock.now();
      const task = pool.asyncNolink(self, work.never());
      expect(await Task.yieldMany(self, [task], 20)).toEqual([[task, null]]);
      expect(node.clock.now() - start).toBe(20);
    }));

  it("T6 kill_task asks nobody first, and tells of those that had been killed before", () =>
    play(
      async (self, { pool }) => {
        const tidy = pool.asyncNolink(self, work.tidy(self.pid, "tidy"));
        const killed = pool.asyncNolink(self, work.gated(self.pid, "killed"));
        await arrival(self, "tidy");
        self.exit((await arrival(self, "killed")).pid, "kill");
        await self.sleep(1);
        expect(await Task.yieldMany(self, [tidy, killed], { timeout: 10, onTimeout: "kill_task" })).toEqual([
          [tidy, null],
          [killed, { exit: "killed" }],
        ]);
        await nothingLeft(self);
        expect(pool.children()).toEqual([]);
      },
      { concurrency: 2 },
    ));

  it("T6 ignore lets what has not ended run on, and drops what it answers", () =>
    play(async (self, { pool }) => {
      const task = pool.async(self, work.gated(self.pid, "a"));
      const { go } = await arrival(self, "a");
      expect(await Task.yieldMany(self, [task], { timeout: 10, onTimeout: "ignore" })).toEqual([[task, null]]);
      expect(pool.countChildren()).toEqual({ active: 1, waiting: 0 });
      go("crash", "boom");
      await self.sleep(10);
      expect(pool.children()).toEqual([]);
      await nothingLeft(self);
    }));
});

describe.each(virtualPlaces)("T4 awaitMany: $name", ({ play }) => {
  it("T4 when one fails, those that are linked are stopped, and the others run on", () =>
    play(
      async (self, { pool }) => {
        self.trapExit = true;
        const linked = pool.async(self, work.never());
        const alone = pool.asyncNolink(self, work.gated(self.pid, "alone"));
        const { go } = await arrival(self, "alone");
        const fails = Task.async(self, () => Promise.reject(new Error("boom")));
        await expect(Task.awaitMany(self, [linked, alone, fails])).rejects.toMatchObject({ code: "task_failed" });
        await self.sleep(10);
        expect(pool.children().map(({ runs }) => runs)).toEqual(["gated"]);
        go("value", 1);
        await self.sleep(10);
        const exits: unknown[] = [];
        for (let message = await self.receive(undefined, { after: 0 }); message !== undefined; message = await self.receive(undefined, { after: 0 }))
          exits.push(message);
        expect(exits).toEqual([expect.objectContaining({ from: fails.pid }) as unknown]);
      },
      { concurrency: 2 },
    ));
});
