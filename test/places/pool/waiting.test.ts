import { type Spec, Task, TaskRunner, type TaskSupervisor } from "taskward";
import { describe, expect, it } from "vitest";
import { isolated, outcomes, poolAt, trouble } from "../../faults/pool.js";

const numbers = Array.from({ length: 8 }, (_, n) => n);

describe.each(isolated)("tasks that wait on a $name", ({ on }) => {
  const pool = (size = 1): TaskSupervisor => poolAt(on({ size }));

  it("S7 those behind one that never ends run elsewhere, also while newer ones keep the other nodes busy", async () => {
    const cores = pool(2);
    await outcomes(
      cores,
      numbers.map((n) => trouble.value(n)),
    );
    const endless = cores.asyncNolink(trouble.loop());
    const tasks = numbers.map((n) => cores.asyncNolink(trouble.value(n)));
    let left = tasks.length;
    for (const task of tasks) void Task.yield(task, Number.POSITIVE_INFINITY).then(() => left--);
    function* more(): Generator<Spec> {
      while (left > 0) yield [cores, trouble.value("newer")];
    }
    for await (const event of TaskRunner.run(more(), { maxConcurrency: 200 })) expect(event.type).toBe("ok");
    expect(await Promise.all(tasks.map((task) => Task.yield(task)))).toEqual(numbers.map((n) => ({ ok: n })));
    expect(await Task.shutdown(endless, "brutal_kill")).toBeNull();
  });

  it("S7 those behind one that never ends on the only node start in their order when it is gone", async () => {
    const core = pool();
    const endless = core.asyncNolink(trouble.loop());
    const order: number[] = [];
    const tasks = numbers.map((n) => {
      const task = core.asyncNolink(trouble.value(n));
      return Task.await(task, Number.POSITIVE_INFINITY).then(() => order.push(n));
    });
    await expect.poll(() => core.countChildren().waiting).toBe(numbers.length); // they have been handed back
    expect(await Task.shutdown(endless, "brutal_kill")).toBeNull();
    await Promise.all(tasks);
    expect(order).toEqual(numbers);
  });

  it("T2 a task's own time does not run while it waits behind another", async () => {
    const core = pool();
    const endless = core.asyncNolink(trouble.loop());
    const runner = TaskRunner.run([[core, trouble.value("patient"), { timeout: 1_000 }]]);
    const first = runner.next();
    // More than its time passes before the node is free. It is that long for the sake of busy machines: once started, the task has to end within it.
    await Task.yield(endless, 1_100);
    await Task.shutdown(endless, "brutal_kill");
    expect(await first).toMatchObject({ value: { type: "ok", value: "patient" } });
  });
});
