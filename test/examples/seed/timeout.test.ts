import { describe, expect, it } from "vitest";
import { timeout } from "../../../examples/seed/timeout.js";
import { runAndLook, world } from "./support.js";

describe("Timeout", () => {
  it("answers at 900 ms with what has come, and nothing is left in the mailbox, then or later", async () => {
    const { time } = world();
    const { answer, at, left } = await runAndLook(time, (self) => timeout(self, [100, 1_000, 200, 2_000, 300]));
    expect(answer).toEqual({ status: "timeout", value: 600 });
    expect(at).toBe(900);
    expect(left).toEqual([0, 0]);
  });

  it("answers earlier when everything has come, and no timer is left", async () => {
    const { time } = world();
    const timers = await time.run(async (self) => {
      expect(await timeout(self, [100, 200])).toEqual({ status: "ok", value: 300 });
      return time.clock.pending;
    });
    expect(time.now).toBe(250);
    expect(timers).toBe(0);
  });

  it("flushes a deadline that strikes while the last result is added", async () => {
    const { time } = world();
    const { answer, at, left } = await runAndLook(time, (self) => timeout(self, [880]));
    expect(answer).toEqual({ status: "ok", value: 880 });
    expect(at).toBe(930);
    expect(left).toEqual([0, 0]);
  });

  it("counts the results that came before the deadline and wait to be added", async () => {
    const { time } = world();
    const { answer, at } = await runAndLook(time, (self) => timeout(self, [890, 891, 892, 2_000]));
    expect(answer).toEqual({ status: "timeout", value: 890 + 891 + 892 });
    expect(at).toBe(1_040);
  });
});
