import { describe, expect, it } from "vitest";
import { type ChildLike, specOf } from "../../src/behaviours/child-spec.js";
import { Node } from "../../src/kernel/node.js";
import type { Self } from "../../src/kernel/self.js";

const waits = (self: Self): never => self.receive() as never;

describe("V1 what a child spec leaves out", () => {
  it("is started again whenever it ends, and has five seconds to stop", () => {
    expect(specOf({ id: "a", start: waits }, "child")).toEqual({
      id: "a",
      start: waits,
      restart: "permanent",
      shutdown: 5_000,
      type: "worker",
      significant: false,
      backoff: undefined,
    });
  });

  it.each([
    ["it says so", { id: "a", start: waits, type: "supervisor" }],
    ["its start does", { id: "a", start: Object.assign(waits.bind(undefined), { type: "supervisor" as const }) }],
  ] as [string, ChildLike][])("has as long as it takes where it is a supervisor, because %s", (_why, child) => {
    expect(specOf(child, "child")).toMatchObject({ type: "supervisor", shutdown: Infinity });
  });

  it("is what is said where something is", () => {
    const said = { id: 7, run: waits, restart: "transient", shutdown: "brutal_kill", type: "worker", significant: true } as const;
    const { start: _, ...others } = specOf({ ...said, backoff: { delay: 5, factor: 1 } }, "child");
    const { run: __, ...given } = said;
    expect(others).toEqual({ ...given, backoff: { delay: 5, factor: 1, max: Infinity } });
    expect(specOf({ id: "a", start: waits, shutdown: "infinity" }, "child").shutdown).toBe(Infinity);
    expect(specOf({ id: "a", start: waits, backoff: { delay: 5, max: 9 } }, "child").backoff).toEqual({ delay: 5, factor: 2, max: 9 });
  });

  it("V1 a child that runs a function is called by its id in reports and inspection", () => {
    const node = new Node({ reporter: () => undefined });
    return node.run((self) => {
      for (const [id, label] of [
        ["a", "a"],
        [7, "7"],
      ] as const)
        expect(node.info(specOf({ id, run: waits }, "child").start(self) as never)?.label).toBe(label);
    });
  });
});

describe("V3 a child spec that cannot be", () => {
  const named = Object.assign(function tree() {}, { type: "supervisor" });
  class Plain {
    static readonly of = 1;
  }

  it.each<[unknown, string]>([
    [{ id: "a", start: waits, shutdown: "soon" }, 'child (a).shutdown is "soon": give a number of milliseconds, "infinity", or "brutal_kill"'],
    [{ id: "a", start: waits, shutdown: -1 }, "child (a).shutdown is -1: give a number of milliseconds, 0 or more, or Infinity"],
    [{ id: "a", start: waits, backoff: { delay: 1, factor: "2" } }, 'child (a).backoff.factor is "2": give a number, 1 or more'],
    [{ id: "a", start: waits, backoff: { delay: 1, factor: Infinity } }, "child (a).backoff.factor is Infinity: give a number, 1 or more"],
    [{ id: "a", start: waits, backoff: { delay: 1, factor: 0.9 } }, "child (a).backoff.factor is 0.9: give a number, 1 or more"],
    [{ id: "", start: waits }, 'child.id is "": give a string or a number'],
    [
      { id: "a", start: waits, significant: true },
      'child (a).significant is true: a permanent child never ends for good: make it "transient" or "temporary"',
    ],
    [{ id: "a", start: undefined }, "child (a).start is undefined: give a function"],
    [[waits], "child[0] is the function waits: give a class with a static childSpec, before its arguments"],
    [named, "child is the function tree: a child needs an id: write { id, start } or { id, run }"],
    [Plain, "child is the function Plain: this class has no static childSpec: add one, or write { id, start }"],
  ])("%o", (child, message) => {
    expect(() => specOf(child, "child")).toThrow(expect.objectContaining({ code: "invalid_option", message }) as Error);
  });
});
