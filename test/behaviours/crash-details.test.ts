import { type CrashReport, type Down, type Self, formatCrash } from "taskward";
import { Supervisor, logReporter, silentReporter } from "taskward/behaviours";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it, vi } from "vitest";

const base: CrashReport = {
  pid: "<main.7>" as CrashReport["pid"],
  label: "quotes",
  runs: "Quotes",
  args: undefined,
  parent: undefined,
  callers: [],
  reason: "crash",
  handled: false,
};

const withStack = <E extends Error>(error: E): E => Object.assign(error, { stack: `${error.name}: ${error.message}\n    at somewhere` });

describe("T14 the report of a crash", () => {
  it("says who supervises, what was being handled, and what waited", () => {
    const report = { ...base, supervisor: "<main.2>" as never, restarts: 1, lastMessage: { $call: "price" }, mailboxLength: 3 };
    expect(formatCrash(report).split("\n")).toEqual([
      'process <main.7> (quotes) crashed: "crash"',
      "  runs: Quotes",
      "  supervisor: <main.2>, which had restarted it once before",
      '  last message: {"$call":"price"}',
      "  mailbox: 3 waiting",
    ]);
    expect(formatCrash({ ...report, restarts: 2 })).toContain("which had restarted it 2 times before");
    for (const restarts of [0, undefined])
      expect(formatCrash({ ...report, restarts })).toContain("\n  supervisor: <main.2>, which had not restarted it before\n");
  });

  it("has the causes of an error with their stacks, and the errors that are gathered in it", () => {
    const cause = withStack(new TypeError("fetch failed", { cause: "ECONNREFUSED" }));
    const reason = withStack(new AggregateError([new Error("one"), "two"], "no price", { cause }));
    expect(
      formatCrash({ ...base, reason })
        .split("\n")
        .slice(2),
    ).toEqual([
      "  AggregateError: no price",
      "      at somewhere",
      "  one of its errors: Error: one",
      '  one of its errors: "two"',
      "  caused by: TypeError: fetch failed",
      "      at somewhere",
      '  caused by: "ECONNREFUSED"',
    ]);
  });

  it("comes to an end with errors that cause each other, and with hostile ones", () => {
    const one = withStack(new Error("one"));
    one.cause = one;
    expect(formatCrash({ ...base, reason: one }).match(/caused by/g)).toHaveLength(5);
    const hostile = new Error("hostile");
    for (const key of ["cause", "errors", "stack"]) Object.defineProperty(hostile, key, { get: () => expect.fail("read") as never });
    expect(formatCrash({ ...base, reason: hostile })).toContain("crashed: Error: hostile");
  });

  it("of a supervised process says so, and is nobody's outcome whoever watches; its label is the last it had", async () => {
    const reports: CrashReport[] = [];
    const time = new VirtualTime({ reporter: (report) => reports.push(report) });
    await time.run(async (self) => {
      const child = async (me: Self): Promise<void> => {
        me.label = "set by itself";
        me.register("child");
        await me.receive((message) => message === "go");
        throw new Error("crash");
      };
      await using supervisor = await Supervisor.start([{ id: "child", run: child }], { node: time.node });
      for (let restarts = 0; restarts < 2; restarts++) {
        await self.sleep(1);
        const ref = self.monitor("child");
        for (const message of ["go", "left"]) self.send("child", message);
        expect(await self.receive()).toMatchObject({ ref } satisfies Partial<Down>);
      }
      expect(reports).toMatchObject([
        { label: "set by itself", supervisor: supervisor.pid, restarts: 0, mailboxLength: 1, handled: false },
        { label: "set by itself", supervisor: supervisor.pid, restarts: 1, mailboxLength: 1, handled: false },
      ]);
    });
    expect(reports).toHaveLength(2);
  });
});

describe("T14 logReporter", () => {
  it("writes what nobody was told of as an object with a message, the error where loggers look for it", () => {
    const logger = { error: vi.fn() };
    const report = logReporter(logger);
    const reason = new Error("no price");
    report({ ...base, reason });
    report({ ...base, handled: true });
    report(base);
    const { reason: _reason, ...crash } = base;
    expect(logger.error.mock.calls).toEqual([
      [{ err: reason, crash }, "process <main.7> (quotes) crashed: Error: no price"],
      [{ crash: base }, 'process <main.7> (quotes) crashed: "crash"'],
    ]);
  });

  it("writes all of them when it is asked to", () => {
    const logger = { error: vi.fn() };
    logReporter(logger, { handled: true })({ ...base, handled: true });
    expect(logger.error).toHaveBeenCalledOnce();
  });

  it("takes the console for a logger, and refuses what is none", () => {
    const print = vi.spyOn(console, "error").mockImplementation(() => undefined);
    logReporter(console)(base);
    silentReporter(base);
    expect(print).toHaveBeenCalledOnce();
    print.mockRestore();
    for (const logger of [undefined, null, {}, () => undefined])
      expect(() => logReporter(logger as never)).toThrow(expect.objectContaining({ code: "invalid_option" }));
    expect(() => logReporter(console, { handled: "yes" as never })).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });
});
