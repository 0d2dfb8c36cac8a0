import { type Call, NodeDown, callOf } from "taskward";
import { describe, expect, it } from "vitest";
import { isolated, outcomes, poolAt, trouble } from "./pool.js";

const numbers = Array.from({ length: 200 }, (_, n) => n);
const withMessage = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) });
/** A module of this text. */
const module = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const oddThings = new URL("./fixtures/exports-odd-things.mjs", import.meta.url);

describe.each(isolated.flatMap((place) => [1, 2].map((size) => ({ ...place, size }))))(
  "P1 on $size $name(es)",
  ({ name: place, on, nodes, exhausted, size }) => {
    /** Runs the bad one in the midst of healthy ones: they all arrive, and the next one after all of them too. Answers the reason of the bad one. */
    async function amongHealthyOnes(bad: Call, timeout?: number): Promise<unknown> {
      const pool = poolAt(on({ size, smallHeap: true }));
      const badOne = timeout === undefined ? bad : ([bad, timeout] as const);
      const got = await outcomes(
        pool,
        numbers.flatMap((n) => (n === 50 ? [trouble.value(n), badOne] : [trouble.value(n)])),
      );
      const [{ reason }] = got.splice(51, 1) as [{ reason: unknown }];
      expect(got).toEqual(numbers);
      expect(await outcomes(pool, [trouble.value("next")])).toEqual(["next"]);
      return reason;
    }

    it("P1 a throw", async () => {
      expect(await amongHealthyOnes(trouble.crash("boom"))).toMatchObject({
        name: "Error",
        message: "boom",
        stack: expect.stringContaining("trouble.mjs"),
      });
    });

    it("P1 a rejection", async () => {
      expect(await amongHealthyOnes(trouble.reject("boom"))).toMatchObject({ name: "Error", message: "boom" });
    });

    it.each([0, 1, 3])("P1 process.exit(%i)", async (code) => {
      const reason = await amongHealthyOnes(trouble.leave(code));
      expect(reason).toBeInstanceOf(NodeDown);
      expect(reason).toMatchObject({ exitCode: code, node: expect.stringMatching(nodes) });
      expect((reason as NodeDown).message).toBe(`node ${(reason as NodeDown).node} went down: exit code ${code}`);
    });

    it.runIf(place === "process").each([
      ["process.abort()", trouble.abort(), "SIGABRT"],
      ["SIGKILL", trouble.signal("SIGKILL"), "SIGKILL"],
      ["SIGSEGV", trouble.signal("SIGSEGV"), "SIGSEGV"],
    ] as const)("P1 %s", async (_name, call, signal) => {
      const reason = await amongHealthyOnes(call);
      expect(reason).toBeInstanceOf(NodeDown);
      expect(reason).toMatchObject({ signal, node: expect.stringMatching(nodes), message: expect.stringMatching(`went down: signal ${signal}$`) });
    });

    it.runIf(place === "process")("P1 SIGSTOP, past its deadline", async () => {
      expect(await amongHealthyOnes(trouble.signal("SIGSTOP"), 300)).toMatchObject({ code: "task_timeout" });
    });

    it("P1 a throw in a timer", async () => {
      expect(await amongHealthyOnes(trouble.throwInTimer("boom"))).toMatchObject({
        code: "node_down",
        message: expect.stringContaining("boom"),
        cause: withMessage("boom"),
      });
    });

    it("P1 a rejection that nobody handles", async () => {
      expect(await amongHealthyOnes(trouble.rejectUnseen("boom"))).toMatchObject({ code: "node_down", cause: withMessage("boom") });
    });

    it("P1 a throw while the node goes down", async () => {
      expect(await amongHealthyOnes(trouble.throwInExit())).toMatchObject({ code: "node_down", cause: withMessage("first") });
    });

    it("P1 an exhausted heap", async () => {
      expect(await amongHealthyOnes(trouble.exhaustHeap())).toMatchObject({
        code: "node_down",
        message: expect.stringContaining("memory is exhausted"),
        ...exhausted,
      });
    });

    it.each(["loop", "microtasks", "wait", "regularExpression", "never"] as const)("P1 %s past its deadline", async (kind) => {
      expect(await amongHealthyOnes(trouble[kind](), 300)).toMatchObject({
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
      const reason = await amongHealthyOnes(callOf(url, "value", [1]));
      expect(reason).toMatchObject({ code: "load_failed", message: expect.stringContaining(message) });
      expect((reason as Error).message).toContain(`${url} cannot be imported`);
    });

    it("R12 a module that exits on import", async () => {
      expect(await amongHealthyOnes(callOf(module("process.exit(7)"), "value", [1]))).toMatchObject({ code: "node_down", exitCode: 7 });
    });

    it.each([
      ["never settles", "await new Promise(() => {})"],
      ["loops", "for (;;);"],
    ])("R12 a module that %s on import ends at its task's deadline", async (_name, text) => {
      expect(await amongHealthyOnes(callOf(module(text), "value", [1]), 300)).toMatchObject({ code: "task_timeout" });
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
      expect(await amongHealthyOnes(callOf(oddThings, name, [1]))).toMatchObject({
        message: expect.stringMatching(message),
      });
    });
  },
);
