import { type Self, Task, TaskRunner, TaskSupervisor, callOf, collect } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { arrival, virtualPlaces, work } from "./places.js";

/** Whether a promise has been settled; time does not pass meanwhile. */
function watch(promise: Promise<unknown>): () => boolean {
  let isSettled = false;
  void promise.then(() => (isSettled = true));
  return () => isSettled;
}

const problem = (start: () => unknown): unknown => {
  try {
    start();
  } catch (error) {
    return (error as Error).message;
  }
  return "started";
};

describe.each(virtualPlaces)("S5 a supervisor that drains: $name", ({ play }) => {
  it("S5 lets what runs and what waits come to its end, and takes nothing new", () =>
    play(
      async (self, { pool }) => {
        const tasks = ["a", "b"].map((name) => pool.asyncNolink(self, work.gated(self.pid, name)));
        const first = await arrival(self, "a");
        const stopped = pool.stop("enough", { drain: true });
        const over = watch(stopped);
        expect(problem(() => pool.asyncNolink(self, work.value(1)))).toBe(
          `TaskSupervisor ${pool.pid} is not running ("enough"): nothing can be asked of it`,
        );
        expect([pool.isRunning, pool.countChildren()]).toEqual([true, { active: 1, waiting: 1 }]);
        await self.sleep(100_000);
        expect(over()).toBe(false);
        first.go("value", 1);
        const second = await arrival(self, "b");
        expect(over()).toBe(false);
        const ref = self.monitor(pool.pid);
        second.go("value", 2);
        expect(await Task.awaitMany(self, tasks)).toEqual([1, 2]);
        await stopped;
        expect(await self.receive()).toMatchObject({ ref, reason: "enough" });
        expect(pool.isRunning).toBe(false);
      },
      { concurrency: 1 },
    ));

  it("S5 for so many milliseconds, and then stops what is left", () =>
    play(
      async (self, { pool, node, timers }) => {
        const before = timers();
        const start = node.clock.now();
        const tasks = [pool.asyncNolink(self, work.sleep(10, "a")), pool.asyncNolink(self, work.never()), pool.asyncNolink(self, work.value(1))];
        await pool.stop("enough", { drain: 50 });
        expect(node.clock.now() - start).toBe(50);
        expect(await Task.yieldMany(self, tasks)).toMatchObject([
          [tasks[0], { ok: "a" }],
          [tasks[1], { exit: "shutdown" }],
          [tasks[2], { ok: 1 }],
        ]);
        expect(timers()).toBe(before);
      },
      { concurrency: 2 },
    ));

  it("S5 that has nothing to do is gone at once, and leaves no timer", () =>
    play(async (self, { pool, node, timers }) => {
      const [before, start] = [timers(), node.clock.now()];
      await pool.stop("enough", { drain: 1_000 });
      expect([timers(), node.clock.now(), pool.isRunning]).toEqual([before, start, false]);
      await pool.stop("enough", { drain: 1_000 });
      expect(self.info(pool.pid)).toBeUndefined();
    }));

  it("S5 does not start its children again", () =>
    play(async (self, { pool }) => {
      pool.startChild(work.gated(self.pid, "a"), { restart: "permanent" });
      const child = await arrival(self, "a");
      const stopped = pool.stop("enough", { drain: true });
      child.go("crash", "boom");
      await stopped;
      expect(await self.receive(undefined, { after: 10 })).toBeUndefined();
    }));

  it("S5 tells a run that its later tasks are refused, and one that waits for room as well", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run([1, 2, 3].map((n) => [pool, work.gated(self.pid, `${n}`)] as const)[Symbol.iterator](), {
          node,
          maxConcurrency: 1,
        });
        const told = collect(runner);
        const first = await arrival(self, "1");
        const stopped = pool.stop("enough", { drain: true });
        first.go("value", 1);
        await stopped;
        const { values, errors } = await told;
        expect(values).toEqual([1]);
        expect(errors).toMatchObject([
          { index: 1, reason: { code: "supervisor_down" } },
          { index: 2, reason: { code: "supervisor_down" } },
        ]);
      },
      { concurrency: 1 },
    ));

  it("S5 that is stopped meanwhile waits no longer, and the later reason is that of its end", () =>
    play(async (self, { pool }) => {
      const task = pool.asyncNolink(self, work.never());
      const ref = self.monitor(pool.pid);
      const drained = pool.stop("enough", { drain: true });
      await pool.stop("at once");
      await drained;
      expect(await self.receive((message) => (message as { readonly ref: unknown }).ref === ref)).toMatchObject({ reason: "at once" });
      expect(await Task.yield(self, task)).toEqual({ exit: "shutdown" });
    }));
});

describe.each(virtualPlaces)("a supervisor's process: $name", ({ play }) => {
  it("K16 says what it is", () =>
    play((self, { pool, supervisor }) => {
      expect(self.info(pool.pid)).toMatchObject({ label: "TaskSupervisor" });
      expect([String(pool), String(supervisor({ name: "pool" }))]).toEqual([`TaskSupervisor ${pool.pid}`, "TaskSupervisor pool"]);
    }));

  it("S5 minds neither messages nor the normal end of whoever is linked to it", () =>
    play(async (self, { pool }) => {
      self.send(pool.pid, { reason: "boom" });
      self.send(pool.pid, "shutdown");
      self.spawn((me) => {
        me.link(pool.pid);
      });
      await self.sleep(10);
      expect(await Task.await(self, pool.asyncNolink(self, work.value(1)))).toBe(1);
      expect(pool.isRunning).toBe(true);
    }));

  it("S5 is down for the reason that it was stopped for first", () =>
    play(async (self, { pool }) => {
      const task = pool.asyncNolink(self, work.tidy(self.pid, "a", 20));
      await arrival(self, "a");
      const both = Promise.all([pool.stop("enough"), pool.stop("other")]);
      expect(problem(() => pool.asyncNolink(work.value(1)))).toBe(`TaskSupervisor ${pool.pid} is not running ("enough"): nothing can be asked of it`);
      await both;
      expect(await Task.yield(self, task)).toEqual({ ok: "tidied" });
    }));

  it("S5 is shut down where no other reason is given", () =>
    play(async (self, { pool }) => {
      const ref = self.monitor(pool.pid);
      await pool.stop();
      expect(await self.receive()).toMatchObject({ ref, reason: "shutdown" });
    }));

  it("S5 asks the youngest of its tasks first to end", () =>
    play(async (self, { pool }) => {
      for (const name of ["a", "b"]) {
        pool.asyncNolink(work.tidy(self.pid, name));
        await arrival(self, name);
      }
      await pool.stop();
      expect([await self.receive(), await self.receive()]).toEqual([{ tidied: "b" }, { tidied: "a" }]);
    }));
});

describe("a place of one's own", () => {
  /** One that does as the event loop does, and takes so long to close. */
  const slowToClose = (time: VirtualTime, ms: number) =>
    TaskSupervisor.start({
      node: time.node,
      on: () => {
        const { place } = TaskSupervisor.start({ node: time.node }).crew;
        return {
          kind: "this event loop",
          parallelism: 1,
          hasRoom: () => place.hasRoom(),
          start: (job) => {
            place.start(job);
          },
          exit: (job, reason, kind) => {
            place.exit(job, reason, kind);
          },
          startedAt: (job) => place.startedAt(job),
          close: () => new Promise<void>((resolve) => void time.clock.set(resolve, ms)),
        };
      },
    });

  it("S5 a supervisor has stopped when its place is closed", async () => {
    const time = new VirtualTime();
    const pool = slowToClose(time, 70);
    expect(await time.until(Task.await(pool.asyncNolink((self: Self) => self.pid)))).toMatch(/^<main/);
    await time.until(pool.stop());
    expect(time.now).toBe(70);
    expect(time.node.info(pool.crew.pid)).toBeUndefined();
  });

  it("S6 metrics are those of the place, where it has any", async () => {
    const time = new VirtualTime();
    const pool = slowToClose(time, 0);
    expect(pool.metrics()).toBeUndefined();
    expect(pool.place).toMatchObject({ kind: "this event loop", parallelism: 1 });
    await time.until(pool.stop());
  });
});

describe("what a task is called", () => {
  it("T2 by its label, or what it runs, and its pid once that is known", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node, concurrency: 1 });
    const [named, anonymous, labelled, call] = [
      here.asyncNolink(async function quote(self: Self) {
        await self.sleep(1);
      }),
      here.asyncNolink(
        (
          () => (self: Self) =>
            self.sleep(1)
        )(),
      ),
      here.asyncNolink(() => 1, { label: "page" }),
      here.asyncNolink(callOf("module:quotes", "all", [])),
    ];
    expect([named, anonymous, labelled, call].map(String)).toEqual([
      `task quote ${String(named.pid)}`,
      "task an anonymous function",
      "task page",
      "task all",
    ]);
    expect(here.children().map(({ runs, label, state }) => [runs, label, state])).toEqual([
      ["quote", undefined, "running"],
      ["(anonymous function)", undefined, "waiting"],
      ["(anonymous function)", "page", "waiting"],
      ["all", undefined, "waiting"],
    ]);
    await time.advance(1);
    expect(String(anonymous)).toBe(`task an anonymous function ${String(anonymous.pid)}`);
    await time.until(here.stop());
  });

  it("R1 an event tells how long its task ran, and since when", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node, concurrency: 1 });
    await time.advance(1_000);
    const runner = TaskRunner.run([30, 20].map((ms) => [here, (self: Self) => self.sleep(ms)] as const));
    const told: unknown[] = [];
    const all = (async () => {
      for await (const { type, ...event } of runner) {
        const { task } = event as { task: { startedAt: number; duration: number; place: string; attempts: number } };
        told.push([type, task.startedAt, task.duration, task.place, task.attempts]);
      }
    })();
    await time.until(all);
    expect(told).toEqual([
      ["ok", 1_000, 30, "main", 1],
      ["ok", 1_030, 20, "main", 1],
    ]);
    await here.stop();
  });
});
