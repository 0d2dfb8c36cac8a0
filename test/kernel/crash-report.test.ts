import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type CrashReport, type Down, Node, type Self, consoleReporter, formatCrash } from "../../src/kernel/index.js";
import { crashDetails } from "../../src/kernel/crash-report.js";
import { hostile } from "./hostile.js";
import { VirtualTime } from "../../src/testing/index.js";

const base: CrashReport = {
  pid: "<main.7>" as CrashReport["pid"],
  label: undefined,
  runs: "fetchQuote",
  args: undefined,
  parent: undefined,
  callers: [],
  reason: "crash",
  handled: false,
};

describe("formatCrash", () => {
  it("says who crashed, why and what it ran", () => {
    expect(formatCrash(base)).toBe('process <main.7> crashed: "crash"\n  runs: fetchQuote');
  });

  it("says what else is known: label, arguments, who started it, for whom, and the stack", () => {
    const reason = new TypeError("no such thing");
    reason.stack = "TypeError: no such thing\n    at one\n    at two";
    const text = formatCrash({
      ...base,
      label: "quotes of today",
      args: ["a", { b: 1 }],
      parent: "<main.1>" as never,
      callers: ["<main.5>", "<main.2>"] as never,
      reason,
    });
    expect(text.split("\n")).toEqual([
      "process <main.7> (quotes of today) crashed: TypeError: no such thing",
      '  runs: fetchQuote, with ["a",{"b":1}]',
      "  started by: <main.1>",
      "  callers: <main.5> <- <main.2>",
      "  TypeError: no such thing",
      "      at one",
      "      at two",
    ]);
  });

  it("says nothing more where nobody knows how", () => {
    const { format } = crashDetails;
    delete crashDetails.format;
    try {
      expect(formatCrash({ ...base, mailboxLength: 3 })).toBe('process <main.7> crashed: "crash"\n  runs: fetchQuote');
      crashDetails.format = ({ mailboxLength }) => `\n  ${mailboxLength} wait`;
      expect(formatCrash({ ...base, mailboxLength: 3 })).toBe('process <main.7> crashed: "crash"\n  runs: fetchQuote\n  3 wait');
    } finally {
      delete crashDetails.format;
      if (format !== undefined) crashDetails.format = format;
    }
  });

  it("of what never became a process, says so", () => {
    expect(formatCrash({ ...base, pid: undefined })).toMatch(/^process \(not started\) crashed/);
  });

  it.each(hostile)("of %s is a text", (_name, reason) => {
    expect(formatCrash({ ...base, reason, args: [reason] })).toContain("process <main.7> crashed: ");
  });

  it("is short, however long the arguments", () => {
    expect(formatCrash({ ...base, args: ["x".repeat(100_000)] }).length).toBeLessThan(300);
  });
});

describe("consoleReporter", () => {
  const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
  beforeEach(() => print.mockClear());

  it("prints a crash that nobody was told of, and no other", () => {
    consoleReporter(base);
    consoleReporter({ ...base, handled: true });
    expect(print.mock.calls).toEqual([[formatCrash(base)]]);
  });

  it("is what a node has unless it is given another", async () => {
    const node = new Node();
    node.spawn(function crashes() {
      throw new Error("unseen");
    });
    await node.run((self) => self.sleep(1));
    expect(print).toHaveBeenCalledOnce();
    expect(print.mock.calls[0]?.[0]).toMatch(/^process <main\.1> crashed: Error: unseen\n {2}runs: crashes\n/);
  });
});

describe("which crashes are reported", () => {
  let reports: CrashReport[];
  let time: VirtualTime;
  beforeEach(() => {
    reports = [];
    time = new VirtualTime({ reporter: (report) => reports.push(report) });
  });

  const boom = (): never => {
    throw new Error("boom");
  };

  it("T14 once, with label, parent and the function's name", async () => {
    await time.run(async (self) => {
      const pid = self.spawn(boom, { label: "the loud one" });
      await self.sleep(1);
      expect(reports).toEqual([
        {
          pid,
          label: "the loud one",
          runs: "boom",
          args: undefined,
          parent: self.pid,
          callers: [],
          reason: expect.objectContaining({ message: "boom" }),
          handled: false,
        },
      ]);
    });
  });

  it("T14 not for normal, shutdown and { shutdown }, nor when somebody else ended it", async () => {
    await time.run(async (self) => {
      for (const reason of ["normal", "shutdown", { shutdown: "x" }]) self.spawn((one) => one.exit(reason));
      const waiting = self.spawn((one) => one.receive());
      await self.sleep(1);
      self.exit(waiting, "told to");
      await self.sleep(1);
    });
    expect(reports).toEqual([]);
  });

  it("handled, when a link or a monitor tells somebody, or the process is somebody's run", async () => {
    await time.run(async (self) => {
      self.trapExit = true;
      self.spawnLink(boom);
      self.spawnMonitor(boom);
      await time.node.run(boom).catch(() => undefined);
      self.spawn(boom);
      await self.sleep(1);
    });
    expect(reports.map(({ handled }) => handled).sort()).toEqual([false, true, true, true]);
    expect(reports.at(-1)?.handled ?? reports[0]?.handled).toBeDefined();
  });

  it("not handled, when the link or monitor was taken back, or when it only watches others itself", async () => {
    await time.run(async (self) => {
      const crashing = async (one: Self): Promise<never> => {
        one.monitor(self.pid);
        await one.receive();
        return boom();
      };
      const watched = self.spawnMonitor(crashing);
      const linked = self.spawnLink(crashing);
      await self.sleep(1);
      self.demonitor(watched.ref);
      self.unlink(linked);
      for (const pid of [watched.pid, linked]) self.send(pid, "go");
      await self.sleep(1);
    });
    expect(reports.map(({ handled }) => handled)).toEqual([false, false]);
  });

  it("a reporter that throws takes nothing down, and the crash is printed all the same", async () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
    time.node.reporter = () => {
      throw new Error("the reporter itself");
    };
    await time.run(async (self) => {
      for (const fn of [boom, async () => boom()]) {
        const { ref } = self.spawnMonitor(fn);
        expect(await self.receive()).toMatchObject({ ref, reason: { message: "boom" } } satisfies Partial<Record<keyof Down, unknown>>);
      }
      await self.sleep(1);
    });
    expect(print).toHaveBeenCalledTimes(2);
    expect(print.mock.calls[0]?.[0]).toMatch(/the reporter itself[^]*boom/);
  });

  afterEach(() => vi.restoreAllMocks());
});
