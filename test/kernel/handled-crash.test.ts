import { type CrashReport, type Self, TaskRunner } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** Spawns a process that prepares itself and crashes, and answers what was reported of it. */
async function reportsOf(prepare: (self: Self) => void, watch: (self: Self, pid: Self["pid"]) => void = () => {}): Promise<CrashReport[]> {
  const reports: CrashReport[] = [];
  const time = new VirtualTime({ reporter: (report) => reports.push(report) });
  await time.run(async (self) => {
    const pid = self.spawn(async (doomed) => {
      prepare(doomed);
      await doomed.sleep(10);
      throw new Error("crashed");
    });
    watch(self, pid);
    await self.sleep(20);
  });
  return reports;
}

describe("T14 a process' crash is reported", () => {
  it("as handled when a monitor or a link tells somebody of it", async () => {
    const watched = await reportsOf(
      () => {},
      (self, pid) => self.monitor(pid),
    );
    expect(watched).toMatchObject([{ handled: true, reason: { message: "crashed" } }]);
    const linked = await reportsOf(
      () => {},
      (self, pid) => {
        self.trapExit = true;
        self.link(pid);
      },
    );
    expect(linked).toMatchObject([{ handled: true }]);
  });

  it("as nobody's business yet when it only watched others itself", async () => {
    const reports = await reportsOf((doomed) => {
      doomed.monitor(doomed.spawn((other) => other.receive()));
    });
    expect(reports).toMatchObject([{ handled: false }]);
  });

  it("as nobody's business yet when it only owned a run", async () => {
    const reports = await reportsOf((doomed) => {
      TaskRunner.run([(task: Self) => task.sleep(5)], { owner: doomed });
    });
    expect(reports).toMatchObject([{ handled: false }]);
  });

  it("no longer as handled when the monitor has been taken back", async () => {
    const reports = await reportsOf(
      () => {},
      (self, pid) => {
        self.demonitor(self.monitor(pid));
      },
    );
    expect(reports).toMatchObject([{ handled: false }]);
  });
});
