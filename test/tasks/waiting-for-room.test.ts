import { describe, expect, it } from "vitest";
import { collect } from "../../src/tasks/policies.js";
import { TaskRunner } from "../../src/tasks/runner.js";
import { TaskSupervisor } from "../../src/tasks/supervisor.js";
import { Task } from "../../src/tasks/task.js";
import { VirtualTime } from "../../src/testing/virtual-time.js";
import { type Simulated, simulated, take } from "../places/pool/simulated.js";

const stop = (pool: Simulated): Promise<void> => pool.time.until(pool.supervisor.stop());

describe("P5 tasks of a run that wait for room in a pool", () => {
  it("P5 have been started once when they have run, however often they were refused", async () => {
    const pool = simulated({ max: 1, maxQueue: 0, whenFull: "wait" });
    const { supervisor, time } = pool;
    const attempts: number[] = [];
    const runs = [1, 2].map(async () => {
      const specs = Array.from({ length: 3 }, () => [supervisor, take(10)] as const);
      for await (const event of TaskRunner.run(specs, { node: time.node })) if (event.type === "ok") attempts.push(event.task.attempts);
    });
    await time.until(Promise.all(runs));
    expect(attempts).toEqual([1, 1, 1, 1, 1, 1]);
    await stop(pool);
  });

  it("R10 do not run when their run is cancelled meanwhile", async () => {
    const pool = simulated({ max: 1, maxQueue: 0, whenFull: "wait" });
    const { supervisor, time } = pool;
    const first = supervisor.asyncNolink(take(10));
    const runner = TaskRunner.run([[supervisor, take(10)]], { node: time.node });
    await time.advance(5);
    await time.until(runner.cancel());
    await time.until(Task.await(first));
    await time.advance(50);
    expect(supervisor.metrics()).toMatchObject({ done: 1, running: 0, queued: 0 });
    await stop(pool);
  });

  it("S7 are counted where they are, also those that their node has not begun when it dies", async () => {
    const pool = simulated({ max: 1 });
    const { supervisor, time } = pool;
    const tasks = [1, 2, 3].map(() => supervisor.asyncNolink(take(10)));
    await time.advance(5);
    const [number] = pool.nodes();
    await pool.crash(number as number);
    expect(supervisor.countChildren().active + supervisor.countChildren().waiting).toBe(2);
    const results = await time.until(Task.yieldMany(tasks));
    expect(results.map(([, result]) => result)).toEqual([
      { exit: expect.objectContaining({ code: "node_down" }) as unknown },
      { ok: (number as number) + 1 },
      { ok: (number as number) + 1 },
    ]);
    expect(supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
    await stop(pool);
  });

  it("R9 that were refused are tried again as those are that failed", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node, maxChildren: 1 });
    const specs = [1, 2].map((n) => [here, async (self: { sleep(ms: number): Promise<void> }) => self.sleep(20).then(() => n)] as const);
    const { values, errors } = await time.until(
      collect(TaskRunner.run(specs, { node: time.node, retry: { attempts: 4, delay: 15, factor: 1 }, timeout: 1_000 })),
    );
    expect([values, errors]).toEqual([[1, 2], []]);
    await here.stop();
  });
});
