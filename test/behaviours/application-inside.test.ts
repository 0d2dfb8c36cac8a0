import type { Self } from "taskward";
import { type ApplicationOptions, type ChildLike, startApplication } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

const waiting = (id: string): ChildLike => ({ id, run: (self: Self) => self.receive() });
/** As Node tells of a signal that has come. */
const signal = (): void => void (process as NodeJS.EventEmitter).emit("SIGUSR2", "SIGUSR2", 12);

/** Does not end when it is asked to. */
const stubborn: ChildLike = {
  id: "stubborn",
  shutdown: "infinity",
  run: async (self: Self) => {
    self.trapExit = true;
    for (;;) await self.receive();
  },
};

describe("V7 an application whose end is a function's business", () => {
  const exit = vi.fn();
  const print = vi.fn();
  beforeEach(() => {
    exit.mockClear();
    print.mockClear();
    vi.spyOn(console, "error").mockImplementation(print);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const play = async (
    children: readonly ChildLike[],
    scene: (start: () => ReturnType<typeof startApplication>, time: VirtualTime) => Promise<void>,
    options: ApplicationOptions = {},
  ): Promise<void> => {
    const time = new VirtualTime({ reporter: () => undefined });
    const start = () => startApplication(children, { signals: ["SIGUSR2"], exit, node: time.node, shutdown: 1_000, ...options });
    await time.until(scene(start, time));
    await time.advance(1);
    for (const { pid } of time.node.processes()) time.node.find(pid)?.terminate("killed");
    expect(process.listenerCount("SIGUSR2")).toBe(0);
  };
  const told = (): string[] => print.mock.calls.map(([line]) => String(line).split("\n", 1)[0] as string);

  it("ends with 0 by a signal, once, and hears no more of them", () =>
    play([waiting("a")], async (start) => {
      const app = await start();
      signal();
      expect(app.health().status).toBe("stopping");
      expect(await app.ended).toBe(0);
      expect(exit.mock.calls).toEqual([[0]]);
      await app.stop(); // it has ended
      expect([app.health().status, told()]).toEqual(["stopped", []]);
    }));

  it("ends with the signal's number by a second one, and says who was still there", () =>
    play([waiting("a"), stubborn], async (start) => {
      const app = await start();
      signal();
      signal();
      expect(await app.ended).toBe(128 + 12);
      expect(exit.mock.calls).toEqual([[140]]);
      expect(told()).toEqual([expect.stringMatching(/^the application is ended by a second SIGUSR2, before its children had stopped: .*stubborn/)]);
    }));

  it("ends by a signal that comes while it starts, be it in the start of the last child or before", async () => {
    let asked = 0;
    const asks: ChildLike = {
      id: "asks",
      start: (self: Self) => {
        asked++;
        signal();
        return self.spawnLink((own) => own.receive());
      },
    };
    await play([waiting("a"), asks], async (start) => {
      const app = await start();
      expect(app.health().status).toMatch(/^stop/);
      expect([await app.ended, asked, app.health().status]).toEqual([0, 1, "stopped"]);
      expect([exit.mock.calls, told()]).toEqual([[[0]], []]);
    });
    exit.mockClear();
    await play([asks, { id: "slow", start: () => new Promise<never>(() => undefined), shutdown: 100 }], async (start) => {
      await expect(start()).rejects.toMatchObject({ code: "start_failed" });
      expect([exit.mock.calls, told()]).toEqual([[[0]], []]);
    });
  });

  it("says of a child that is still starting that it is, when a second signal comes", () =>
    play([{ id: "slow", start: () => new Promise<never>(() => undefined), shutdown: 100 }], async (start) => {
      const starting = start();
      await Promise.resolve();
      signal();
      signal();
      await expect(starting).rejects.toMatchObject({ code: "start_failed" });
      expect(told()).toEqual(["the application is ended by a second SIGUSR2, before its children had stopped: slow (starting)"]);
      expect(exit.mock.calls).toEqual([[140]]);
    }));

  it("ends the program itself where nothing else is said", () => {
    const { exitCode } = process;
    const ends = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
    return play(
      [waiting("a")],
      async (start) => {
        const app = await start();
        signal();
        expect(await app.ended).toBe(0);
        expect([ends.mock.calls, process.exitCode]).toEqual([[[0]], 0]);
        process.exitCode = exitCode;
      },
      { exit: true },
    );
  });

  it("ends with 1 when the time is up, and says who was still there", () =>
    play([stubborn], async (start) => {
      const app = await start();
      const stopped = app.stop();
      signal(); // the program had asked: now a signal has, too
      await stopped;
      expect(await app.ended).toBe(1);
      expect(told()).toEqual([expect.stringMatching(/^the application did not stop within 1000 ms; still there: stubborn/)]);
    }));

  it("ends with 1 when a child was restarted too often, and says why", () =>
    play(
      [
        {
          id: "bad",
          run: () => {
            throw new RangeError("no luck");
          },
        },
      ],
      async (start) => {
        const app = await start().catch(() => undefined);
        expect(await app?.ended).toBe(1);
        expect(told()).toEqual(["the application has ended: child bad was restarted too often, the last time because of RangeError: no luck"]);
        expect(exit.mock.calls).toEqual([[1]]);
      },
      { maxRestarts: 2 },
    ));

  it("ends with 1 when a child does not start, and says which, and the reason of it", () =>
    play(
      [
        waiting("a"),
        {
          id: "b",
          start: () => {
            throw new RangeError("no port");
          },
        },
      ],
      async (start) => {
        await expect(start()).rejects.toMatchObject({ code: "start_failed" });
        expect(told()).toEqual([expect.stringMatching(/^the application did not start: .*b.*: RangeError: no port/)]);
        expect(exit.mock.calls).toEqual([[1]]);
      },
    ));

  it("ends with 1 when its root ends, and prints what is no error as it is", () =>
    play([waiting("a")], async (start) => {
      const app = await start();
      app.supervisor.node.find(app.supervisor.pid)?.terminate({ odd: 1 });
      expect(await app.ended).toBe(1);
      expect(told()).toEqual(['the application has ended, for its root has: {"odd":1}']);
    }));

  it.each([[["SIGSTOP"]], [["SIGKILL"]], [["TERM"]], [[5]], ["SIGTERM"]])("refuses signals that no program can handle: %j", async (signals) => {
    await expect(startApplication([], { signals: signals as never })).rejects.toThrow("give an array of signals that a program can handle");
  });
});
