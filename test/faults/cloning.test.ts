import { NotCloneable, type TaskSupervisor } from "taskward";
import { describe, expect, it } from "vitest";
import { isolated, outcomes, poolAt, trouble } from "./pool.js";

const refused = (path: string): unknown => ({
  reason: expect.objectContaining({ code: "not_cloneable", path, message: expect.stringContaining(path) }),
});

describe.each(isolated)("what cannot be cloned, in a $name", ({ on }) => {
  const one = (): TaskSupervisor => poolAt(on({}));
  const cyclic: { self?: unknown; fn: () => void } = { fn: () => undefined };
  cyclic.self = cyclic;
  it.each<[string, unknown, string]>([
    ["a function", () => undefined, "args[1]"],
    ["a method deep inside", { list: [1, { onClick: () => undefined }] }, "args[1].list[1].onClick"],
    ["a key that is no name", { "on click": () => undefined }, 'args[1]["on click"]'],
    ["a function in a Map", new Map([["key", () => undefined]]), "args[1].get(key)"],
    ["a function in a Set", new Set([() => undefined]), "args[1].values()"],
    ["a symbol", { kind: Symbol("s") }, "args[1].kind"],
    ["a promise", { later: Promise.resolve() }, "args[1].later"],
    ["a WeakMap", { cache: new WeakMap() }, "args[1].cache"],
    ["a function in something cyclic", cyclic, "args[1].fn"],
    [
      "a getter that throws",
      {
        a: {
          get b(): never {
            throw new Error("not now");
          },
        },
      },
      "args[1].a.b",
    ],
    ["arrays nested too deeply", nested(20_000), "args"],
    ["arrays nested deeply with a function within", nested(300, () => undefined), `args[1]${"[0]".repeat(99)}`],
  ])("P1 an argument with %s: that task ends, its path is named, its neighbours run", async (_name, argument, path) => {
    const got = await outcomes(one(), [trouble.value(1), echo(0, argument), trouble.value(3)]);
    expect(got).toEqual([1, refused(path), 3]);
    expect((got[1] as { reason: unknown }).reason).toBeInstanceOf(NotCloneable);
  });

  it("P1 an argument of the first call of a function that cannot be cloned does not keep the next call from finding the function", async () => {
    const got = await outcomes(one(), [trouble.value(() => undefined), trouble.value(Symbol("s")), trouble.value(3), trouble.value(4)]);
    expect(got).toEqual([refused("args[0]"), refused("args[0]"), 3, 4]);
  });

  it.each([
    ["function", "result"],
    ["symbol", "result"],
    ["method", "result.list[1].onClick"],
    ["map", "result.get(key).values()"],
    ["weak", "result.cache"],
    ["promise", "result.later"],
    ["getter", "result.a.b"],
  ] as const)("R12 a result with a %s: that task ends, its path is named, its neighbours run", async (kind, path) => {
    const got = await outcomes(one(), [trouble.where(), trouble.result(kind), trouble.where()]);
    expect(got).toEqual([expect.any(String), refused(path), expect.any(String)]);
    expect(got[0]).toBe(got[2]); // nor was its node lost
  });

  it("R12 a result nested more deeply than the caller can read: a reason that says so, and the pool goes on", async () => {
    const nodes = poolAt(on({ stack: 4 }));
    const got = await outcomes(nodes, [trouble.nested(10_000)]);
    expect(got).toEqual([
      { reason: expect.objectContaining({ code: "node_down", message: expect.stringContaining("cannot be read here, RangeError") }) },
    ]);
    expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
  });

  it("R12 an argument nested more deeply than the node can read: a reason that says so, and the pool goes on", async () => {
    const nodes = poolAt(on({ stack: 0.3 }));
    const got = await outcomes(nodes, [trouble.value(nested(2_000))]);
    expect(got).toEqual([
      { reason: expect.objectContaining({ code: "node_down", message: expect.stringContaining("could not read what it was sent") }) },
    ]);
    expect(await outcomes(nodes, [trouble.value(1)])).toEqual([1]);
  });

  it.each([
    ["getter", { name: "Error", message: "boom", detail: undefined }],
    ["name", { name: "the function Named", message: "boom" }],
    ["message", { message: "the function message" }],
    ["property", { message: "boom", code: "E_BOOM", handler: "the function handler" }],
    ["cause", { message: "boom", cause: { message: "boom" } }],
    ["function", "the function (anonymous)"],
    ["symbol", "Symbol(boom)"],
    ["undefined", undefined],
    ["object", { boom: true }],
  ] as const)("P1 a task that throws something odd (%s) ends alone, with the most that can be told of it", async (kind, reason) => {
    const got = await outcomes(one(), [trouble.where(), trouble.throws(kind), trouble.where()]);
    const told = (got[1] as { reason: unknown }).reason;
    if (typeof reason === "object") expect(told).toMatchObject(reason);
    else expect(told).toBe(reason);
    expect(got[0]).toBe(got[2]);
  });
});

function nested(depth: number, core?: unknown): unknown {
  let value: unknown = core ?? [];
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** A call with a second argument that its function does not take. */
const echo = (x: unknown, more: unknown): ReturnType<typeof trouble.value> =>
  (trouble.value as (...args: unknown[]) => ReturnType<typeof trouble.value>)(x, more);
