import { describe, expect, it } from "vitest";
import { asyncFind } from "../../../examples/seed/async-find.js";
import { runAndLook, working, world } from "./support.js";

describe("AsyncFind", () => {
  it("T12 adds what has come while the slow task runs: 550 ms instead of a second", async () => {
    const { time } = world();
    const { answer, at, left } = await runAndLook(time, (self) => asyncFind(self, [500, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    expect(answer).toBe(509);
    expect(at).toBe(550);
    expect(left).toEqual([0, 0]);
  });

  it("T12 passes over messages that are none of its tasks'", async () => {
    const { time } = world();
    const total = await time.run((self) => {
      self.send(self.pid, "something else");
      self.sendAfter(self.pid, { ok: true, value: 1_000 }, 10);
      return asyncFind(self, [100, 20]);
    });
    expect(total).toBe(120);
  });

  it("T1 is all or nothing still", async () => {
    const { time } = world();
    await expect(time.run((self) => asyncFind(self, [300, -1, 200]))).rejects.toThrow("cannot compute -1");
    expect(working(time)).toEqual([]);
    expect(time.clock.pending).toBe(0);
  });
});
