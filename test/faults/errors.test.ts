import { Exited, NodeDown, NotCloneable, Task, type TaskSupervisor, TaskTimeout, TaskwardError, run, tasksFrom } from "taskward";
import { describe, expect, it } from "vitest";
import type * as errorsModule from "./fixtures/errors.mjs";
import { QuotaExceeded } from "./fixtures/errors.mjs";
import { isolated, outcomes, poolAt, trouble } from "./pool.js";

const errors = tasksFrom<typeof errorsModule>(new URL("./fixtures/errors.mjs", import.meta.url));

describe.each(isolated)("an error that a task in a $name failed with", ({ on }) => {
  const pool = (): TaskSupervisor => poolAt(on({}));

  it("P1 is of its class where both sides registered it, with all that it has", async () => {
    for (const call of [errors.fail("quota"), errors.exit("quota")]) {
      const [got] = (await outcomes(pool(), [call])) as [{ reason: QuotaExceeded }];
      expect(got.reason).toBeInstanceOf(QuotaExceeded);
      expect(got.reason).toBeInstanceOf(RangeError);
      expect(got.reason.over).toBe(3);
      expect(got.reason).toMatchObject({ name: "QuotaExceeded", message: "8 of 5", limit: 5, used: 8, code: "E_QUOTA" });
      expect(got.reason.stack).toMatch(/QuotaExceeded: 8 of 5|RangeError: 8 of 5/);
      expect(got.reason.stack).toContain("errors.mjs");
    }
  });

  it("P1 is of the nearest class that both sides know otherwise", async () => {
    const [got] = (await outcomes(pool(), [errors.fail("hidden")])) as [{ reason: Error }];
    expect(Object.getPrototypeOf(got.reason)).toBe(TypeError.prototype);
    expect(got.reason).toMatchObject({ message: "nobody knows me", detail: [1] });
  });

  it("P1 is a DOMException, or one of Taskward's own, as it was", async () => {
    const [aborted, timeout, exited] = (await outcomes(pool(), [errors.fail("aborted"), errors.fail("timeout"), errors.fail("exited")])) as [
      { reason: DOMException },
      { reason: TaskTimeout },
      { reason: Exited },
    ];
    expect(aborted.reason).toBeInstanceOf(DOMException);
    expect(aborted.reason).toMatchObject({ name: "AbortError", code: 20, message: "This operation was aborted" });
    expect(timeout.reason).toBeInstanceOf(TaskTimeout);
    expect(timeout.reason).toBeInstanceOf(TaskwardError);
    expect(timeout.reason).toMatchObject({ name: "TaskTimeout", code: "task_timeout", who: "task x", timeout: 20 });
    expect(exited.reason).toBeInstanceOf(Exited);
    expect(exited.reason.reason).toBeInstanceOf(QuotaExceeded);
    expect(exited.reason.cause).toBeInstanceOf(QuotaExceeded);
  });

  it("P1 keeps its causes and the errors in it", async () => {
    const [all, caused, cyclic] = (await outcomes(pool(), [errors.fail("aggregate"), errors.fail("caused"), errors.fail("cyclic")])) as [
      { reason: AggregateError },
      { reason: Error },
      { reason: Error },
    ];
    expect(all.reason).toBeInstanceOf(AggregateError);
    expect(all.reason.errors[0]).toBeInstanceOf(QuotaExceeded);
    expect(all.reason.errors[1]).toBeInstanceOf(TypeError);
    expect(all.reason.errors[2]).toBe(5);
    expect(all.reason.cause).toBeInstanceOf(DOMException);
    expect(all.reason.cause).toMatchObject({ name: "DataError", message: "d" });
    expect(caused.reason.cause).toBeInstanceOf(QuotaExceeded);
    expect(cyclic.reason).toBeInstanceOf(QuotaExceeded);
    expect(cyclic.reason.cause).toMatchObject({ message: "9 of 1" });
  });

  it("P1 arrives without what cannot be had of it", async () => {
    const [got] = (await outcomes(pool(), [errors.fail("odd")])) as [{ reason: QuotaExceeded }];
    expect(got.reason).toBeInstanceOf(QuotaExceeded);
    expect(got.reason).toMatchObject({ deep: { when: new Date(0) }, fn: "the function fn", broken: undefined, over: 1 });
  });

  it("P1 goes the other way, too", async () => {
    const threads = pool();
    await run(async (self) => {
      const task = threads.asyncNolink(self, errors.look(self.pid));
      const { ready } = (await self.receive((message) => (message as { ready?: unknown }).ready !== undefined)) as { ready: typeof self.pid };
      self.exit(ready, new QuotaExceeded(10, 14));
      expect(await Task.await(self, task)).toEqual([true, 4, "QuotaExceeded"]);
    });
  });

  it("P1 made by the library itself is of its class", async () => {
    const got = (await outcomes(pool(), [trouble.result("function"), trouble.leave(4)])) as [{ reason: unknown }, { reason: unknown }];
    expect(got[0].reason).toBeInstanceOf(NotCloneable);
    expect(got[1].reason).toBeInstanceOf(NodeDown);
  });
});
