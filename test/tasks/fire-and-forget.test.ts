import { type CrashReport, InvalidOption, Task, TaskRunner, TaskSupervisor } from "taskward";
import { VirtualTime } from "taskward/testing";
import { expect, it } from "vitest";

const boom = (): never => {
  throw new Error("boom");
};

it("T10 start runs without a link: a crash harms nobody, and is reported", async () => {
  const reports: CrashReport[] = [];
  const time = new VirtualTime({ reporter: (report) => reports.push(report) });
  await time.run(async (self) => {
    Task.start(boom, { self, label: "bad" });
    await self.sleep(10);
    Task.start(() => self.send(self.pid, "done"), { self });
    expect(await self.receive()).toBe("done");
  });
  expect(reports).toMatchObject([{ label: "bad", handled: false }]);
});

it("T10 startLink runs with one: its crash takes its owner along", async () => {
  const time = new VirtualTime({ reporter: () => undefined });
  const owner = time.run(async (self) => {
    Task.startLink(self, boom);
    await self.receive();
  });
  await expect(owner).rejects.toThrow("boom");
});

it("T13 an option that cannot be throws before anything starts", () => {
  const time = new VirtualTime();
  const supervisor = TaskSupervisor.start({ node: time.node });
  let started = 0;
  const count = (): number => started++;
  for (const options of [{ maxConcurrency: 0 }, { timeout: -1 }, { timeout: Number.NaN }, { timeout: "1s" }, { onTimeout: "stop" }, { retries: 1 }]) {
    expect(() => TaskRunner.run([[supervisor, count]], options as object)).toThrow(InvalidOption);
    expect(() => supervisor.asyncStreamNolink([1], count, options as object)).toThrow(InvalidOption);
  }
  expect(supervisor.countChildren()).toEqual({ active: 0, waiting: 0 });
  expect(started).toBe(0);
});
