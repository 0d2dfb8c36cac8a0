import { describe, expect, it } from "vitest";
import { supervisedTask } from "../../../examples/seed/supervised-task.js";
import { taskRunnerClient } from "../../../examples/seed/task-runner-client.js";
import { crashOwner, runAndLook, world } from "./support.js";

// The same program twice: by hand, and with a TaskRunner.
describe.each([
  ["SupervisedTask", supervisedTask, "nobody"],
  ["TaskRunner client", taskRunnerClient, "its owner"],
] as const)("%s", (_name, program, told) => {
  it("S3 R3 negative inputs crash alone, and the rest is collected", async () => {
    const { time, supervisor, reports } = world();
    const { answer, at, left } = await runAndLook(time, (self) => program(self, supervisor, [100, -1, 150, -20, 300]));
    expect(answer).toEqual({ status: "ok", value: 550 });
    expect(at).toBe(350);
    expect(left).toEqual([0, 0]);
    expect(supervisor.isRunning).toBe(true);
    // T14: once each, and to be printed only when nobody was told.
    expect(reports.map(({ handled }) => handled)).toEqual(told === "nobody" ? [false, false] : [true, true]);
  });

  it("R2 R5 answers at 400 ms with what has come, and nothing is left in the mailbox, then or later", async () => {
    const { time, supervisor } = world();
    const { answer, at, left } = await runAndLook(time, async (self) => {
      const partial = await program(self, supervisor, [100, -1, 1_000, 150, 500]);
      expect(supervisor.countChildren()).toEqual({ active: 2, waiting: 0 });
      return partial;
    });
    expect(answer).toEqual({ status: "timeout", value: 250 });
    expect(at).toBe(400);
    expect(left).toEqual([0, 0]);
    expect(supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
  });

  it("flushes what strikes or arrives while the last result in time is added", async () => {
    const { time, supervisor } = world();
    const { answer, at, left } = await runAndLook(time, (self) => program(self, supervisor, [380, 390, 405, 2_000]));
    expect(answer).toEqual({ status: "timeout", value: 770 });
    expect(at).toBe(480);
    expect(left).toEqual([0, 0]);
  });

  it("flushes a deadline that strikes while the very last result is added", async () => {
    const { time, supervisor } = world();
    const { answer, at, left } = await runAndLook(time, (self) => program(self, supervisor, [380]));
    expect(answer).toEqual({ status: "ok", value: 380 });
    expect(at).toBe(430);
    expect(left).toEqual([0, 0]);
  });

  it("R7 S4 the owner's crash leaves the tasks running", async () => {
    const { time, supervisor, reports } = world();
    const ends = await crashOwner(time, supervisor, (self) => program(self, supervisor, [100, 200, 1_000]), 120);
    expect(ends).toEqual(["normal", "normal"]);
    expect(time.now).toBe(1_000);
    expect(reports).toEqual([]);
  });
});
