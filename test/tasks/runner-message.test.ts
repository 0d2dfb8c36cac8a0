import { type Self, TaskRunner } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";

describe("R4 R5 an event that is handed in twice", () => {
  it("counts once: the next one is not lost, and done is not early", async () => {
    const time = new VirtualTime();
    await time.run(async (self) => {
      const runner = TaskRunner.run([(task: Self) => task.sleep(10), (task: Self) => task.sleep(20)], { owner: self });
      await self.sleep(30);
      const first = await self.receive();
      expect(runner.handleMessage(first)).toMatchObject({ type: "ok", index: 0 });
      expect(runner.handleMessage(first)).toBeNull();
      expect(runner.done).toBe(false);
      expect(runner.handleMessage(await self.receive())).toMatchObject({ type: "ok", index: 1 });
      expect(runner.done).toBe(true);
    });
  });
});
