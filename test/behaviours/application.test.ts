import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Self } from "taskward";
import { type ApplicationOptions, type ChildLike, startApplication } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it, onTestFinished, vi } from "vitest";

const fixture = fileURLToPath(new URL("fixtures/app.mjs", import.meta.url));

/** A real program, as its parent sees it. */
class Program {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown[]>;
  out = "";
  err = "";

  constructor(how: string) {
    this.#child = spawn(process.execPath, [fixture, how], { stdio: ["ignore", "pipe", "pipe"] });
    this.#closed = once(this.#child, "close");
    this.#child.stdout.on("data", (data) => (this.out += String(data)));
    this.#child.stderr.on("data", (data) => (this.err += String(data)));
    onTestFinished(() => void this.#child.kill("SIGKILL"));
  }

  async says(text: string): Promise<void> {
    while (!this.out.includes(text)) await once(this.#child.stdout, "data");
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Its exit code, or the signal that it died of. */
  async end(): Promise<unknown> {
    const [code, signal] = await this.#closed;
    return code ?? signal;
  }
}

describe("V7 a real program", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("stops its children in reverse order by %s, and exits with 0", async (signal) => {
    const program = new Program("polite");
    await program.says("ready");
    program.kill(signal);
    expect(await program.end()).toBe(0);
    expect(program.out).toBe("start a\nstart b\nready\nstop b\nstop a\n");
    expect(program.err).toBe("");
  });

  it.each([
    ["SIGTERM", "SIGTERM", 143],
    ["SIGTERM", "SIGINT", 130],
  ] as const)("ends at once by %s and then %s, with the signal in its exit code", async (first, second, code) => {
    const program = new Program("stubborn");
    await program.says("ready");
    program.kill(first);
    await program.says("asked stubborn");
    program.kill(second);
    expect(await program.end()).toBe(code);
    expect(program.err).toMatch(
      new RegExp(`^the application is ended by a second ${second}, before its children had stopped: a \\(<main\\.\\d+>\\), stubborn \\(<main`),
    );
    expect(program.out).not.toContain("stop a");
  });

  it("whose child does not stop ends with 1 when the time is up, and says which", async () => {
    const program = new Program("late");
    await program.says("ready");
    program.kill("SIGTERM");
    expect(await program.end()).toBe(1);
    expect(program.err).toMatch(/^the application did not stop within 50 ms; still there: a \(<main\.\d+>\), stubborn \(<main\.\d+>\)\n$/);
  });

  it("whose root gives up ends with 1 and prints why, when the other children have stopped", async () => {
    const program = new Program("crash");
    expect(await program.end()).toBe(1);
    expect(program.err).toMatch(
      /^the application has ended: child failing was restarted too often, the last time because of Error: out of luck\n {4}at .*app\.mjs/,
    );
    expect(program.out).toMatch(/stop a\n$/);
  });

  it("whose root is killed ends with 1 and prints that", async () => {
    const program = new Program("kill");
    expect(await program.end()).toBe(1);
    expect(program.err).toBe('the application has ended, for its root has: "killed"\n');
  });

  it("that does not start says which child and why, stops what it had started, and ends with 1", async () => {
    const program = new Program("refuse");
    expect(await program.end()).toBe(1);
    expect(program.err).toMatch(/^the application did not start: child refusing of the application: Error: no database\n {4}at .*app\.mjs/);
    expect(program.out).toBe("start a\nstop a\n");
  });

  it("ends with 0 when a significant child has done its work", async () => {
    const program = new Program("done");
    expect(await program.end()).toBe(0);
    expect(program.out).toMatch(/stop a\n$/);
    expect(program.err).toBe("");
  });

  it("stops by a signal while it is still starting, and ends with 0", async () => {
    const program = new Program("endless");
    await program.says("start a");
    program.kill("SIGTERM");
    expect(await program.end()).toBe(0);
    expect(program.out).toMatch(/stop a\n$/);
    expect(program.err).toBe("");
  });

  it("calls a function of its own instead of ending", async () => {
    const program = new Program("function");
    await program.says("ready");
    program.kill("SIGTERM");
    expect(await program.end()).toBe(0);
    expect(program.out).toMatch(/stop a\nexit 0\n$/);
  });

  it("goes on after it has stopped its application itself", async () => {
    const program = new Program("program");
    expect(await program.end()).toBe(3);
    expect(program.out).toBe("start a\nstop a\ngoing on\n");
  });
});

describe("V7 an application", () => {
  const waiting = (id: string): ChildLike => ({ id, run: (self: Self) => self.receive() });

  const play = async (
    children: readonly ChildLike[],
    options: ApplicationOptions,
    scene: (start: () => ReturnType<typeof startApplication>, time: VirtualTime) => Promise<void>,
  ): Promise<void> => {
    const time = new VirtualTime({ reporter: () => undefined });
    await time.until(scene(() => startApplication(children, { signals: [], exit: false, node: time.node, ...options }), time));
    await time.advance(1);
    expect({ processes: time.node.processCount, timers: time.clock.pending }).toEqual({ processes: 0, timers: 0 });
  };

  it("tells how it is, as plain data, from its start to its end", () =>
    play([waiting("a"), waiting("b")], {}, async (start, time) => {
      const app = await start();
      await time.node.run((self) => self.sleep(1_000));
      const [a, b] = app.health().children;
      expect(JSON.parse(JSON.stringify(app.health()))).toEqual({
        status: "ok",
        uptime: 1_000,
        restarts: 0,
        children: [
          { id: "a", pid: a!.pid, state: "running", restarts: 0 },
          { id: "b", pid: b!.pid, state: "running", restarts: 0 },
        ],
      });
      time.node.find(a!.pid!)!.terminate(new Error("crash"));
      await time.node.run((self) => self.sleep(1));
      expect(app.health()).toMatchObject({ status: "ok", restarts: 1 });
      const stopped = app.stop();
      expect(app.health().status).toBe("stopping");
      await stopped;
      expect(app.health()).toMatchObject({ status: "stopped" });
      expect(await app.ended).toBe(0);
    }));

  it("is degraded while a child waits for its restart", () =>
    play([{ ...(waiting("a") as { id: string; run: () => void }), backoff: { delay: 100 } }], {}, async (start, time) => {
      const app = await start();
      time.node.find(app.health().children[0]!.pid!)!.terminate("crash");
      await time.node.run((self) => self.sleep(1));
      expect(app.health()).toMatchObject({ status: "degraded", children: [{ id: "a", pid: null, state: "restarting" }] });
      await time.node.run((self) => self.sleep(100));
      expect(app.health()).toMatchObject({ status: "ok", restarts: 1 });
      await app.stop();
    }));

  it("is stopped by `await using`, and its exit is called for what it did not ask for", () => {
    const exit = vi.fn();
    return play([waiting("a")], { exit }, async (start) => {
      {
        await using app = await start();
        expect(app.health().status).toBe("ok");
      }
      expect(exit).not.toHaveBeenCalled();
      const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
      const app = await start();
      app.supervisor.node.find(app.supervisor.pid)!.terminate(new Error("root"));
      expect(await app.ended).toBe(1);
      expect(exit.mock.calls).toEqual([[1]]);
      expect(print.mock.calls).toEqual([[expect.stringMatching(/^the application has ended, for its root has: Error: root\n {4}at /)]]);
      expect(app.health().status).toBe("failed");
      print.mockRestore();
    });
  });

  it("gives its node the reporter that it is given", () => {
    const reporter = vi.fn();
    const crashing: ChildLike = {
      id: "a",
      restart: "temporary",
      run: () => {
        throw new Error("crash");
      },
    };
    return play([crashing], { reporter }, async (start) => {
      await using app = await start();
      await app.supervisor.whichChildren();
      expect(reporter.mock.calls).toMatchObject([[{ label: "a", supervisor: app.supervisor.pid, handled: false }]]);
    });
  });

  it.each<[string, unknown, string]>([
    ["an unknown option", { singals: [] }, "no such option"],
    ["a signal that cannot be handled", { signals: ["SIGKILL"] }, "signals is"],
    ["a signal that is none", { signals: ["TERM"] }, "signals is"],
    ["a deadline that is none", { shutdown: -1 }, "shutdown is -1"],
    ["an exit that is neither", { exit: 1 }, "exit is 1"],
    ["a reporter that is none", { reporter: {} }, "reporter is {}"],
    ["an option of its supervisor", { strategy: "all" }, 'strategy is "all"'],
  ])("refuses %s", async (_what, options, said) => {
    await expect(startApplication([], options as ApplicationOptions)).rejects.toMatchObject({
      code: "invalid_option",
      message: expect.stringContaining(said),
    });
  });
});
