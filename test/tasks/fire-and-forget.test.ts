import { type CrashReport, Task } from "taskward";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";
import { nothingLeft } from "./places.js";

const withMessage = (message: string): unknown => expect.objectContaining({ message });

/** Virtual time, with what was reported. */
function world(): { time: VirtualTime; reports: CrashReport[] } {
  const reports: CrashReport[] = [];
  return { time: new VirtualTime({ reporter: (report) => reports.push(report) }), reports };
}

describe("T10 fire and forget", () => {
  it("T10 start: fire and forget, a crash harms nobody", async () => {
    const { time, reports } = world();
    await time.run(async (self) => {
      Task.start(() => self.send(self.pid, "done"), { self, label: "quick" });
      expect(await self.receive()).toBe("done");
      Task.start(
        () => {
          throw new Error("boom");
        },
        { self, label: "bad" },
      );
      await nothingLeft(self);
    });
    expect(reports).toMatchObject([{ label: "bad", handled: false, reason: withMessage("boom") }]);
  });

  it("T10 start: the task outlives whoever asked for it", async () => {
    const { time } = world();
    const done: string[] = [];
    await expect(
      time.run((self) => {
        Task.start(
          async (me) => {
            await me.sleep(10);
            done.push("done");
          },
          { self },
        );
        throw new Error("owner");
      }),
    ).rejects.toThrow("owner");
    await time.advance(20);
    expect(done).toEqual(["done"]);
  });

  it("T10 startLink: whichever crashes takes the other along", async () => {
    const { time } = world();
    await time.run(async (self) => {
      const { ref } = self.spawnMonitor(async (me) => {
        Task.startLink(me, async (task) => {
          await task.sleep(5);
          throw new Error("boom");
        });
        await me.receive();
      });
      expect(await self.receive()).toMatchObject({ ref, reason: withMessage("boom") });
      const { ref: other } = self.spawnMonitor((me) => {
        Task.startLink(me, async (task) => {
          self.send(self.pid, { task: task.pid });
          await task.sleep(1_000);
        });
        return me.sleep(1).then(() => {
          throw new Error("owner");
        });
      });
      const { task } = (await self.receive()) as { task: never };
      const down = self.monitor(task);
      const downs = [await self.receive(), await self.receive()];
      expect(downs).toContainEqual(expect.objectContaining({ ref: other, reason: withMessage("owner") }));
      expect(downs).toContainEqual(expect.objectContaining({ ref: down, reason: withMessage("owner") }));
    });
    expect(time.now).toBeLessThan(100);
  });

  it("T10 startLink: no reply comes", async () => {
    const { time } = world();
    await time.run(async (self) => {
      Task.startLink(self, () => "nobody wants this");
      await nothingLeft(self);
    });
  });
});
