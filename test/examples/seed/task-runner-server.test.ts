import { Down, type Self } from "taskward";
import { describe, expect, it } from "vitest";
import { Progress, type Request, Stop, askProgress, taskRunnerServer } from "../../../examples/seed/task-runner-server.js";
import { crashOwner, world } from "./support.js";

describe("TaskRunner inside a server", () => {
  it("R4 answers its own messages while the run is going on, at its deadline and after it", async () => {
    const { time, supervisor } = world();
    const answers = await time.run(async (self) => {
      const server = self.spawn((process: Self<Request>) => taskRunnerServer(process, supervisor, [100, -1, 1_000, 300]));
      const seen: Progress[] = [];
      for (const moment of [10, 200, 390, 500, 2_000]) {
        await self.sleep(moment - time.now);
        seen.push(await askProgress(self, server));
        expect(time.now).toBe(moment);
      }
      return seen;
    });
    expect(answers).toEqual([
      new Progress(0, 1, "running"),
      new Progress(100, 1, "running"),
      new Progress(400, 1, "running"),
      new Progress(400, 1, "timeout"),
      new Progress(400, 1, "timeout"),
    ]);
  });

  it("R5 is done when every task has ended, crashed ones included, and stops when it is told to", async () => {
    const { time, supervisor } = world();
    const answer = await time.run(async (self) => {
      const { pid: server, ref } = self.spawnMonitor(async (process: Self<Request>) => {
        self.send(self.pid, await taskRunnerServer(process, supervisor, [100, -1, 50]));
      });
      await self.sleep(200);
      expect(await askProgress(self, server)).toEqual(new Progress(150, 1, "ok"));
      self.send(server, new Stop());
      const value = await self.receive((message) => !(message instanceof Down));
      expect(await self.receive()).toEqual(new Down(ref, server, "normal"));
      return value;
    });
    expect(answer).toEqual({ status: "ok", value: 150 });
    expect(time.now).toBe(200);
  });

  it("R7 its crash leaves the tasks running", async () => {
    const { time, supervisor } = world();
    const ends = await crashOwner(time, supervisor, (self: Self<Request>) => taskRunnerServer(self, supervisor, [100, 200, 1_000]), 120);
    expect(ends).toEqual(["normal", "normal"]);
    expect(time.now).toBe(1_000);
  });
});
