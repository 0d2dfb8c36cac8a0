import { describe, expect, it } from "vitest";
import { Exit, Exited, type Pid, type Self } from "../../src/kernel/index.js";
import { endOf, expectAllHandled, scene } from "./scene.js";

expectAllHandled();

describe("signal", () => {
  it(
    "aborts with why, when the process ends, and at once when it has ended",
    scene(async (self) => {
      const signals: AbortSignal[] = [];
      const pid = self.spawn(async (one) => {
        signals.push(one.signal);
        await one.receive();
      });
      await self.sleep(1);
      expect(signals[0]?.aborted).toBe(false);
      self.exit(pid, "kill");
      expect(signals[0]?.reason).toMatchObject({ code: "exited", reason: "killed" });

      const early = self.spawn((one) => {
        one.exit(one.pid, "kill");
        signals.push(one.signal);
      });
      expect(await endOf(self, early)).toBe("killed");
      expect(signals[1]?.aborted).toBe(true);
    }),
  );

  it(
    "K12 aborts after everybody has been told: what its listeners do comes later than the end",
    scene(async (self, { node }) => {
      const order: string[] = [];
      const ender = { ended: () => order.push("ender") };
      const { pid } = node.start(
        async (one: Self) => {
          one.signal.addEventListener("abort", () => {
            order.push("listener");
            node.send(self.pid, "from the listener");
          });
          await one.receive();
        },
        { ender },
      );
      await self.sleep(1);
      self.trapExit = true;
      self.monitor(pid);
      self.link(pid);
      self.exit(pid, "kill");
      expect(order).toEqual(["ender", "listener"]);
      const heard = [await self.receive(), await self.receive(), await self.receive()];
      expect(heard[2]).toBe("from the listener");
    }),
  );

  it(
    "K12 those who are linked to somebody linked have been told, too",
    scene(async (self, { node }) => {
      self.trapExit = true;
      const middle = self.spawnLink(async (one) => {
        one.signal.addEventListener("abort", () => node.send(self.pid, "from the listener"));
        await one.receive();
      });
      const first = self.spawn(async (one) => {
        one.link(middle);
        await one.receive();
      });
      await self.sleep(1);
      self.exit(first, "x");
      expect([await self.receive(), await self.receive()]).toEqual([new Exit(middle, "x"), "from the listener"]);
    }),
  );
});

describe("what a match does", () => {
  it(
    "killing its own process, the receive throws, and the message goes with the process",
    scene(async (self, { node }) => {
      for (const early of [true, false]) {
        for (const answer of [true, false]) {
          let caught: unknown;
          const { pid } = self.spawnMonitor(async (one) => {
            if (early) await one.sleep(2);
            try {
              await one.receive(
                () => {
                  one.exit(one.pid, "kill");
                  return answer;
                },
                { after: 1_000 },
              );
            } catch (error) {
              caught = error;
            }
          });
          await self.sleep(1);
          self.send(pid, "message");
          expect(await self.receive()).toMatchObject({ from: pid, reason: "killed" });
          await self.sleep(5);
          expect(caught).toBeInstanceOf(Exited);
          expect(node.stragglers).toBe(0);
        }
      }
    }),
  );

  it(
    "sending to its own process, and to others, is fine",
    scene(async (self) => {
      const answer = self.receive((message) => {
        if (message === "ping") self.send(self.pid, "pong");
        return message === "pong";
      });
      self.send(self.pid, "ping");
      expect(await answer).toBe("pong");
      expect(await self.receive()).toBe("ping");
    }),
  );
});

describe("processes()", () => {
  it(
    "goes on when the one that it told of is killed, with all that were linked to it",
    scene(async (self, { node }) => {
      const pids: Pid[] = [];
      for (let n = 0; n < 6; n++) pids.push(self.spawn((one) => one.receive()));
      self.spawn(async (one) => {
        one.link(pids[4] as Pid);
        one.link(pids[3] as Pid);
      });
      await self.sleep(1);
      const seen: Pid[] = [];
      for (const { pid } of node.processes()) {
        if (pid === self.pid) continue;
        seen.push(pid);
        self.exit(pid, "kill");
      }
      expect(node.processCount).toBe(1);
      expect(seen).toEqual([...pids].reverse());
    }),
  );
});
