import { Task, TaskRunner } from "taskward";
import { describe, it, expect } from "vitest";
import { nothingLeft, places, until, work } from "./places.js";

describe.each(places)("$name", ({ play }) => {
  it("nothing leaks: after tasks and runs of all kinds nothing is left on the node", () =>
    play(async (self, { pool, supervisor, node, timers }) => {
      const [before, pending] = [node.processCount, timers()];
      for (const options of [
        {},
        { owner: self },
        { timeout: 60_000 },
        { taskTimeout: 60_000, retry: { attempts: 2 } },
        { maxConcurrency: 1, timeout: 60_000 },
      ]) {
        const specs = [
          [pool, work.value(1)],
          [pool, work.crash("boom")],
          [pool, work.sleep(1, 2)],
          [pool, work.fail(undefined)],
        ] as const;
        for await (const _event of TaskRunner.run(specs, { node, ...options })) continue;
        for await (const event of TaskRunner.run(specs, { node, ...options })) if (event.type === "ok") break;
      }
      const stopped = supervisor();
      await stopped.stop();
      for await (const _event of TaskRunner.run([[stopped, work.value(1)]], { node, owner: self, timeout: 60_000 })) continue;
      await Task.yieldMany(self, [pool.asyncNolink(self, work.never()), pool.async(self, work.never())], { timeout: 1, onTimeout: "kill_task" });
      await Task.await(self, pool.async(self, work.never()), 1).catch(() => undefined);
      await until(self, () => pool.children().length === 0);
      expect([node.processCount, timers()]).toEqual([before, pending]);
      expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
      await nothingLeft(self);
    }));
});
