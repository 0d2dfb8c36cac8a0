import { Task, startData } from "taskward";
import { describe, expect, it } from "vitest";
import { poolAt } from "../../faults/pool.js";
import { notes } from "../../notes.js";
import { kinds, tasks } from "./pools.js";

describe.each(kinds)("P5 start data of a pool of $name", ({ on }) => {
  it("P5 is there in each node, as it was when the pool was made", async () => {
    const data = { words: new Map([["a", 1]]), list: [1, 2] };
    const pool = poolAt(on({ size: 2, data }));
    data.list.push(3);
    const tasksOfBoth = [1, 2, 3, 4].map(() => pool.asyncNolink(tasks.data()));
    for (const got of await Task.awaitMany(tasksOfBoth, 20_000)) expect(got).toEqual({ words: new Map([["a", 1]]), list: [1, 2] });
  });

  it("P5 there is none where none was given", async () => {
    expect(await Task.await(poolAt(on({ size: 1 })).asyncNolink(tasks.data()), 20_000)).toBeUndefined();
    expect(startData()).toBeUndefined();
  });

  it("T13 what cannot be cloned is refused early, and told where it is", () => {
    expect(() => on({ data: { on: { click: () => 1 } } })).toThrow("data.on.click is a function (click)");
  });
});

describe.each(kinds)("P5 the set-up of a pool of $name", ({ on }) => {
  it("P5 runs once in each node, before the first task", async () => {
    const { path, lines } = notesOf();
    const pool = poolAt(on({ min: 2, size: 2, setup: tasks.prepare(path, "x") }));
    await expect.poll(lines, { timeout: 15_000 }).toHaveLength(2); // before there is work
    const done = await Task.awaitMany(
      [1, 2, 3, 4, 5, 6].map(() => pool.asyncNolink(tasks.whatWasPrepared())),
      20_000,
    );
    expect(done).toEqual([1, 2, 3, 4, 5, 6].map(() => ["x"]));
    expect(lines().sort()).toEqual([expect.stringMatching(/^x on main\/[tp]\d+$/), expect.stringMatching(/^x on main\/[tp]\d+$/)]);
  });

  it("P5 when it fails, each task fails with that, and it is not tried for ever", async () => {
    const { path, lines } = notesOf();
    const pool = poolAt(on({ min: 1, size: 1, setup: tasks.failToPrepare(path) }));
    const found = await Promise.all([1, 2, 3].map(() => Task.yield(pool.asyncNolink(tasks.node()), 20_000)));
    const failed = { message: expect.stringMatching(/the setup failToPrepare of .*options\.mjs failed: Error: no database/) };
    for (const one of found) {
      const { exit } = one as { exit: { code: string; cause?: unknown } };
      // Those that had not been taken up when the node ended are told of that, and of why.
      expect(exit.code === "node_down" ? exit.cause : exit).toMatchObject({ code: "load_failed", ...failed });
    }
    expect(found[0]).toMatchObject({ exit: { code: "load_failed", cause: { message: "no database" } } });
    expect(pool.countChildren()).toEqual({ active: 0, waiting: 0 });
    // One for each node that had tasks, and a spare.
    const tried = lines().length;
    expect(tried).toBeLessThanOrEqual(5);
  });

  it("P5 the next tasks have a new node, and better luck", async () => {
    const { path } = notesOf();
    const pool = poolAt(on({ size: 1, setup: tasks.prepareAtLast(path, 2) }));
    expect(await Task.yield(pool.asyncNolink(tasks.node()), 20_000)).toMatchObject({ exit: { cause: { message: "not yet" } } });
    await expect.poll(() => Task.yield(pool.asyncNolink(tasks.node()), 20_000), { timeout: 15_000 }).toMatchObject({ ok: expect.any(String) });
  });

  it("P5 one that takes its node along says so", async () => {
    const pool = poolAt(on({ size: 1, setup: tasks.dieWhilePreparing() }));
    expect(await Task.yield(pool.asyncNolink(tasks.node()), 20_000)).toMatchObject({
      exit: { code: "node_down", exitCode: 7, message: expect.stringContaining("it could not start") },
    });
  });

  it.each([
    [() => 1, "it is a function of this event loop, and is to run elsewhere; give a call of a module's function, such as tasks.prepare(1)"],
    [tasks.prepare, "it is a reference to prepare that was not called: write tasks.prepare(...) with its arguments; give a call"],
    [5, "setup is 5: it is number, not work; give a call"],
    [tasks.prepare((() => 1) as never, ""), "setup.args[0] is a function"],
  ])("T13 refuses what is no call: %o", (setup, message) => {
    expect(() => on({ setup: setup as never })).toThrow(message);
  });

  function notesOf(): { readonly path: string; readonly lines: () => string[] } {
    const all = notes();
    return { path: all.path, lines: () => all.lines() };
  }
});
