import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CrashReport, Down, Exit, Exited, InvalidOption, NoProcess, Node, type Pid, Scheduler, type Self } from "../../src/kernel/index.js";
import { VirtualTime, settled } from "../../src/testing/index.js";

let time: VirtualTime;
let reports: CrashReport[];
const unhandled = vi.fn();

beforeEach(() => {
  reports = [];
  time = new VirtualTime({ reporter: (report) => reports.push(report) });
  unhandled.mockClear();
  process.on("unhandledRejection", unhandled);
});

afterEach(async () => {
  await settled();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

/** Runs a scene, after which nothing may be left on the node. */
async function scene<R>(play: (self: Self) => R): Promise<Awaited<R>> {
  const result = await time.run(play);
  await settled();
  expect({ processes: time.node.processCount, addresses: time.node.table.size, names: time.node.names.size, timers: time.clock.pending }).toEqual({
    processes: 0,
    addresses: 0,
    names: 0,
    timers: 0,
  });
  return result;
}

/** The exit reason of a process. */
async function endOf(self: Self, pid: Pid<never>): Promise<unknown> {
  const ref = self.monitor(pid);
  return ((await self.receive((message) => message instanceof Down && message.ref === ref)) as Down).reason;
}

describe("how a process may end", () => {
  it("by returning, throwing, rejecting or exiting, at once or later", () =>
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
    }));

  it("when killed before it began, its function never runs", () =>
    scene(async (self) => {
      const fn = vi.fn();
      const { pid } = self.spawnMonitor(fn);
      self.exit(pid, "kill");
      expect(await self.receive()).toMatchObject({ from: pid, reason: "killed" });
      await self.sleep(1);
      expect(fn).not.toHaveBeenCalled();
      expect(time.node.stragglers).toBe(0);
    }));

  it("when it kills itself in a function that is not async, what it does after that is discarded", () =>
    scene(async (self) => {
      const seen: unknown[] = [];
      const { pid } = self.spawnMonitor((one) => {
        one.exit(one.pid, "kill");
        seen.push(time.node.stragglers);
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
      expect(time.node.stragglers).toBe(0);
      expect(self.whereis("the living")).toBe(self.pid);
    }));

  it("when killed, a pending receive and a pending sleep throw, so that finally runs", () =>
    scene(async (self) => {
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
      expect(time.node.stragglers).toBe(0);
    }));

  it("what nobody awaits of a process that was killed is no unhandled rejection", () =>
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
    }));

  it("a straggler is counted until its function returns, however it does", () =>
    scene(async (self) => {
      for (const end of [() => undefined, () => self.exit("x"), () => Promise.reject(new Error("late"))]) {
        let release: () => void = () => {};
        const held = new Promise<void>((resolve) => (release = resolve));
        const pid = self.spawn(async () => {
          await held;
          await end();
        });
        await self.sleep(1);
        self.exit(pid, "kill");
        expect(time.node.stragglers).toBe(1);
        expect(time.node.processCount).toBe(1);
        release();
        await self.sleep(1);
        expect(time.node.stragglers).toBe(0);
      }
      expect(reports).toEqual([]);
    }));

  it("a thenable that settles twice, or throws, ends it once", () =>
    scene(async (self) => {
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
        expect(time.node.processCount).toBe(1);
      }
      // The node goes on.
      expect(
        await endOf(
          self,
          self.spawn(() => self.exit("still here")),
        ),
      ).toBe("still here");
    }));
});

describe("links and the stack", () => {
  it("a chain of links longer than the stack ends as one", () =>
    scene(async (self) => {
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
      expect(time.node.processCount).toBe(1);
    }));

  it("two that kill each other end both, each once", () =>
    scene(async (self) => {
      self.trapExit = true;
      const a = self.spawnLink((one) => one.receive());
      const b = self.spawnLink((one) => one.receive());
      await self.sleep(1);
      self.exit(a, "x");
      self.exit(b, "y");
      expect([await self.receive(), await self.receive()]).toEqual([new Exit(a, "x"), new Exit(b, "y")]);
      expect(await self.receive(undefined, { after: 1 })).toBeUndefined();
    }));

  it("a process that links to its parent's other children dies with the one that crashes, and the trapping parent hears of all", () =>
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
    }));
});

describe("signal", () => {
  it("aborts with why, when the process ends, and at once when it has ended", () =>
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
    }));

  it("K12 aborts after everybody has been told: what its listeners do comes later than the end", () =>
    scene(async (self) => {
      const order: string[] = [];
      const ender = { ended: () => order.push("ender") };
      const { pid } = time.node.start(
        async (one: Self) => {
          one.signal.addEventListener("abort", () => {
            order.push("listener");
            time.node.send(self.pid, "from the listener");
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
    }));

  it("K12 those who are linked to somebody linked have been told, too", () =>
    scene(async (self) => {
      self.trapExit = true;
      const middle = self.spawnLink(async (one) => {
        one.signal.addEventListener("abort", () => time.node.send(self.pid, "from the listener"));
        await one.receive();
      });
      const first = self.spawn(async (one) => {
        one.link(middle);
        await one.receive();
      });
      await self.sleep(1);
      self.exit(first, "x");
      expect([await self.receive(), await self.receive()]).toEqual([new Exit(middle, "x"), "from the listener"]);
    }));
});

describe("what a match does", () => {
  it("killing its own process, the receive throws, and the message goes with the process", () =>
    scene(async (self) => {
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
          expect(time.node.stragglers).toBe(0);
        }
      }
    }));

  it("sending to its own process, and to others, is fine", () =>
    scene(async (self) => {
      const answer = self.receive((message) => {
        if (message === "ping") self.send(self.pid, "pong");
        return message === "pong";
      });
      self.send(self.pid, "ping");
      expect(await answer).toBe("pong");
      expect(await self.receive()).toBe("ping");
    }));
});

describe("processes()", () => {
  it("goes on when the one that it told of is killed, with all that were linked to it", () =>
    scene(async (self) => {
      const pids: Pid[] = [];
      for (let n = 0; n < 6; n++) pids.push(self.spawn((one) => one.receive()));
      self.spawn(async (one) => {
        one.link(pids[4] as Pid);
        one.link(pids[3] as Pid);
      });
      await self.sleep(1);
      const seen: Pid[] = [];
      for (const { pid } of time.node.processes()) {
        if (pid === self.pid) continue;
        seen.push(pid);
        self.exit(pid, "kill");
      }
      expect(time.node.processCount).toBe(1);
      expect(seen).toEqual([...pids].reverse());
    }));
});

describe("bad input", () => {
  it("what is no function is refused at once, by everything that starts a process", () =>
    scene(async (self) => {
      for (const fn of [undefined, null, "text", {}, 7] as never[]) {
        expect(() => self.spawn(fn)).toThrow(InvalidOption);
        expect(() => self.spawnLink(fn)).toThrow(InvalidOption);
        expect(() => self.spawnMonitor(fn)).toThrow(InvalidOption);
        expect(() => time.node.spawn(fn)).toThrow(InvalidOption);
        expect(() => time.node.run(fn)).toThrow(InvalidOption);
      }
    }));

  it("receive wants a function and a time: options in the place of the match are refused", () =>
    scene(async (self) => {
      expect(() => self.receive({ after: 5 } as never)).toThrow(/receive\(undefined, \{ after \}\)/);
      for (const after of [-1, Number.NaN, "5", null, {}] as never[]) expect(() => self.receive(undefined, { after })).toThrow(InvalidOption);
      expect(() => self.receive(undefined, { timeout: 5 } as never)).toThrow(/no such option; there are after/);
      expect(() => self.sleep(-1)).toThrow(InvalidOption);
      expect(() => self.sleep(Number.NaN)).toThrow(InvalidOption);
    }));

  it("send, exit, link and monitor want to know whom", () =>
    scene(async (self) => {
      for (const to of [undefined, null, 7, {}, { name: "x" }, { node: "x" }, { name: 1, node: "x" }] as never[]) {
        expect(() => self.send(to, "x" as never)).toThrow(InvalidOption);
      }
      expect(() => self.send("", "x")).toThrow(NoProcess);
      for (const pid of [undefined, null, 7, {}, "", "name", "<", "<main>", "<main.x>", "<main#1>", "<main!name>"] as never[]) {
        expect(() => self.exit(pid, "x")).toThrow(InvalidOption);
        expect(() => self.link(pid)).toThrow(InvalidOption);
      }
      for (const target of [undefined, null, 7, {}, { name: "x" }, "<", "<main#1>", "<main!name>"] as never[]) {
        expect(() => self.monitor(target)).toThrow(InvalidOption);
      }
    }));

  it("a node wants a name that its pids can carry, and no option that it does not know", () => {
    for (const name of ["", "a b", "a.b", "a#b", "a!b", "<a", "a>", 7, null] as never[]) expect(() => new Node({ name })).toThrow(InvalidOption);
    expect(() => new Node({ nmae: "x" } as never)).toThrow(/node options\.nmae .*there are name, clock, scheduler, reporter/);
    expect(() => new Node(null as never)).toThrow(InvalidOption);
    for (const option of ["clock", "scheduler", "reporter"]) {
      for (const value of [{}, null, "x", 7]) expect(() => new Node({ [option]: value })).toThrow(new RegExp(`^${option} is `));
    }
    expect(new Node({ name: "ok/sub@host~1", scheduler: new Scheduler() }).name).toBe("ok/sub@host~1");
  });
});
