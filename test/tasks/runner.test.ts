import { Down, type RunnerEvent, type Self, Task, TaskRunner, TaskSupervisor } from "taskward";
import { describe, expect, it } from "vitest";
import { arrival, finish, nothingLeft, places, until, warmUp, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

/** An event in short: what, of which task, with what. */
function brief(event: RunnerEvent<unknown>): readonly unknown[] {
  if (event.type === "ok") return ["ok", event.index, event.value];
  if (event.type === "task_error") return ["task_error", event.index, event.reason];
  return ["timeout", event.pending.map((task) => task.index)];
}

async function readAll(runner: TaskRunner<unknown>): Promise<(readonly unknown[])[]> {
  const events = [];
  for await (const event of runner) events.push(brief(event));
  return events;
}

const byIndex = (events: (readonly unknown[])[]): (readonly unknown[])[] => events.sort((a, b) => (a[1] as number) - (b[1] as number));

describe.each(places)("$name", ({ play, kind }) => {
  describe("R1 events in the order of arrival", () => {
    it("R1 a slow first task does not delay the results of the others", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          ["slow", "fast"].map((name) => [pool, work.gated(self.pid, name)] as const),
          { node },
        );
        const slow = await arrival(self, "slow");
        await finish(self, "fast", "second first");
        expect(brief((await runner.next()).value as RunnerEvent<unknown>)).toEqual(["ok", 1, "second first"]);
        slow.go("value", "first last");
        expect(await readAll(runner)).toEqual([["ok", 0, "first last"]]);
        await nothingLeft(self);
      }));

    it("R1 an event says all about its task", () =>
      play(async (self, { pool, node }) => {
        const before = node.clock.coarse();
        const call = work.gated(self.pid, "a");
        const runner = TaskRunner.run([[pool, call, { label: "the one" }]], { node, owner: self });
        (await arrival(self, "a")).go("value", 1);
        const event = runner.handleMessage(await self.receive());
        expect(event).toMatchObject({
          type: "ok",
          index: 0,
          value: 1,
          task: { index: 0, label: "the one", work: call, args: [self.pid, "a"], attempts: 1 },
        });
        if (event?.type !== "ok") throw new Error("no event");
        expect(event.task.place).toMatch(kind === "threads" ? /^main\/t\d+$/ : /^main$/);
        expect(event.task.startedAt).toBeGreaterThanOrEqual(before);
        expect(event.task.startedAt).toBeLessThanOrEqual(node.clock.coarse() + 1);
        expect(event.task.duration).toBeGreaterThanOrEqual(0);
      }));
  });

  describe("R2 one deadline", () => {
    it.each(["plain code", "an owner"])("R2 for %s: what was collected stands, the rest is told once, and nothing comes after it", (reader) =>
      play(async (self, { pool, node, timers }) => {
        const before = timers();
        const owner = reader === "an owner" ? self : undefined;
        await warmUp(self, pool);
        const runner = TaskRunner.run(
          [
            [pool, work.value("quick")],
            [pool, work.gated(self.pid, "a")],
          ],
          {
            node,
            timeout: 500,
            onTimeout: "keep",
            ...(owner === undefined ? {} : { owner }),
          },
        );
        const task = await arrival(self, "a");
        expect(await readAll(runner)).toEqual([
          ["ok", 0, "quick"],
          ["timeout", [1]],
        ]);
        expect(runner.done).toBe(true);
        task.go("value", "late");
        const ref = self.monitor(task.pid);
        expect(await self.receive()).toMatchObject({ ref });
        await pool.stop();
        await nothingLeft(self);
        expect(await runner.next()).toEqual({ done: true, value: undefined });
        expect(timers()).toBe(before);
      }),
    );

    it("R2 the deadline counts the time in the queue; what has not started is missing too", () =>
      play(
        async (self, { pool, node }) => {
          const calls = ["running", "waiting", "waiting too"].map((name) => [pool, work.gated(self.pid, name)] as const);
          const runner = TaskRunner.run(calls, { node, timeout: 300 });
          await arrival(self, "running");
          const { value } = await runner.next();
          expect(value).toMatchObject({ type: "timeout", pending: [{ index: 0, attempts: 1 }, { index: 1 }, { index: 2 }] });
          if (value?.type !== "timeout") throw new Error("no timeout");
          expect(value.pending[0]?.startedAt).toBeTypeOf("number");
          expect(value.pending[1]?.startedAt).toBeUndefined();
          await runner.cancel();
          expect(pool.children()).toEqual([]);
        },
        { concurrency: 1 },
      ));

    it("R2 of an array also those are missing that had not even been submitted", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          Array.from({ length: 5 }, () => [pool, work.never()] as const),
          { node, timeout: 200, maxConcurrency: 2 },
        );
        expect(await readAll(runner)).toEqual([["timeout", [0, 1, 2, 3, 4]]]);
        await nothingLeft(self);
      }));

    it.each([
      ["shutdown", "shutdown"],
      ["kill", "killed"],
    ] as const)("R2 with onTimeout %s the rest ends with %s", (onTimeout, reason) =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node, timeout: 300, onTimeout });
        const ref = self.monitor((await arrival(self, "a")).pid);
        expect(await readAll(runner)).toEqual([["timeout", [0]]]);
        expect(await self.receive()).toMatchObject({ ref, reason });
        await runner.cancel();
        expect(pool.children()).toEqual([]);
      }),
    );

    it("R2 with onTimeout shutdown a task may end tidily within its grace time, and is killed after it", () =>
      play(
        async (self, { pool, node }) => {
          const runner = TaskRunner.run(
            [
              [pool, work.tidy(self.pid, "tidy")],
              [pool, work.stubborn(self.pid, "stubborn")],
            ],
            { node, timeout: 500 },
          );
          await arrival(self, "tidy");
          const ref = self.monitor((await arrival(self, "stubborn")).pid);
          expect(await readAll(runner)).toEqual([["timeout", [0, 1]]]);
          expect(await self.receive()).toEqual({ tidied: "tidy" });
          expect(await self.receive()).toMatchObject({ ref, reason: "killed" });
          await runner.cancel();
          expect(pool.children()).toEqual([]);
        },
        { shutdown: 50 },
      ));

    it("R2 a deadline of 0 strikes before anything that takes time", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run([[pool, work.never()]], { node, timeout: 0 });
        expect(await readAll(runner)).toEqual([["timeout", [0]]]);
        await nothingLeft(self);
      }));
  });

  describe("R3 a crash is an event", () => {
    it("R3 with its reason; the others go on, and the owner lives", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          ["a", "b", "c"].map((name) => [pool, work.gated(self.pid, name)] as const),
          { node, owner: self },
        );
        (await arrival(self, "a")).go("crash", "boom");
        expect(await runner.next()).toMatchObject({ value: { type: "task_error", index: 0, reason: withMessage("boom") } });
        (await arrival(self, "b")).go("exit", { shutdown: "enough" });
        expect(await runner.next()).toMatchObject({ value: { type: "task_error", index: 1, reason: { shutdown: "enough" } } });
        (await arrival(self, "c")).go("value", "fine");
        expect(await readAll(runner)).toEqual([["ok", 2, "fine"]]);
        await nothingLeft(self);
      }));

    it("R3 also one without a reason to speak of", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.fail(undefined)],
            [pool, work.value(1)],
          ],
          { node },
        );
        expect(byIndex(await readAll(runner))).toEqual([
          ["task_error", 0, undefined],
          ["ok", 1, 1],
        ]);
        await nothingLeft(self);
      }));
  });

  it("R3 what is only like a promise may throw when it is asked, or answer twice: one end, and the others go on", () =>
    play(async (self, { pool, node }) => {
      const { stragglers } = node;
      const runner = TaskRunner.run(
        [work.thenable("throws"), work.thenable("answers twice"), work.thenable("has no then to read"), work.value(1)].map(
          (call) => [pool, call] as const,
        ),
        { node },
      );
      expect(byIndex(await readAll(runner))).toEqual([
        ["task_error", 0, withMessage("not asked")],
        ["ok", 1, "first"],
        ["task_error", 2, withMessage("not read")],
        ["ok", 3, 1],
      ]);
      expect(node.stragglers).toBe(stragglers);
      await nothingLeft(self);
    }));

  describe("R4 handleMessage", () => {
    it("R4 answers null for every message that is not the runner's; runners and other messages share a mailbox", () =>
      play(async (self, { pool, node }) => {
        const runners = ["a", "b"].map((name) =>
          TaskRunner.run(
            [
              [pool, work.gated(self.pid, name)],
              [pool, work.value(name)],
            ],
            { node, owner: self },
          ),
        );
        const task = pool.asyncNolink(self, work.value("a task's"));
        const other = self.spawn((me) => me.receive());
        self.monitor(other);
        self.exit(other, "kill");
        self.send(self.pid, "mine");
        const got: unknown[] = [[], []];
        const others: unknown[] = [];
        while (!runners.every((runner) => runner.done) || others.length < 5) {
          const message = await self.receive();
          const events = runners.map((runner) => runner.handleMessage(message));
          expect(events.filter((event) => event !== null).length).toBeLessThanOrEqual(1);
          const at = events.findIndex((event) => event !== null);
          if (at !== -1) (got[at] as unknown[]).push(brief(events[at] as RunnerEvent<unknown>));
          else {
            others.push(message);
            const gate = message as { gate?: string; pid: Self["pid"] };
            if (gate.gate !== undefined) self.send(gate.pid, { order: "value", what: `gate ${gate.gate}` });
          }
        }
        expect(got).toEqual(
          ["a", "b"].map((name) =>
            expect.arrayContaining([
              ["ok", 0, `gate ${name}`],
              ["ok", 1, name],
            ]),
          ),
        );
        expect(others.filter((message) => message === "mine")).toHaveLength(1);
        expect(others.filter((message) => message instanceof Down)).toHaveLength(1);
        expect(others.map((message) => Task.find([task], message)).filter((found) => found !== null)).toMatchObject([{ value: "a task's" }]);
        for (const runner of runners) for (const message of [undefined, null, "x", {}, { runner }]) expect(runner.handleMessage(message)).toBeNull();
        await nothingLeft(self);
      }));
  });

  describe("R5 done", () => {
    it("R5 is true exactly when every task has ended and been told of", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.value(1)],
            [pool, work.crash("boom")],
          ],
          { node, owner: self },
        );
        expect(runner.done).toBe(false);
        for (let told = 0; told < 2; told++) {
          const message = await self.receive();
          expect(runner.done).toBe(false);
          expect(runner.handleMessage(message)).not.toBeNull();
          expect(runner.done).toBe(told === 1);
        }
        await nothingLeft(self);
      }));

    it("R5 is true at once for no tasks, whoever reads", () =>
      play(async (self, { node, timers }) => {
        const before = timers();
        for (const options of [{ node }, { node, owner: self }, { node, timeout: 50 }]) {
          for (const none of [[], new Set<never>(), (function* (): Generator<never> {})()]) {
            const runner = TaskRunner.run(none, options);
            expect(runner.done).toBe(true);
            expect(await readAll(runner)).toEqual([]);
          }
        }
        expect(timers()).toBe(before);
        await nothingLeft(self);
      }));

    it("R5 becomes true with an event of its own when an async source ends after the last of its tasks", () =>
      play(async (self, { pool, node }) => {
        for (const count of [0, 1]) {
          let end = (): void => undefined;
          const ends = new Promise<void>((resolve) => (end = resolve));
          async function* source() {
            for (let at = 0; at < count; at++) yield [pool, work.value(at)] as const;
            await ends;
          }
          const runner = TaskRunner.run(source(), { node, owner: self, maxConcurrency: 4 });
          if (count === 1) expect(runner.handleMessage(await self.receive())).toMatchObject({ type: "ok" });
          expect(runner.done).toBe(false);
          end();
          expect(runner.handleMessage(await self.receive())).toEqual({ type: "done" });
          expect(runner.done).toBe(true);
        }
        await nothingLeft(self);
      }));

    it("R5 iteration over a run of an owner whose async source ends late comes to its end", () =>
      play(async (self, { pool, node }) => {
        async function* source() {
          yield [pool, work.value(1)] as const;
          await self.sleep(20);
        }
        expect(await readAll(TaskRunner.run(source(), { node, owner: self }))).toEqual([["ok", 0, 1]]);
        expect(await readAll(TaskRunner.run(source(), { node }))).toEqual([["ok", 0, 1]]);
        await nothingLeft(self);
      }));
  });

  it("R6 tasks of one run under different supervisors, at different places", () =>
    play(async (self, { pool, supervisor, node }) => {
      const here = TaskSupervisor.start({ node });
      const runner = TaskRunner.run(
        [[here, () => "closure"], [pool, work.value("call")], [supervisor(), work.whereAmI()], [here, work.whereAmI()], () => "bare"],
        { node },
      );
      const events = byIndex(await readAll(runner));
      expect(events.map(([, , value]) => value)).toEqual(["closure", "call", expect.stringContaining("main"), "main", "bare"]);
      await here.stop();
      await nothingLeft(self);
    }));

  describe("R7 the owner's crash", () => {
    it("R7 leaves supervised tasks running", () =>
      play(async (self, { pool, node, timers }) => {
        const before = timers();
        const { ref } = self.spawnMonitor(async (me) => {
          TaskRunner.run(
            ["a", "b"].map((name) => [pool, work.gated(self.pid, name)] as const),
            { node, owner: me, timeout: 60_000 },
          );
          await me.receive();
          throw new Error("the owner crashed");
        });
        const [a, b] = [await arrival(self, "a"), await arrival(self, "b")];
        const owner = a.callers[0];
        if (owner === undefined) throw new Error("no caller");
        self.send(owner, "crash");
        expect(await self.receive()).toMatchObject({ ref, reason: withMessage("the owner crashed") });
        expect(timers()).toBe(before);
        for (const { pid, go } of [a, b]) {
          const down = self.monitor(pid);
          go("value", 1);
          expect(await self.receive()).toMatchObject({ ref: down, reason: "normal" });
        }
        await nothingLeft(self);
      }));

    it("R7 starts none of those that had not begun", () =>
      play(async (self, { pool, node }) => {
        const { ref } = self.spawnMonitor((me) => {
          TaskRunner.run(
            ["a", "b", "c"].map((name) => [pool, work.gated(self.pid, name)] as const),
            { node, owner: me, maxConcurrency: 1 },
          );
          throw new Error("the owner crashed");
        });
        expect(await self.receive((message) => message instanceof Down)).toMatchObject({ ref });
        await finish(self, "a", 1);
        await until(self, () => pool.children().length === 0);
        await nothingLeft(self);
      }));
  });

  describe("R10 stopping", () => {
    it.each(["break", "return", "throw"])("R10 leaving the loop by %s stops what still runs, and awaits it", (how) =>
      play(
        async (self, { pool, node }) => {
          const runner = TaskRunner.run(
            [
              [pool, work.value(1)],
              [pool, work.tidy(self.pid, "tidy")],
              [pool, work.never()],
            ],
            { node },
          );
          await arrival(self, "tidy");
          const leave = async (): Promise<string> => {
            for await (const event of runner) {
              if (event.type !== "ok") continue;
              if (how === "break") break;
              if (how === "return") return "returned";
              throw new Error("thrown");
            }
            return "broken off";
          };
          expect(await leave().catch((error: unknown) => (error as Error).message)).toBe(
            { break: "broken off", return: "returned", throw: "thrown" }[how],
          );
          expect(await self.receive(undefined, { after: 0 })).toEqual({ tidied: "tidy" });
          expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
          expect(runner.done).toBe(true);
          await nothingLeft(self);
        },
        { concurrency: 2 },
      ),
    );

    it("R10 `await using` stops what still runs", () =>
      play(async (self, { pool, node }) => {
        {
          await using runner = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node });
          await arrival(self, "a");
          expect(runner.done).toBe(false);
        }
        expect(pool.children()).toEqual([]);
        await nothingLeft(self);
      }));

    it("R10 cancel by the rule: kill kills, keep lets run", () =>
      play(async (self, { pool, node }) => {
        for (const onTimeout of ["kill", "keep", "shutdown"] as const) {
          const runner = TaskRunner.run([[pool, work.gated(self.pid, onTimeout)]], { node, onTimeout });
          const { pid, go } = await arrival(self, onTimeout);
          const ref = self.monitor(pid);
          await runner.cancel();
          expect(runner.done).toBe(true);
          if (onTimeout === "keep") go("value", 1);
          expect(await self.receive()).toMatchObject({ ref, reason: { kill: "killed", keep: "normal", shutdown: "shutdown" }[onTimeout] });
        }
        await nothingLeft(self);
      }));

    it("R10 cancel ends a loop that waits, whoever reads, and may be called again", () =>
      play(async (self, { pool, node }) => {
        for (const owner of [undefined, self]) {
          const runner = TaskRunner.run([[pool, work.gated(self.pid, "a")]], { node, ...(owner === undefined ? {} : { owner }) });
          await arrival(self, "a");
          const reading = readAll(runner);
          await runner.cancel();
          expect(await reading).toEqual([]);
          await runner.cancel();
        }
        await nothingLeft(self);
      }));

    it("R10 no event that had been told comes after cancel", () =>
      play(async (self, { pool, node }) => {
        const runner = TaskRunner.run(
          [
            [pool, work.value(1)],
            [pool, work.value(2)],
            [pool, work.gated(self.pid, "a")],
          ],
          { node, owner: self },
        );
        await arrival(self, "a");
        const [first] = [await self.receive()];
        expect(runner.handleMessage(first)).toMatchObject({ type: "ok" });
        await runner.cancel();
        await nothingLeft(self);
        expect(runner.handleMessage(first)).toBeNull();
      }));

    it("R10 cancel waits for a task that was told of as late and still runs", () =>
      play(
        async (self, { pool, node }) => {
          const runner = TaskRunner.run(
            [
              [pool, work.stubborn(self.pid, "a"), { timeout: 100 }],
              [pool, work.never()],
            ],
            { node },
          );
          await arrival(self, "a");
          expect(brief((await runner.next()).value as RunnerEvent<unknown>)).toEqual([
            "task_error",
            0,
            expect.objectContaining({ code: "task_timeout" }),
          ]);
          await runner.cancel();
          expect(pool.children()).toEqual([]);
        },
        { shutdown: 100 },
      ));
  });

  describe("R11 what cannot be started", () => {
    it("R11 a supervisor that is not running: those tasks are events, the others run", () =>
      play(async (self, { pool, supervisor, node }) => {
        const dead = supervisor({ name: "dead" });
        await dead.stop();
        const runner = TaskRunner.run(
          [
            [pool, work.value(0)],
            [dead, work.value(1)],
            [pool, work.value(2)],
          ],
          { node },
        );
        expect(byIndex(await readAll(runner))).toEqual([
          ["ok", 0, 0],
          ["task_error", 1, expect.objectContaining({ code: "supervisor_down", message: expect.stringContaining("dead") })],
          ["ok", 2, 2],
        ]);
        await nothingLeft(self);
      }));

    it("R11 a supervisor that is killed by its pid: its tasks are events", () =>
      play(async (self, { pool, supervisor, node }) => {
        const doomed = supervisor();
        const runner = TaskRunner.run(
          [
            [doomed, work.gated(self.pid, "a")],
            [pool, work.gated(self.pid, "b")],
            [doomed, work.never()],
          ],
          { node },
        );
        await arrival(self, "a");
        self.exit(doomed.pid, "kill");
        (await arrival(self, "b")).go("value", "fine");
        expect(byIndex(await readAll(runner))).toEqual([
          ["task_error", 0, "killed"],
          ["ok", 1, "fine"],
          ["task_error", 2, "killed"],
        ]);
        expect(doomed.isRunning).toBe(false);
        await nothingLeft(self);
      }));

    it("R11 maxChildren: those over it are events", () =>
      play(
        async (self, { pool, node }) => {
          const runner = TaskRunner.run(
            ["a", "b", "c"].map((name) => [pool, work.gated(self.pid, name)] as const),
            { node },
          );
          expect(brief((await runner.next()).value as RunnerEvent<unknown>)).toEqual([
            "task_error",
            2,
            expect.objectContaining({ code: "max_children" }),
          ]);
          await finish(self, "a", 1);
          await finish(self, "b", 2);
          expect(await readAll(runner)).toHaveLength(2);
        },
        { maxChildren: 2 },
      ));
  });
});
