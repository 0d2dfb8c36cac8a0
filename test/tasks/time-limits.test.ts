import { type ProcessInfo, type RunnerEvent, type Self, type Spec, Task, TaskRunner, TaskSupervisor, collect } from "taskward";
import { stream } from "taskward/stream";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { arrival, nothingLeft, virtualPlaces, work } from "./places.js";

describe.each(virtualPlaces)("how long tasks may run: $name", ({ play, kind }) => {
  it("R2 a task's own time begins when it does, however long it has waited at its place", () =>
    play(async (_self, { pool, node, timers }) => {
      const before = timers();
      const long = { timeout: 500 };
      const specs: Spec<unknown>[] = [
        [pool, work.sleep(120, "a"), long],
        [pool, work.sleep(120, "b"), long],
        [pool, work.sleep(40, "c")],
        [pool, work.sleep(40, "d")],
        [pool, work.sleep(60, "e")],
      ];
      const { values, errors } = await collect(TaskRunner.run(specs, { node, taskTimeout: 50 }));
      expect([...values].sort()).toEqual(["a", "b", "c", "d"]);
      expect(errors).toMatchObject([{ index: 4, reason: { code: "task_timeout", timeout: 50 } }]);
      expect(timers()).toBe(before);
    }));

  it("R2 a task that ends just in time is not late", () =>
    play(async (_self, { pool, node }) => {
      const { values } = await collect(TaskRunner.run([[pool, work.sleep(49, "a")]], { node, taskTimeout: 50 }));
      expect(values).toEqual(["a"]);
    }));

  it("R2 a task that is handed over a moment before it begins has all of its time", () =>
    play(async (_self, { pool, node }) => {
      const specs = [1, 1, 49, 49].map((ms) => [pool, work.sleep(ms, ms)] as const);
      const { values, errors } = await collect(TaskRunner.run(specs, { node, taskTimeout: 50 }));
      expect([[...values].sort(), errors]).toEqual([[1, 1, 49, 49], []]);
    }));

  it("R1 a task that never began has no times", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.gated(self.pid, "a")],
            [pool, work.value(1)],
          ],
          { node },
        );
        await arrival(self, "a");
        await self.sleep(10);
        await pool.stop("killed");
        const times: unknown[] = [];
        for await (const { type, ...event } of runner) {
          const { task } = event as Extract<RunnerEvent<unknown>, { type: "task_error" }>;
          times.push([type, task.index, typeof task.startedAt, typeof task.duration, typeof task.place]);
        }
        expect(times.sort()).toEqual([
          ["task_error", 0, "number", "number", "string"],
          ["task_error", 1, "undefined", "undefined", "undefined"],
        ]);
      },
      { concurrency: 1 },
    ));

  it("S5 a task that may take as long as it likes to end is asked once, and sets no timer", () =>
    play(
      async (self, { pool, timers }) => {
        const task = pool.asyncNolink(self, work.tidy(self.pid, "a", 50_000));
        await arrival(self, "a");
        const before = timers();
        const stopped = pool.stop();
        await self.sleep(10);
        expect(timers()).toBe(before + (kind === "event loop" ? 1 : 0)); // its own sleep
        await stopped;
        expect(await self.receive((message) => typeof message === "object" && message !== null && "tidied" in message)).toEqual({ tidied: "a" });
        expect(await Task.yield(self, task)).toEqual({ ok: "tidied" });
      },
      { shutdown: Number.POSITIVE_INFINITY },
    ));

  it("R2 what had not begun at the deadline, or waited to be tried again, is stopped without a trace", () =>
    play(async (self, { pool, node, timers }) => {
      const before = timers();
      const retry = { attempts: 5, delay: 1_000 };
      const runner = TaskRunner.run(
        [
          [pool, work.fail("boom"), { retry }],
          [pool, work.gated(self.pid, "a")],
          [pool, work.value(1)],
        ],
        {
          node,
          maxConcurrency: 2,
          timeout: 100,
        },
      );
      await arrival(self, "a");
      const { timedOut, pending, errors, values } = await collect(runner);
      expect([timedOut, pending.map(({ index, attempts }) => [index, attempts]), errors, values]).toEqual([
        true,
        [
          [0, 1],
          [1, 1],
          [2, 0],
        ],
        [],
        [],
      ]);
      await runner.cancel();
      expect([pool.countChildren(), timers()]).toEqual([{ active: 0, waiting: 0 }, before]);
      expect(await Task.await(self, pool.asyncNolink(self, work.value(2)))).toBe(2);
      await self.sleep(5_000);
      expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
      await nothingLeft(self);
    }));

  it("R9 failures are tried again, then told; a task that never could begin is not", () =>
    play(async (_self, { pool, node }) => {
      const { errors } = await collect(
        TaskRunner.run(
          [[pool, work.fail("boom")], 5 as never, [pool, work.fail("bang"), { retry: { attempts: 1 } }]][Symbol.iterator]() as Iterable<Spec>,
          {
            node,
            retry: { attempts: 3, when: () => true },
          },
        ),
      );
      expect(errors.map(({ index, reason }) => [index, (reason as { code?: string }).code ?? reason]).sort()).toEqual([
        [0, "boom"],
        [1, "invalid_spec"],
        [2, "bang"],
      ]);
    }));

  it("R10 when a run is over that was cancelled, all that was late in it has ended too", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.stubborn(self.pid, "late"), { timeout: 20 }],
            [pool, work.gated(self.pid, "b")],
          ],
          { node },
        );
        await arrival(self, "late");
        const { go } = await arrival(self, "b");
        expect((await runner.next()).value).toMatchObject({ type: "task_error", reason: { code: "task_timeout" } });
        expect(pool.countChildren().active).toBe(2);
        await runner.cancel();
        expect(pool.children()).toEqual([]);
        go("value", 1);
      },
      { shutdown: 300 },
    ));

  it("R10 a run that has come to its end waits, when it is cancelled, for what was late in it", () =>
    play(
      async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.stubborn(self.pid, "late"), { timeout: 20 }]], { node });
        await arrival(self, "late");
        expect((await collect(runner)).errors).toHaveLength(1);
        expect([runner.done, pool.countChildren().active]).toEqual([true, 1]);
        await runner.cancel();
        expect(pool.children()).toEqual([]);
        await runner.cancel();
      },
      { shutdown: 300 },
    ));
});

describe.each(virtualPlaces)("what goes along with a task: $name", ({ play, kind }) => {
  const told = (info: ProcessInfo | undefined) => [info?.label, info?.callers];

  it("K16 its label, and who asked for it, however it was started", () =>
    play(async (self, { pool, node }) => {
      const tasks = [
        pool.asyncNolink(self, work.described(), { label: "a" }),
        pool.asyncNolink(work.described()),
        Task.async(self, (me) => me.info(me.pid)),
      ] as const;
      expect((await Task.awaitMany(self, [tasks[0], tasks[2]])).map(told)).toEqual([
        ["a", [self.pid]],
        [undefined, [self.pid]],
      ]);
      expect(told(await Task.await(tasks[1]))).toEqual([undefined, []]);
      const run = async (owner?: Self): Promise<unknown> => {
        const runner = TaskRunner.run(
          [
            [pool, work.described(), { label: "b" }],
            [pool, work.described()],
          ],
          { node, ...(owner && { owner }) },
        );
        const infos: [number, unknown][] = [];
        for await (const event of runner) if (event.type === "ok") infos.push([event.index, told(event.value)]);
        return infos.sort(([one], [other]) => one - other).map(([, info]) => info);
      };
      expect(await run(self)).toEqual([
        ["b", [self.pid]],
        [undefined, [self.pid]],
      ]);
      expect(await run()).toEqual([
        ["b", []],
        [undefined, []],
      ]);
    }));

  it("T1 its pid is told to those who are to be linked to it; of others elsewhere it is not asked", () =>
    play(async (self, { pool }) => {
      pool.startChild(work.gated(self.pid, "a"));
      pool.async(self, work.gated(self.pid, "b"));
      const [a, b] = [await arrival(self, "a"), await arrival(self, "b")];
      await self.sleep(1);
      expect(pool.children().map(({ pid }) => pid)).toEqual([kind === "event loop" ? a.pid : undefined, b.pid]);
      for (const { go } of [a, b]) go("value", 1);
      await self.sleep(1);
    }));

  it("P7 progress of a task with a label, and of one without, where it is asked for and nowhere else", () =>
    play(async (_self, { pool, node }) => {
      const heard: unknown[] = [];
      const specs = ["a", undefined].map((label) => [pool, work.reports([1], "done"), label === undefined ? {} : { label }] as const);
      for (const onProgress of [(value: unknown, task: { label: string | undefined }) => heard.push([task.label, value]), undefined]) {
        const { values } = await collect(TaskRunner.run(specs, { node, maxConcurrency: 1, ...(onProgress && { onProgress }) }));
        expect(values).toEqual(["done", "done"]);
      }
      expect(heard).toEqual([
        ["a", 1],
        [undefined, 1],
      ]);
    }));
});

describe("R8 an async source", () => {
  /** One that gives `items`, then waits for ever; closing it takes 70 ms. */
  const source = (time: VirtualTime, items: readonly Spec[]): AsyncIterable<Spec> & { closed: boolean } => {
    let at = 0;
    const self = {
      closed: false,
      [Symbol.asyncIterator]: () => ({
        next: () => (at < items.length ? Promise.resolve({ done: false as const, value: items[at++] as Spec }) : new Promise<never>(() => undefined)),
        return: () =>
          new Promise<IteratorResult<Spec>>((resolve) => {
            time.clock.set(() => {
              self.closed = true;
              resolve({ done: true, value: undefined });
            }, 70);
          }),
      }),
    };
    return self;
  };

  it("R10 that is closed when nobody asks it for anything is waited for", async () => {
    const time = new VirtualTime();
    const specs = source(time, [(self: Self) => self.sleep(1_000), () => 2]);
    const runner = TaskRunner.run(specs, { node: time.node, maxConcurrency: 1 });
    await time.advance(10);
    await time.until(runner.cancel());
    expect([specs.closed, time.now]).toEqual([true, 80]);
  });

  it("R10 that is being asked for its next item is told, and not waited for", async () => {
    const time = new VirtualTime();
    const specs = source(time, [() => 1]);
    const runner = TaskRunner.run(specs, { node: time.node });
    expect(await time.until(runner.next())).toMatchObject({ value: { type: "ok", value: 1 } });
    await time.until(runner.cancel());
    expect([specs.closed, time.now]).toEqual([false, 0]);
    await time.advance(70);
    expect(specs.closed).toBe(true);
  });
});

describe("T14 a crash after the time was up", () => {
  it("T14 is not reported again, also when nobody reads any more", async () => {
    const reports: unknown[] = [];
    const time = new VirtualTime({ reporter: ({ reason }) => reports.push(reason) });
    const here = TaskSupervisor.start({ node: time.node });
    const items = stream(
      here,
      async function* (self: Self) {
        const asked = new Promise((resolve) => {
          self.signal.addEventListener("abort", resolve);
        });
        yield 1;
        await asked;
        await self.sleep(5);
        throw new Error("later");
      },
      { timeout: 10 },
    );
    expect(await time.until(items.next())).toEqual({ done: false, value: 1 });
    await expect(time.until(items.next())).rejects.toMatchObject({ code: "task_timeout" });
    await time.until(items.return());
    await time.until(here.stop());
    expect(reports).toEqual([expect.objectContaining({ code: "task_timeout" })]);
  });
});
