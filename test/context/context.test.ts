import { type Call, Task, TaskRunner, TaskSupervisor, collect, run, tasksFrom } from "taskward";
import { type Context, defineContext } from "taskward/context";
import { stream } from "taskward/stream";
import { describe, expect, it } from "vitest";
import { notes } from "../notes.js";
import { finish, places, until, work } from "../tasks/places.js";
import type * as contextsModule from "../tasks/fixtures/contexts.mjs";

const module = new URL("../tasks/fixtures/contexts.mjs", import.meta.url);
const tasks = tasksFrom<typeof contextsModule>(module);
const requestId = defineContext<unknown>("requestId");
const trace = defineContext<{ readonly parent: string }>("trace");
const atHome = defineContext<string>("atHome");
const context = [requestId, trace];
const nothing = [undefined, undefined, undefined];

describe.each(places)("context: $name", ({ kind, play }) => {
  it("is there for a task as it was when the task was handed over, before and after it waits", () =>
    play(
      async (_self, { pool }) => {
        const parent = { parent: "00-1-2-01" };
        const first = requestId.run("a", () => trace.run(parent, () => pool.asyncNolink(tasks.given(3))));
        const second = requestId.run("b", () => pool.asyncNolink(tasks.given(1)));
        const third = pool.asyncNolink(tasks.given(2));
        expect(await Task.await(first)).toEqual([
          ["a", parent, undefined],
          ["a", parent, undefined],
        ]);
        expect(await Task.await(second)).toEqual([
          ["b", undefined, undefined],
          ["b", undefined, undefined],
        ]);
        expect(await Task.await(third)).toEqual([nothing, nothing]);
      },
      { context },
      module,
    ));

  it("goes elsewhere only where the supervisor names it", () =>
    play(
      async (_self, { pool, supervisor }) => {
        const start = (of: TaskSupervisor): Task<unknown> => requestId.run("a", () => atHome.run("b", () => of.asyncNolink(tasks.givenAtOnce())));
        const atHomeToo = kind === "event loop";
        expect(await Task.await(start(pool))).toEqual(["a", undefined, atHomeToo ? "b" : undefined]);
        expect(await Task.await(start(supervisor()))).toEqual(atHomeToo ? ["a", undefined, "b"] : nothing);
      },
      { context },
      module,
    ));

  it("is that of the hand-over for a task that waits in the queue", () =>
    play(
      async (self, { pool }) => {
        const blocks = pool.asyncNolink(self, work.gated(self.pid, "a"));
        const queued = ["b", "c"].map((id) => requestId.run(id, () => pool.asyncNolink(tasks.givenAtOnce())));
        requestId.run("neither", () => pool.asyncNolink(tasks.givenAtOnce()));
        await finish(self, "a", 1);
        await Task.await(blocks);
        expect(await Promise.all(queued.map((task) => Task.await(task)))).toEqual([
          ["b", undefined, undefined],
          ["c", undefined, undefined],
        ]);
      },
      { context, concurrency: 1 },
      module,
    ));

  it("is that of the start for every task of a run, however late its spec is pulled", () =>
    play(
      async (_self, { pool }) => {
        function* specs(): Generator<[TaskSupervisor, ReturnType<typeof tasks.givenAtOnce>]> {
          for (let i = 0; i < 5; i++) yield [pool, tasks.givenAtOnce()];
        }
        const runs = ["a", "b"].map((id) => requestId.run(id, () => TaskRunner.run(specs(), { maxConcurrency: 1 })));
        const [a, b] = await Promise.all(runs.map((one) => collect(one)));
        expect(a?.values).toEqual(Array.from({ length: 5 }, () => ["a", undefined, undefined]));
        expect(b?.values).toEqual(Array.from({ length: 5 }, () => ["b", undefined, undefined]));
      },
      { context },
      module,
    ));

  it("stays for the next attempt, and for a child that is started again", () =>
    play(
      async (self, { pool, node }) => {
        const specs = [[pool, tasks.givenAfter(notes().path, 2)]] as const;
        const runner = requestId.run("a", () => TaskRunner.run(specs, { retry: { attempts: 3, delay: 1 }, node }));
        expect((await collect(runner)).values).toEqual([["a", undefined, undefined]]);
        const given = notes();
        requestId.run("b", () => pool.startChild(tasks.givenAfter(given.path, 1), { restart: "transient" }));
        await until(self, () => given.lines().length === 2);
        expect(given.lines()).toEqual(['"b"', '"b"']);
      },
      { context },
      module,
    ));

  it("is there for a generator with each of its values", () =>
    play(
      async (_self, { pool }) => {
        const values: unknown[] = [];
        for await (const value of requestId.run("a", () => stream(pool, tasks.givenToEach(40), { buffer: 4 }))) values.push(value);
        expect(values).toEqual(Array.from({ length: 40 }, () => ["a", undefined, undefined]));
      },
      { context },
      module,
    ));

  it("of one task does not come to the next, even where nobody names any", () =>
    play(
      async (_self, { pool }) => {
        const calls = [tasks.leavesItsOwn("x"), tasks.givenAtOnce(), tasks.leavesItsOwn("y"), tasks.given()] as const;
        const { values } = await collect(
          TaskRunner.run(
            calls.map((call): [TaskSupervisor, Call] => [pool, call]),
            { maxConcurrency: 1 },
          ),
        );
        expect(values).toEqual(["x", nothing, "y", [nothing, nothing]]);
      },
      undefined,
      module,
    ));

  it("is handed on to what a task starts", () =>
    play(
      async (_self, { pool }) => {
        expect(await Task.await(requestId.run("a", () => pool.asyncNolink(tasks.handsOn())))).toEqual(["a", "a"]);
      },
      { context },
      module,
    ));

  it.runIf(kind !== "event loop")("whose value cannot be sent ends the task, and says which", () =>
    play(
      async (_self, { pool }) => {
        const task = requestId.run({ user: { save() {} } }, () => pool.asyncNolink(tasks.givenAtOnce()));
        const fine = pool.asyncNolink(tasks.givenAtOnce());
        await expect(Task.await(task)).rejects.toMatchObject({ cause: { code: "not_cloneable", path: "context.requestId.user.save" } });
        expect(await Task.await(fine)).toEqual(nothing);
      },
      { context },
      module,
    ),
  );
});

describe("defineContext", () => {
  it("answers the same context for the same name", () => {
    expect(defineContext("requestId")).toBe(requestId);
    expect(defineContext("another")).not.toBe(requestId);
  });

  it("has a value within run alone, and runs within runs", () => {
    expect(requestId.get()).toBeUndefined();
    expect(requestId.run("a", () => [requestId.run("b", () => requestId.get()), requestId.get()])).toEqual(["b", "a"]);
    expect(requestId.get()).toBeUndefined();
  });

  it.each([undefined, "", 5])("T13 refuses the name %j", (name) => {
    expect(() => defineContext(name as string)).toThrow(/^defineContext\(name\): name is .*: give the context a name$/);
  });

  it.each([[5], ["requestId"], [{ requestId }], [[undefined]], [[{ name: "nobody" }]]])("T13 refuses the option %j", (given) => {
    expect(() => TaskSupervisor.start({ context: given as unknown as Context[] })).toThrow(
      /^context is .*: give an array of what defineContext answers$/,
    );
  });
});

describe("on one event loop", () => {
  it("processes that begin in the same turn have their own", async () => {
    const get = (): unknown => requestId.get();
    expect(await Promise.all([requestId.run("a", () => run(get)), requestId.run("b", () => run(get)), run(get)])).toEqual(["a", "b", undefined]);
  });

  it("a process has its own after it has received a message that was sent elsewhere", async () => {
    const answer = requestId.run("mine", () =>
      run(async (self) => {
        requestId.run("theirs", () => self.spawn((other) => other.send(self.pid, requestId.get())));
        return [await self.receive(), requestId.get()];
      }),
    );
    expect(await answer).toEqual(["theirs", "mine"]);
  });

  it("K16 a process is still called by its function's name", async () => {
    await run(async (self) => {
      const pid = self.spawn(async function named(me) {
        await me.receive();
      });
      expect(self.info(pid)?.runs).toBe("named");
      self.exit(pid, "kill");
    });
  });
});
