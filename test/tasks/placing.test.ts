import { describe, expect, expectTypeOf, it } from "vitest";
import type { AsyncStreamOptions } from "../../src/tasks/async-stream.js";
import { TaskSupervisor } from "../../src/tasks/supervisor.js";
import { VirtualTime } from "../../src/testing/virtual-time.js";
import { simulated, take } from "../places/pool/simulated.js";

describe("startChild and asyncStream take what runs take", () => {
  it("P5 a child of a higher priority starts before others that wait", async () => {
    const { supervisor, time } = simulated({ size: 1 });
    const labels = (): unknown[] => supervisor.children().map(({ label }) => label);
    for (const label of ["first", "at hand"]) supervisor.startChild(take(10), { label });
    for (let n = 0; n < 3; n++) supervisor.startChild(take(10), { label: `plain ${n}` });
    supervisor.startChild(take(10), { label: "urgent", priority: 1 });
    await time.advance(35);
    expect(labels()).not.toContain("urgent");
    expect(labels()).toContain("plain 2");
    await supervisor.stop("kill");
  });

  it("P5 children of one key run on one node", async () => {
    const { supervisor, time, nodes } = simulated({ size: 3 });
    for (let n = 0; n < 3; n++) supervisor.startChild(take(10), { affinity: "a" });
    await time.advance(5);
    expect(nodes()).toEqual([1]);
    await supervisor.stop("kill");
  });

  it("P5 inputs of a stream run where their key says, and a key that cannot be ends its input alone", async () => {
    const { supervisor, time } = simulated({ size: 2 });
    const affinity = (n: number): string => (n === 3 ? (null as never) : n % 2 === 0 ? "even" : "odd");
    const stream = supervisor.asyncStreamNolink([0, 1, 2, 3, 4, 5], () => take(1), { affinity, maxConcurrency: 2 });
    const got: unknown[] = [];
    const read = (async () => {
      for await (const item of stream) got.push("ok" in item ? item.ok : item.exit);
    })();
    await time.advance(100);
    await read;
    expect(got).toEqual([1, 2, 1, expect.objectContaining({ code: "invalid_option" }), 1, 2]);
    await supervisor.stop("kill");
  });

  it("P5 a stream has one key for all, and a priority", async () => {
    const { supervisor, time, nodes } = simulated({ size: 2 });
    const stream = supervisor.asyncStreamNolink([0, 1, 2], () => take(1), { affinity: 7, priority: 2, maxConcurrency: 3 });
    const read = (async () => {
      const got: unknown[] = [];
      for await (const item of stream) got.push(item);
      return got;
    })();
    await time.advance(100);
    expect(await read).toEqual([{ ok: 1 }, { ok: 1 }, { ok: 1 }]);
    expect(nodes()).toEqual([1]);
    await supervisor.stop("kill");
  });

  it("P7 what the tasks of a stream tell comes with their input, and without zipInputOnExit reasons come alone", async () => {
    const { node } = new VirtualTime({ reporter: () => undefined });
    const here = TaskSupervisor.start({ node });
    const told: unknown[] = [];
    const work = (word: string, self: { progress(value: unknown): void }): string => {
      self.progress(word.length);
      if (word === "b") throw "no";
      return word;
    };
    const items: unknown[] = [];
    for await (const item of here.asyncStreamNolink(["a", "b", "cc"], work, { onProgress: (value, input) => told.push([input, value]) }))
      items.push(item);
    expect(told).toEqual([
      ["a", 1],
      ["b", 1],
      ["cc", 2],
    ]);
    expect(items).toEqual([{ ok: "a" }, { exit: "no" }, { ok: "cc" }]);
    await here.stop();
  });

  it("P7 what a child tells comes each time that it runs", async () => {
    const { node } = new VirtualTime({ reporter: () => undefined });
    const here = TaskSupervisor.start({ node });
    const told: unknown[] = [];
    let runs = 0;
    const child = here.startChild(
      (self) => {
        self.progress(++runs);
        if (runs < 3) throw new Error("again");
      },
      { restart: "transient", onProgress: (value, from) => told.push([value, from === child]) },
    );
    await expect.poll(() => told).toHaveLength(3);
    expect(told).toEqual([
      [1, true],
      [2, true],
      [3, true],
    ]);
    await here.stop();
  });

  it.each([
    ["startChild", { priority: Number.NaN }],
    ["startChild", { affinity: {} }],
    ["startChild", { onProgress: 1 }],
    ["asyncStream", { priority: "high" }],
    ["asyncStream", { affinity: true }],
    ["asyncStream", { onProgress: null }],
  ])("P5 %s refuses %o", (what, options) => {
    const { supervisor } = simulated();
    const given = options as never;
    const use = (): unknown =>
      what === "startChild" ? supervisor.startChild(take(1), given) : supervisor.asyncStreamNolink([1], () => take(1), given);
    expect(use).toThrow(expect.objectContaining({ code: "invalid_option" }));
  });

  it("types: the key of an input is of the input's type", () => {
    expectTypeOf<AsyncStreamOptions<number>["affinity"]>().toEqualTypeOf<
      string | number | ((input: number) => string | number | undefined) | undefined
    >();
  });
});
