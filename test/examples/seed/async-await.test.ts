import { describe, expect, it } from "vitest";
import { asyncAwait } from "../../../examples/seed/async-await.js";
import { working, world } from "./support.js";

describe("AsyncAwait", () => {
  it("takes as long as the slowest task and the adding up", async () => {
    const { time } = world();
    const total = await time.run((self) => asyncAwait(self, [100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]));
    expect(total).toBe(5_500);
    expect(time.now).toBe(1_500);
  });

  it("adds nothing before a slow first task is there: a second for one slow and nine fast ones", async () => {
    const { time } = world();
    const total = await time.run((self) => asyncAwait(self, [500, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    expect(total).toBe(509);
    expect(time.now).toBe(1_000);
  });

  it("T1 is all or nothing: a task's crash ends whoever waits, and the other tasks", async () => {
    const { time } = world();
    await expect(time.run((self) => asyncAwait(self, [300, -1, 200]))).rejects.toThrow("cannot compute -1");
    expect(time.now).toBe(0);
    expect(working(time)).toEqual([]);
    expect(time.clock.pending).toBe(0);
  });

  it("T1 is all or nothing: the crash of whoever waits ends the tasks", async () => {
    const { time } = world();
    await time.run(async (self) => {
      const owner = self.spawn((process) => asyncAwait(process, [300, 400]));
      await self.sleep(100);
      expect(working(time)).toHaveLength(4);
      self.exit(owner, "crashed");
      expect(working(time)).toEqual([self.pid]);
    });
    expect(time.now).toBe(100);
  });
});
