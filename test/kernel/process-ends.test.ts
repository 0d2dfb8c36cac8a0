import { describe, expect, it, vi } from "vitest";
import { Down, Exit, Exited, type Pid, type Self } from "../../src/kernel/index.js";
import { endOf, expectAllHandled, scene } from "./scene.js";

expectAllHandled();

describe("how a process may end", () => {
  it(
    "by returning, throwing, rejecting or exiting, at once or later",
    scene(async (self) => {
      const error = new Error("x");
      const ends: [(one: Self) => unknown, unknown][] = [
        [() => 1, "normal"],
        [async () => 1, "normal"],
        [
          () => {
            throw error;
          },
          error,
        ],
        [() => Promise.reject(error), error],
        [() => Promise.reject(), undefined],
        [(one) => one.exit("bye"), "bye"],
        [async (one) => one.exit("bye"), "bye"],
        [async (one) => one.sleep(5).then(() => one.exit("later")), "later"],
        [(one) => one.exit(undefined), undefined],
        [(one) => one.exit(one.pid, "kill"), "killed"],
        [(one) => one.exit(one.pid, "normal"), "normal"],
      ];
      for (const [fn, reason] of ends) {
        const { pid, ref } = self.spawnMonitor(fn);
        expect(await self.receive()).toEqual(new Down(ref, pid, reason));
      }
    }),
  );

  it(
    "when killed before it began, its function never runs",
    scene(async (self, { node }) => {
      const fn = vi.fn();
      const { pid } = self.spawnMonitor(fn);
      self.exit(pid, "kill");
      expect(await self.receive()).toMatchObject({ from: pid, reason: "killed" });
      await self.sleep(1);
      expect(fn).not.toHaveBeenCalled();
      expect(node.stragglers).toBe(0);
    }),
  );

  it(
    "when it kills itself in a function that is not async, what it does after that is discarded",
    scene(async (self, { node }) => {
      const seen: unknown[] = [];
      const { pid } = self.spawnMonitor((one) => {
        one.exit(one.pid, "kill");
        seen.push(node.stragglers);
        one.send(self.pid, "too late");
        for (const forbidden of [
          () => one.spawn(() => undefined),
          () => one.link(self.pid),
          () => one.unlink(self.pid),
          () => one.monitor(self.pid),
          () => one.alias(),
          () => one.register("ghost"),
          () => one.unregister("the living"),
          () => one.sendAfter(self.pid, "x", 1),
          () => one.exit(self.pid, "kill"),
        ]) {
          expect(forbidden).toThrow(Exited);
        }
        seen.push("done");
      });
      self.register("the living");
      expect(await self.receive()).toEqual(expect.objectContaining({ from: pid, reason: "killed" }));
      expect(await self.receive(undefined, { after: 1 })).toBeUndefined();
      expect(seen).toEqual([1, "done"]);
      expect(node.stragglers).toBe(0);
      expect(self.whereis("the living")).toBe(self.pid);
    }),
  );

  it(
    "when killed, a pending receive and a pending sleep throw, so that finally runs",
    scene(async (self, { node }) => {
      const seen: string[] = [];
      for (const wait of [(one: Self) => one.receive(), (one: Self) => one.sleep(1_000), (one: Self) => one.receive(() => false, { after: 1_000 })]) {
        const pid = self.spawn(async (one) => {
          try {
            await wait(one);
          } catch (error) {
            seen.push((error as Error).message);
          } finally {
            seen.push("finally");
          }
        });
        await self.sleep(1);
        self.exit(pid, "kill");
        await self.sleep(1);
      }
      expect(seen).toEqual([4, 5, 6].flatMap((n) => [`process <main.${n - 2}> has exited: "killed"`, "finally"]));
      expect(node.stragglers).toBe(0);
    }),
  );

  it(
    "what nobody awaits of a process that was killed is no unhandled rejection",
    scene(async (self) => {
      const pid = self.spawn(async (one) => {
        const waiting = [one.sleep(1_000), one.sleep(0), one.receive(), one.receive(() => false, { after: 50 })];
        try {
          await one.receive(() => false);
        } finally {
          waiting.push(one.receive(), one.sleep(1), one.sleep(0));
        }
      });
      await self.sleep(1);
      self.exit(pid, "kill");
      await self.sleep(1);
    }),
  );

  it(
    "a straggler is counted until its function returns, however it does",
    scene(async (self, { node, reports }) => {
      for (const end of [() => undefined, () => self.exit("x"), () => Promise.reject(new Error("late"))]) {
        let release: () => void = () => {};
        const held = new Promise<void>((resolve) => (release = resolve));
        const pid = self.spawn(async () => {
          await held;
          await end();
        });
        await self.sleep(1);
        self.exit(pid, "kill");
        expect(node.stragglers).toBe(1);
        expect(node.processCount).toBe(1);
        release();
        await self.sleep(1);
        expect(node.stragglers).toBe(0);
      }
      expect(reports).toEqual([]);
    }),
  );

  it(
    "a thenable that settles twice, or throws, ends it once",
    scene(async (self, { node }) => {
      const twice = {
        then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
          resolve(1);
          resolve(2);
          reject(new Error("3"));
        },
      };
      const throwing = {
        then() {
          throw new Error("in then");
        },
      };
      const trap = Object.defineProperty({}, "then", {
        get() {
          throw new Error("in getter");
        },
      });
      for (const [result, reason] of [
        [twice, "normal"],
        [throwing, "in then"],
        [trap, "in getter"],
      ] as const) {
        self.spawnMonitor(() => result);
        const down = (await self.receive()) as Down;
        expect(down.reason instanceof Error ? down.reason.message : down.reason).toBe(reason);
        expect(node.processCount).toBe(1);
      }
      // The node goes on.
      expect(
        await endOf(
          self,
          self.spawn(() => self.exit("still here")),
        ),
      ).toBe("still here");
    }),
  );
});

describe("links and the stack", () => {
  it(
    "a chain of links longer than the stack ends as one",
    scene(async (self, { node }) => {
      const length = 20_000;
      const pids: Pid[] = [];
      for (let n = 0; n < length; n++) {
        const before = pids.at(-1);
        pids.push(
          self.spawn(async (one) => {
            if (before !== undefined) one.link(before);
            await one.receive();
          }),
        );
      }
      await self.sleep(1);
      const last = endOf(self, pids.at(-1) as Pid);
      self.exit(pids[0] as Pid, "all of you");
      expect(await last).toBe("all of you");
      expect(node.processCount).toBe(1);
    }),
  );

  it(
    "two that kill each other end both, each once",
    scene(async (self) => {
      self.trapExit = true;
      const a = self.spawnLink((one) => one.receive());
      const b = self.spawnLink((one) => one.receive());
      await self.sleep(1);
      self.exit(a, "x");
      self.exit(b, "y");
      expect([await self.receive(), await self.receive()]).toEqual([new Exit(a, "x"), new Exit(b, "y")]);
      expect(await self.receive(undefined, { after: 1 })).toBeUndefined();
    }),
  );

  it(
    "a process that links to its parent's other children dies with the one that crashes, and the trapping parent hears of all",
    scene(async (self) => {
      self.trapExit = true;
      const pids = [0, 1, 2].map(() => self.spawnLink((one) => one.receive()));
      await self.sleep(1);
      const ring = self.spawnLink(async (one) => {
        for (const pid of pids) one.link(pid);
        await one.receive();
      });
      await self.sleep(1);
      self.exit(pids[1] as Pid, "spreads");
      const heard = [await self.receive(), await self.receive(), await self.receive(), await self.receive()] as Exit[];
      expect(heard.map(({ reason }) => reason)).toEqual(["spreads", "spreads", "spreads", "spreads"]);
      expect(heard.map(({ from }) => from).sort()).toEqual([...pids, ring].sort());
    }),
  );
});
