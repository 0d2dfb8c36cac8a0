import { type Call, NodeDown, Task, TaskRunner, callOf, run } from "taskward";
import { describe, expect, it } from "vitest";
import { outcomes, pool, trouble } from "./pool.js";

const numbers = Array.from({ length: 200 }, (_, n) => n);
const withMessage = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) });
/** Not yet among the types of this language level. */
const { waitAsync } = Atomics as unknown as { waitAsync(array: Int32Array, at: number, value: number): { value: string | Promise<string> } };
/** A module of this text. */
const module = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const oddThings = new URL("./fixtures/exports-odd-things.mjs", import.meta.url);

/** Runs the bad one in the midst of healthy ones: they all arrive, and the next one after all of them too. Answers the reason of the bad one. */
async function amongHealthyOnes(bad: Call, { size = 2, taskTimeout }: { size?: number; taskTimeout?: number } = {}): Promise<unknown> {
  const threads = pool({ size, resourceLimits: { maxOldGenerationSizeMb: 24, maxYoungGenerationSizeMb: 4 } });
  const calls = numbers.flatMap((n) => (n === 50 ? [trouble.value(n), bad] : [trouble.value(n)]));
  const got = await outcomes(threads, calls, taskTimeout === undefined ? {} : { taskTimeout });
  const [{ reason }] = got.splice(51, 1) as [{ reason: unknown }];
  expect(got).toEqual(numbers);
  expect(await outcomes(threads, [trouble.value("next")])).toEqual(["next"]);
  return reason;
}

describe.each([1, 2])("P1 on %i thread(s)", (size) => {
  it("P1 a throw", async () => {
    expect(await amongHealthyOnes(trouble.crash("boom"), { size })).toMatchObject({
      name: "Error",
      message: "boom",
      stack: expect.stringContaining("trouble.mjs"),
    });
  });

  it("P1 a rejection", async () => {
    expect(await amongHealthyOnes(trouble.reject("boom"), { size })).toMatchObject({ name: "Error", message: "boom" });
  });

  it.each([0, 1, 3])("P1 process.exit(%i)", async (code) => {
    const reason = await amongHealthyOnes(trouble.leave(code), { size });
    expect(reason).toBeInstanceOf(NodeDown);
    expect(reason).toMatchObject({ exitCode: code, message: expect.stringMatching(`^node main/t\\d+ went down: exit code ${code}$`) });
  });

  it("P1 a throw in a timer", async () => {
    expect(await amongHealthyOnes(trouble.throwInTimer("boom"), { size })).toMatchObject({
      code: "node_down",
      message: expect.stringContaining("boom"),
      cause: withMessage("boom"),
    });
  });

  it("P1 a rejection that nobody handles", async () => {
    expect(await amongHealthyOnes(trouble.rejectUnseen("boom"), { size })).toMatchObject({ code: "node_down", cause: withMessage("boom") });
  });

  it("P1 a throw while the thread goes down", async () => {
    expect(await amongHealthyOnes(trouble.throwInExit(), { size })).toMatchObject({ code: "node_down", cause: withMessage("first") });
  });

  it("P1 an exhausted heap", async () => {
    expect(await amongHealthyOnes(trouble.exhaustHeap(), { size })).toMatchObject({
      code: "node_down",
      message: expect.stringContaining("memory is exhausted"),
      cause: { code: "ERR_WORKER_OUT_OF_MEMORY" },
    });
  });

  it.each(["loop", "microtasks", "wait", "regularExpression", "never"] as const)("P1 %s past its deadline", async (kind) => {
    expect(await amongHealthyOnes(trouble[kind](), { size, taskTimeout: 300 })).toMatchObject({
      code: "task_timeout",
      message: expect.stringContaining(kind),
    });
  });

  it.each([
    ["throws on import", module('throw new Error("not today")'), "not today"],
    ["throws later on import", module('await undefined; throw new Error("not today")'), "not today"],
    ["throws nothing on import", module("throw undefined"), "undefined"],
    ["does not parse", module("export const value = (x => x;"), "SyntaxError"],
    ["imports what is not there", module('import "node:nothing"'), "node:nothing"],
    ["is not there", new URL("./is-not-there.mjs", import.meta.url).href, "Cannot find module"],
    ["nobody serves", "https://127.0.0.1:1/x.mjs", "https"],
  ])("R12 a module that %s", async (_name, url, message) => {
    const reason = await amongHealthyOnes(callOf(url, "value", [1]), { size });
    expect(reason).toMatchObject({ code: "load_failed", message: expect.stringContaining(message) });
    expect((reason as Error).message).toContain(`${url} cannot be imported`);
  });

  it("R12 a module that exits on import", async () => {
    expect(await amongHealthyOnes(callOf(module("process.exit(7)"), "value", [1]), { size })).toMatchObject({ code: "node_down", exitCode: 7 });
  });

  it.each([
    ["never settles", "await new Promise(() => {})"],
    ["loops", "for (;;);"],
  ])("R12 a module that %s on import ends at its task's deadline", async (_name, text) => {
    expect(await amongHealthyOnes(callOf(module(text), "value", [1]), { size, taskTimeout: 300 })).toMatchObject({ code: "task_timeout" });
  });

  it.each([
    ["missing", /has no export "missing": its functions are NoFunction/],
    ["five", /"five" of .* is of type number, not a function/],
    ["nothing", /"nothing" of .* is null, not a function/],
    ["default", /"default" of .* is of type object, not a function/],
    ["toString", /has no export "toString"/],
    ["__proto__", /has no export "__proto__"/],
    ["then", /has no export "then"/],
    ["NoFunction", /NoFunction/],
  ])("R12 an export that is not to be called: %s", async (name, message) => {
    expect(await amongHealthyOnes(callOf(oddThings, name, [1]), { size })).toMatchObject({
      message: expect.stringMatching(message),
    });
  });
});

describe("P1 what stops a task that does not end", () => {
  const begun = (): SharedArrayBuffer => new SharedArrayBuffer(4);
  const hasBegun = async (buffer: SharedArrayBuffer): Promise<void> => {
    await waitAsync(new Int32Array(buffer), 0, 0).value;
  };

  describe.each(["loop", "microtasks", "wait", "never"] as const)("%s", (kind) => {
    it("P1 the deadline of the run", async () => {
      const threads = pool();
      const runner = TaskRunner.run(
        [
          [threads, trouble.value(1)],
          [threads, trouble[kind]()],
          [threads, trouble.value(3)],
        ],
        { timeout: 1_000, onTimeout: "kill" },
      );
      const events = [];
      for await (const event of runner) events.push(event);
      // What waited behind it on the only thread had no chance.
      expect(events).toMatchObject([
        { type: "ok", value: 1 },
        { type: "timeout", pending: [{ index: 1 }, { index: 2 }] },
      ]);
      const timeout = events[1];
      expect(timeout?.type === "timeout" && timeout.pending.map(({ startedAt }) => typeof startedAt)).toEqual(["number", "undefined"]);
      await runner.cancel();
      expect(threads.children()).toEqual([]);
      expect(await outcomes(threads, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 Task.shutdown with brutal_kill", async () => {
      const threads = pool();
      await run(async (self) => {
        const buffer = begun();
        const task = threads.async(self, trouble[kind](buffer));
        await hasBegun(buffer);
        expect(await Task.shutdown(self, task, "brutal_kill")).toBeNull();
        expect(threads.children()).toEqual([]);
      });
      expect(await outcomes(threads, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 Task.shutdown with a time to end in", async () => {
      const threads = pool();
      await run(async (self) => {
        const buffer = begun();
        const task = threads.asyncNolink(self, trouble[kind](buffer));
        await hasBegun(buffer);
        expect(await Task.shutdown(self, task, 50)).toBeNull();
      });
      expect(await outcomes(threads, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 cancel, with tasks waiting behind it", async () => {
      const threads = pool();
      const buffer = begun();
      const runner = TaskRunner.run([[threads, trouble[kind](buffer)], ...numbers.map((n) => [threads, trouble.value(n)] as const)], {
        onTimeout: "kill",
      });
      await hasBegun(buffer);
      await runner.cancel();
      expect(threads.children()).toEqual([]);
      expect(await outcomes(threads, [trouble.value(1)])).toEqual([1]);
    });

    it("P1 the end of its supervisor", async () => {
      const threads = pool();
      const buffer = begun();
      const [bad, waiting] = [threads.asyncNolink(trouble[kind](buffer)), threads.asyncNolink(trouble.value(1))];
      const ends = [Task.yield(bad), Task.yield(waiting)];
      await hasBegun(buffer);
      await threads.stop("killed");
      expect(await Promise.all(ends)).toEqual([{ exit: "killed" }, { exit: "killed" }]);
    });

    it("P1 the crash of the owner that it is linked to", async () => {
      const threads = pool();
      const buffer = begun();
      await expect(
        run(async (self) => {
          threads.async(self, trouble[kind](buffer));
          await hasBegun(buffer);
          throw new Error("the owner crashed");
        }),
      ).rejects.toThrow("the owner crashed");
      // An exit signal does not reach code that never lets go of the thread; whoever must be sure kills.
      if (kind === "never") expect(await outcomes(threads, [trouble.value(1)])).toEqual([1]);
      await threads.stop("killed");
      expect(threads.children()).toEqual([]);
    });

    it("P1 the tasks that waited behind it run elsewhere", async () => {
      const threads = pool({ size: 2 });
      const buffer = begun();
      const bad = threads.asyncNolink(trouble[kind](buffer));
      await hasBegun(buffer);
      expect(
        await outcomes(
          threads,
          numbers.map((n) => trouble.value(n)),
        ),
      ).toEqual(numbers);
      expect(await Task.shutdown(bad, "brutal_kill")).toBeNull();
    });
  });
});
