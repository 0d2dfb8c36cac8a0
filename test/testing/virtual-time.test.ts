import { Deadlock, Node, Scheduler } from "taskward";
import { VirtualTime, connect, memoryWire, settled } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** A second node on the same virtual time, joined with the first. */
function pair(): { time: VirtualTime; far: Node } {
  const time = new VirtualTime({ name: "near" });
  const far = new Node({ name: "far", clock: time.clock, scheduler: new Scheduler(() => 0) });
  const [here, there] = memoryWire();
  connect(time.node, "far", here);
  connect(far, "near", there);
  return { time, far };
}

describe("time passes only when nothing else is left to do", () => {
  it("a second of waiting takes none, and is a second", async () => {
    const time = new VirtualTime();
    const seen: number[] = [];
    await time.run(async (self) => {
      for (let i = 0; i < 3; i++) {
        await self.sleep(1_000);
        seen.push(time.now);
      }
    });
    expect(seen).toEqual([1_000, 2_000, 3_000]);
  });

  it("not while there are more steps than one turn of the event loop takes", async () => {
    const time = new VirtualTime();
    const taken = await time.run(async (self) => {
      self.spawn(async (child) => {
        for (let n = 0; n < 20_000; n++) child.send(self.pid, n);
      });
      let count = 0;
      while ((await self.receive(undefined, { after: 1 })) !== undefined) count++;
      return count;
    });
    expect(taken).toBe(20_000);
    expect(time.now).toBe(1);
  });

  it("not while a message is under way between two nodes, however often it goes to and fro", async () => {
    const { time, far } = pair();
    const answers = await time.run(async (self) => {
      const echo = far.spawn<number>(async (other) => {
        for (;;) other.send(self.pid, ((await other.receive()) as number) + 1);
      });
      let value = 0;
      for (let round = 0; round < 100; round++) {
        self.send(echo, value);
        value = (await self.receive(undefined, { after: 1 })) as number;
      }
      self.exit(echo, "kill");
      return value;
    });
    expect(answers).toBe(100);
    expect(time.now).toBe(0);
  });

  it("passes in the end even when two processes never stop", async () => {
    const time = new VirtualTime();
    const seen = await time.run(async (self) => {
      const busy = self.spawn(async (one) => {
        for (;;) {
          one.send(one.pid, "again");
          await one.receive();
        }
      });
      await self.sleep(10);
      self.exit(busy, "kill");
      return time.now;
    });
    expect(seen).toBe(10);
  });
});

describe("Deadlock", () => {
  it("tells who is still there when nothing can happen any more", async () => {
    const time = new VirtualTime();
    const stuck = time.run(async function waitsForEver(self) {
      await self.receive();
    });
    await expect(stuck).rejects.toThrow(Deadlock);
    await expect(stuck).rejects.toThrow(/Still there: <main\.1> \(waitsForEver, waiting\)/);
  });

  it("says so when no process is left, only a promise that nobody settles", async () => {
    await expect(new VirtualTime().until(new Promise(() => {}))).rejects.toThrow(/No process is left/);
  });
});

describe("run, until, advance", () => {
  it("run throws what the function threw", async () => {
    await expect(
      new VirtualTime().run(async () => {
        throw new RangeError("out");
      }),
    ).rejects.toThrow(RangeError);
  });

  it("until resolves with the promise's value as soon as it is there", async () => {
    const time = new VirtualTime();
    time.clock.set(() => {}, 1_000);
    expect(await time.until(Promise.resolve(7))).toBe(7);
    expect(time.now).toBe(0);
  });

  it("until within until, and advance within it, let time pass together", async () => {
    const time = new VirtualTime();
    time.clock.set(() => {}, 1_000);
    const inner = async (): Promise<number[]> => {
      await time.until(time.node.run((self) => self.sleep(5)));
      const seen = [time.now];
      await time.advance(10);
      seen.push(time.now);
      await time.run((self) => self.sleep(1));
      return seen;
    };
    expect(await time.until(inner())).toEqual([5, 15]);
    expect(time.now).toBe(16);
    await Promise.all([time.run((self) => self.sleep(9)), time.run((self) => self.sleep(3))]);
    expect(time.now).toBe(25);
  });

  it("advance fires what is due by then, in order, and no more", async () => {
    const time = new VirtualTime();
    const fired: string[] = [];
    time.clock.set(() => fired.push(`c at ${time.now}`), 30);
    time.clock.set(() => fired.push(`a at ${time.now}`), 10);
    time.clock.set(() => time.clock.set(() => fired.push(`b at ${time.now}`), 5), 10);
    await time.advance(20);
    expect(fired).toEqual(["a at 10", "b at 15"]);
    expect(time.now).toBe(20);
    await time.advance(10);
    expect(fired).toEqual(["a at 10", "b at 15", "c at 30"]);
  });

  it("settled waits for everything that needs no time", async () => {
    const { far } = pair();
    const heard: unknown[] = [];
    const listener = far.spawn(async (self) => {
      for (;;) heard.push(await self.receive());
    });
    for (let n = 0; n < 10_000; n++) far.send(listener, n);
    await settled();
    expect(heard).toHaveLength(10_000);
  });

  it("two virtual times do not touch each other", async () => {
    const [one, two] = [new VirtualTime(), new VirtualTime()];
    await Promise.all([one.run((self) => self.sleep(5)), two.run((self) => self.sleep(7_000))]);
    expect([one.now, two.now]).toEqual([5, 7_000]);
  });
});
