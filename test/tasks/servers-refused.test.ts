import { type Self, TaskSupervisor } from "taskward";
import { Registry } from "taskward/behaviours";
import { serversFrom } from "taskward/servers";
import { describe, expect, it } from "vitest";
import type * as servers from "../behaviours/fixtures/servers.mjs";
import { Counter, module, refusal, stages } from "./counters.js";

const [{ scene }] = stages as [(typeof stages)[number]];

describe("servers of a module that cannot be", () => {
  it.each([
    [{ name: "" }, /^name is "": give /],
    [{ label: "x", nmae: "x" }, /^server options\.nmae is "x": no such option; there are name, label, timeout$/],
    [{ timeout: -1 }, /^timeout is -1: give a number of milliseconds, 0 or more, or Infinity$/],
    [null, /^server options is null: give an object$/],
  ])("T13 are refused at once: %o", (options, message) =>
    scene(async (_self, { pool }) => {
      await expect(Counter.start(pool, [1], options as object)).rejects.toThrow(message);
      expect(() => Counter.child(pool, [1], options as object)).toThrow(message);
      expect(pool.children()).toEqual([]);
    }),
  );

  it("T13 are refused at once: a key of a registry as name, arguments that are no list, no supervisor, no process", () =>
    scene(async (self, { pool, node }) => {
      const registry = Registry.start({ keys: "unique", node });
      await expect(Counter.start(pool, [1], { name: registry.via("counter") as never })).rejects.toThrow(
        /^name is .*: give a string: a registry is for the processes of its own node$/,
      );
      await registry.stop();
      await expect(Counter.start(pool, "1" as never)).rejects.toThrow('args is "1": give an array of the arguments of init');
      await expect(Counter.start({} as TaskSupervisor)).rejects.toThrow(
        "supervisor is {}: give a TaskSupervisor, whose place is where the server runs",
      );
      await expect(Counter.startLink({} as Self, pool)).rejects.toThrow(/^startLink\(self\): self is /);
      expect(self.pid).toMatch(/^<main/);
    }));

  // In real time, for a module is looked into each time that nothing was found in it.
  it("G3 that cannot be found: start says so", async () => {
    await using here = TaskSupervisor.start();
    const { Missing, notAServer } = serversFrom<{ Missing: typeof servers.Counter; notAServer: typeof servers.Counter }>(module);
    const hint = "its functions are Counter";
    expect((await refusal(Missing.start(here))).message).toBe(
      `task Missing did not start: LoadFailed: ${module.href} has no export "Missing": ${hint}`,
    );
    expect((await refusal(notAServer.start(here))).message).toBe(
      `task notAServer did not start: LoadFailed: the export "notAServer" of ${module.href} is of type number, not a function: ${hint}`,
    );
    expect(here.children()).toEqual([]);
  });

  it("T13 a module that is no absolute URL", () => {
    expect(() => serversFrom("./here.js")).toThrow('give an absolute URL, such as new URL("./here.js", import.meta.url)');
  });

  it("references are no promises, and each class has one", async () => {
    const all = serversFrom<typeof servers>(module);
    expect(await Promise.resolve(all)).toBe(all);
    expect(all.Counter).toBe(all.Counter);
    expect((all as unknown as Record<symbol, unknown>)[Symbol.iterator]).toBeUndefined();
  });
});
