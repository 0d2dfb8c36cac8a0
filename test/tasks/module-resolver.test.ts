import { describe, expect, it } from "vitest";
import { LoadFailed } from "../../src/kernel/errors.js";
import type { FunctionRef } from "../../src/kernel/wire.js";
import { wantsSelf } from "../../src/kernel/work.js";
import { callOf, isFunctionReference, moduleResolver, task, tasksFrom } from "../../src/tasks/module-reference.js";

const url = "module:work";
const refTo = (name: string): FunctionRef => callOf(url, name, []).ref;

/** Why an export of a module is none that could be called. */
async function problem(exports: object, name: string): Promise<string> {
  const found = moduleResolver(() => Promise.resolve(exports))(refTo(name));
  const error = await Promise.resolve(found).then(
    () => expect.unreachable(),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LoadFailed);
  return (error as Error).message;
}

const fn = (): number => 1;

describe("R12 what a reference means", () => {
  it.each<[name: string, exports: object, message: string]>([
    ["is not there", { a: fn, five: 5, b: fn }, 'module:work has no export "it": its functions are a, b'],
    ["is not there, nor is any function", { five: 5 }, 'module:work has no export "it": it exports no function'],
    ["is a number", { it: 5, a: fn }, 'the export "it" of module:work is of type number, not a function: its functions are a'],
    ["is null", { it: null }, 'the export "it" of module:work is null, not a function: it exports no function'],
    ["is undefined", { it: undefined }, 'the export "it" of module:work is of type undefined, not a function: it exports no function'],
  ])("R12 an export that %s", async (_name, exports, message) => {
    expect(await problem(exports, "it")).toBe(message);
  });

  it("R12 what every object has is no export", async () => {
    expect(await problem({ a: fn }, "toString")).toMatch(/, not a function: its functions are a$/);
    expect(await problem(Object.assign(Object.create(null) as object, { a: fn }), "toString")).toBe(
      'module:work has no export "toString": its functions are a',
    );
  });

  it("R12 a module that does not load says why, and what the cause was", async () => {
    const cause = new RangeError("too far");
    const failed = Promise.resolve(moduleResolver(() => Promise.reject(cause))(refTo("it")));
    await expect(failed).rejects.toMatchObject({ code: "load_failed", message: "module:work cannot be imported: RangeError: too far", cause });
    const thrown = moduleResolver(() => {
      throw cause;
    })(refTo("it"));
    await expect(Promise.resolve(thrown)).rejects.toMatchObject({ code: "load_failed", cause });
  });

  it("is found once, and known at once from then on", async () => {
    let loads = 0;
    const resolve = moduleResolver((from) => {
      expect(from).toBe(url);
      loads++;
      return Promise.resolve({ it: fn });
    });
    const first = await resolve(refTo("it"));
    expect(first).toEqual({ fn, takesSelf: false });
    expect(resolve(refTo("it"))).toBe(first);
    expect(loads).toBe(1);
  });

  it("is given its self where it wants to", async () => {
    const marked = task((self, n: number) => [self, n]);
    const { fn: found, takesSelf } = await moduleResolver(() => Promise.resolve({ it: marked }))(refTo("it"));
    expect([found, takesSelf]).toEqual([marked, true]);
  });

  it("is what the mark of a class says, called on that class", async () => {
    class Greeter {
      static readonly greeting = "hello";
      static [wantsSelf](...args: readonly unknown[]): unknown {
        return [this.greeting, ...args];
      }
    }
    const { fn: found, takesSelf } = await moduleResolver(() => Promise.resolve({ it: Greeter }))(refTo("it"));
    expect(takesSelf).toBe(true);
    expect(found(...(["self", 1] as never[]))).toEqual(["hello", "self", 1]);
  });

  it("task(...) leaves a function's name as it is, and what it answers", () => {
    const marked = task(function named(_self, a: number, b: number) {
      return a + b;
    });
    expect([marked.name, marked[wantsSelf], marked(undefined as never, 1, 2)]).toEqual(["named", true, 3]);
  });
});

describe("references to the functions of a module", () => {
  const it_ = tasksFrom<{ it(n: number): number }>(url);

  it("are functions with the export's name, which make calls", () => {
    expect([it_.it.name, isFunctionReference(it_.it), it_.it]).toEqual(["it", true, it_.it]);
    const call = it_.it(5);
    expect([call.args, call.module, call.name, String(call)]).toEqual([[5], url, "it", "it of module:work"]);
    expect(call.ref).toBe(refTo("it"));
    expect(isFunctionReference(fn)).toBe(false);
    expect(isFunctionReference(call)).toBe(false);
  });

  it("are there by name alone, and are no promise", () => {
    const loose = it_ as unknown as Record<string | symbol, unknown>;
    expect([loose[Symbol.iterator], loose[Symbol.toStringTag], loose["then"]]).toEqual([undefined, undefined, undefined]);
  });

  it.each(["./work.js", "work", ""])("T13 are refused where the module is no absolute URL: %j", (wrong) => {
    const refused = (): unknown => tasksFrom(wrong);
    const got = JSON.stringify(wrong);
    expect(refused).toThrow(new TypeError(`tasksFrom(${got}): give an absolute URL, such as new URL(${got}, import.meta.url)`));
    expect(refused).toThrow(expect.objectContaining({ cause: expect.objectContaining({ code: "ERR_INVALID_URL" }) as unknown }) as Error);
  });
});
