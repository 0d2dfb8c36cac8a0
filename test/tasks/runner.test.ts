import { type RunnerEvent, TaskRunner, TaskSupervisor } from "taskward";
import { describe, expect, it } from "vitest";
import { brief, byIndex, readAll } from "./events.js";
import { arrival, finish, nothingLeft, places, work } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

describe.each(places)("$name", ({ play, nodes }) => {
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
        expect(event.task.place).toMatch(nodes);
        expect(event.task.startedAt).toBeGreaterThanOrEqual(before);
        expect(event.task.startedAt).toBeLessThanOrEqual(node.clock.coarse() + 1);
        expect(event.task.duration).toBeGreaterThanOrEqual(0);
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

  it("R6 tasks of one run under different supervisors, at different places", () =>
    play(async (self, { pool, supervisor, node }) => {
      const here = TaskSupervisor.start({ node });
      const runner = TaskRunner.run(
        [[here, () => "closure"], [pool, work.value("call")], [supervisor(), work.whereAmI()], [here, work.whereAmI()], () => "bare"],
        { node },
      );
      const events = byIndex(await readAll(runner));
      expect(events.map(([, , value]) => value)).toEqual(["closure", "call", expect.stringMatching(nodes), node.name, "bare"]);
      await here.stop();
      await nothingLeft(self);
    }));

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
