import { Task, TaskRunner, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { nothingLeft } from "./places.js";

/** Virtual time, where crashes are part of the scene. */
const world = (): VirtualTime => new VirtualTime({ reporter: () => undefined });

describe("closures under the node's own supervisor", () => {
  it("T1 Task.async runs beside its owner: all or nothing", async () => {
    const time = world();
    await time.run(async (self) => {
      const tasks = [30, 10, 20].map((ms) =>
        Task.async(self, async (me) => {
          await me.sleep(ms);
          return ms;
        }),
      );
      expect(await Task.awaitMany(self, tasks)).toEqual([30, 10, 20]);
      expect(time.now).toBe(30);
      await nothingLeft(self);
    });
    const failed = time.run(async (self) => {
      Task.async(self, async (me) => {
        await me.sleep(1_000_000);
      });
      Task.async(self, () => {
        throw new Error("boom");
      });
      await self.receive();
    });
    await expect(failed).rejects.toThrow("boom");
    expect(time.clock.pending).toBe(0);
  });

  it("T7 a task's signal aborts when it is shut down", async () => {
    const time = world();
    await time.run(async (self) => {
      const task = Task.async(self, ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", () => resolve("tidied"))));
      await self.sleep(1);
      expect(await Task.shutdown(self, task)).toEqual({ ok: "tidied" });
    });
    expect(time.now).toBe(1);
  });

  it("T7 a killed task's `finally` runs, and what it still does is discarded", async () => {
    const time = world();
    const done: unknown[] = [];
    await time.run(async (self) => {
      const task = Task.async(self, async (me) => {
        try {
          await me.receive();
        } finally {
          done.push("finally");
          self.send(self.pid, "from my own hands"); // the owner's, not the dead one's
          me.send(self.pid, "from a dead one");
        }
      });
      await self.sleep(1);
      expect(await Task.shutdown(self, task, "brutal_kill")).toBeNull();
      expect(await self.receive()).toBe("from my own hands");
      await nothingLeft(self);
    });
    expect(done).toEqual(["finally"]);
  });

  it("R2 a function that hogs the event loop delays the deadline, and is told as pending all the same", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node });
    const events: unknown[] = [];
    const hog = async (): Promise<string> => {
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      return "done";
    };
    await time.run(async () => {
      for await (const event of TaskRunner.run(
        [
          [here, hog],
          [here, (self) => self.sleep(100)],
        ],
        { node: time.node, timeout: 50 },
      )) {
        events.push(event.type === "timeout" ? event.pending.map(({ index }) => index) : [event.type, event.index]);
      }
    });
    expect(events).toEqual([["ok", 0], [1]]);
  });

  it("K15 a task knows the chain of those who asked for it", async () => {
    const time = world();
    await time.run(async (self) => {
      const chain = await Task.await(
        self,
        Task.async(self, (outer) =>
          Task.await(
            outer,
            Task.async(outer, (inner) => ({ callers: inner.callers, outer: outer.pid })),
          ),
        ),
      );
      expect(chain.callers).toEqual([chain.outer, self.pid]);
    });
  });
});
