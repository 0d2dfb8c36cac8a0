import { type PlaceFactory, type Self, Task, TaskRunner, TaskSupervisor, callOf, defaultNode, failFast, first, transfer } from "taskward";
import { stream } from "taskward/stream";
import { VirtualTime } from "taskward/testing";
import { describe, expect, it } from "vitest";

/** A place that is not this event loop. Nothing starts there. */
const farPlace: PlaceFactory = () => ({
  kind: "a far place",
  parallelism: 2,
  hasRoom: () => false,
  start: () => expect.unreachable(),
  exit: () => undefined,
  startedAt: () => undefined,
  close: () => Promise.resolve(),
});

/** What a case refuses with. */
interface Scene {
  readonly self: Self;
  readonly here: TaskSupervisor;
  readonly far: TaskSupervisor;
}

/** Callers without types. */
type Loose = (...args: unknown[]) => unknown;

const one = (): number => 1;
const module = "module:work";
const call = callOf(module, "one", []);
const url = `tasksFrom(new URL("./module.js", import.meta.url))`;
const noHandle = "give the handle that a process' function gets: run(async (self) => ...)";
const noTask = "give what Task.async or asyncNolink answered";

/** Waits for the whole message of what a call throws or rejects with. */
async function messageOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    return (error as Error).message;
  }
  return "nothing was refused";
}

/** Plays a case in a process of its own; nothing has been started by it. */
async function refuses(attempt: (scene: Scene) => unknown, message: string | ((scene: Scene) => string)): Promise<void> {
  const time = new VirtualTime({ reporter: () => undefined });
  await time.run(async (self) => {
    const here = TaskSupervisor.start({ node: time.node });
    const far = TaskSupervisor.start({ node: time.node, on: farPlace });
    const scene = { self, here, far };
    expect(await messageOf(() => attempt(scene))).toBe(typeof message === "string" ? message : message(scene));
    expect([...here.children(), ...far.children()]).toEqual([]);
    await Promise.all([here.stop(), far.stop()]);
  });
}

type Case = readonly [name: string, attempt: (scene: Scene) => unknown, message: string | ((scene: Scene) => string)];

describe("T13 what is refused says what it was, and what to give instead", () => {
  it.each<Case>([
    ["T13 Task.async: self", () => (Task.async as Loose)(5, one), `Task.async(self, work): self is 5: ${noHandle}`],
    ["T13 Task.startLink: self", () => (Task.startLink as Loose)(5, one), `Task.startLink(self, work): self is 5: ${noHandle}`],
    ["T13 Task.completed: self", () => (Task.completed as Loose)(5, 1), `Task.completed(self, value): self is 5: ${noHandle}`],
    ["T13 Task.asyncStream: self", () => (Task.asyncStream as Loose)(5, [1], one), `Task.asyncStream(self, input, fn): self is 5: ${noHandle}`],
    ["T13 async: owner", ({ here }) => (here.async.bind(here) as Loose)(5, one), `async(owner, work): self is 5: ${noHandle}`],
    [
      "T13 asyncStream: owner",
      ({ here }) => (here.asyncStream.bind(here) as Loose)(5, [1], one),
      `asyncStream(owner, input, fn): self is 5: ${noHandle}`,
    ],
    ["T13 Task.start: options", () => (Task.start as Loose)(one, { lable: 1 }), "Task.start options.lable is 1: no such option; there are label"],
    [
      "T13 Task.async: options",
      ({ self }) => (Task.async as Loose)(self, one, { lable: 1 }),
      "task options.lable is 1: no such option; there are label, priority, affinity, onProgress",
    ],
    ["T13 a priority", ({ self }) => Task.async(self, one, { priority: Infinity }), "task options.priority is Infinity: give a finite number"],
    ["T13 an affinity", ({ self }) => Task.async(self, one, { affinity: {} as string }), "task options.affinity is {}: give a string or a number"],
    ["T13 onProgress", ({ self }) => Task.async(self, one, { onProgress: 5 as never }), "onProgress is 5: give a function"],
    [
      "T13 a spec's priority",
      ({ here }) =>
        TaskRunner.run([
          [here, one],
          [here, one, { priority: "high" as never }],
        ]),
      'specs[1] options.priority is "high": give a finite number',
    ],
    ["T13 Task.await: task", () => (Task.await as Loose)({}), `Task.await: task is {}: ${noTask}`],
    ["T13 Task.await: a ref alone is no task", () => (Task.await as Loose)({ ref: 1 }), `Task.await: task is {"ref":1}: ${noTask}`],
    ["T13 Task.await: an owner alone is no task", () => (Task.await as Loose)({ owner: 1 }), `Task.await: task is {"owner":1}: ${noTask}`],
    ["T13 Task.yield: task", () => (Task.yield as Loose)({}), `Task.yield: task is {}: ${noTask}`],
    ["T13 Task.shutdown: task", () => (Task.shutdown as Loose)({}), `Task.shutdown: task is {}: ${noTask}`],
    ["T13 Task.ignore: task", () => (Task.ignore as Loose)({}), `Task.ignore: task is {}: ${noTask}`],
    ["T13 Task.awaitMany: a task", () => (Task.awaitMany as Loose)([{}]), `Task.awaitMany: task is {}: ${noTask}`],
    ["T13 Task.awaitMany: tasks", () => (Task.awaitMany as Loose)({}), "Task.awaitMany: tasks is {}: give an array of tasks"],
    ["T13 Task.yieldMany: tasks", () => (Task.yieldMany as Loose)(5), "Task.yieldMany: tasks is 5: give an array of tasks"],
    [
      "T13 Task.yieldMany: options",
      () => (Task.yieldMany as Loose)([], { timout: 1 }),
      "yieldMany options.timout is 1: no such option; there are timeout, limit, onTimeout",
    ],
    ["T13 Task.yieldMany: a number", () => Task.yieldMany([], -1), "timeout is -1: give a number of milliseconds, 0 or more, or Infinity"],
    [
      "T13 startChild: options",
      ({ here }) => here.startChild(one, { lable: 1 } as object),
      "startChild options.lable is 1: no such option; there are restart, owner, onProgress, label, priority, affinity",
    ],
    [
      "T13 startChild: restart with what is moved once",
      ({ here }) => here.startChild(callOf(module, "one", transferred()), { restart: "transient" }),
      'restart, with transferred arguments, is "transient": give one of "temporary"',
    ],
    [
      "T13 stop: options",
      ({ here }) => (here.stop.bind(here) as Loose)("shutdown", { drian: true }),
      "stop options.drian is true: no such option; there are drain",
    ],
    ["T13 stop: drain", ({ here }) => here.stop("shutdown", { drain: -1 }), "drain is -1: give a number of milliseconds, 0 or more, or Infinity"],
    [
      "T13 stop: drain in words",
      ({ here }) => here.stop("shutdown", { drain: "5s" as never }),
      'drain is "5s": give a number of milliseconds, 0 or more, or Infinity',
    ],
    [
      "T13 a supervisor's maxRestarts",
      () => TaskSupervisor.start({ maxRestarts: -1 }),
      "maxRestarts is -1: give a whole number, 0 or more, or Infinity",
    ],
    [
      "T13 a supervisor's context",
      () => TaskSupervisor.start({ context: [5 as never] }),
      "context is [5]: give an array of what defineContext answers",
    ],
    ["S6 a supervisor that is not there", () => TaskSupervisor.at("nobody").pid, 'nobody is not running ("noproc"): nothing can be asked of it'],
    [
      "T13 asyncStream: options",
      ({ here }) => here.asyncStreamNolink([1], one, { odered: 1 } as object),
      "asyncStream options.odered is 1: no such option; there are maxConcurrency, ordered, timeout, onTimeout, zipInputOnExit, priority, affinity, onProgress",
    ],
    [
      "T13 asyncStream: fn",
      ({ here }) => here.asyncStreamNolink([1], 5 as never),
      "asyncStream(input, fn): fn is 5: it is number, not work; give a function, or a call such as tasks.fn(1)",
    ],
    [
      "T13 stream: work",
      ({ here }) => stream(here, 5 as never),
      "stream(supervisor, work): work is 5: it is number, not work; give a function, or a call such as tasks.fn(1)",
    ],
    ["T13 stream: supervisor", () => stream({} as TaskSupervisor, one as never), "stream(supervisor, work): supervisor is {}: give a TaskSupervisor"],
    [
      "T13 first: count",
      ({ here }) => first(TaskRunner.run([[here, one]]), Infinity),
      "first(runner, count): count is Infinity: give a whole number, 1 or more",
    ],
    [
      "T13 a spec with null for its supervisor",
      () => TaskRunner.run([[null, one]] as never),
      "specs[0] has null where its supervisor should be: write [supervisor, () => ...] or [supervisor, tasks.fn(args)]",
    ],
    [
      "T13 a spec within a spec",
      ({ here }) => TaskRunner.run([one, [[here, one]]] as never),
      "specs[1] has an array where its supervisor should be: write [supervisor, () => ...] or [supervisor, tasks.fn(args)]",
    ],
  ])("%s", (_name, attempt, message) => refuses(attempt, message));

  it.each<Case>([
    [
      "T13 an anonymous closure",
      ({ far }) =>
        far.asyncNolink(
          (
            () => () =>
              1
          )(),
        ),
      "the function (anonymous)",
    ],
    ["T13 a closure with a name", ({ far }) => far.asyncNolink(one), "the function one"],
    ["T13 a child", ({ far }) => far.startChild(one), "the function one"],
    ["T13 a stream", ({ far }) => stream(far, one as never), "the function one"],
    [
      "T13 a spec, behind one that would do",
      ({ here, far }) =>
        TaskRunner.run([
          [here, one],
          [far, call],
          [far, one],
        ]),
      "the function one",
    ],
  ])("%s cannot run at another place", (_name, attempt, what) =>
    refuses(
      attempt,
      `${String(what)} cannot run on a far place: a closure stays on its event loop. Export the function from a module and refer to it with ${url}`,
    ),
  );

  it("T3 who is not the owner is told who called what, and whose task it is", () =>
    refuses(
      async ({ self, here }) => {
        const task = here.asyncNolink(one);
        await Task.yield(task);
        await Task.await(self, task);
      },
      ({ self }) =>
        `Task.await was called by ${self.pid}, but the task belongs to plain code: only the process that started a task can take its result`,
    ));

  it("T3 a copy of a task, from another node, is nobody's here", async () => {
    const copy = { ref: "<far#1>", owner: "<far.2>" };
    const rest = "but the task belongs to <far.2>: only the process that started a task can take its result";
    await refuses(() => (Task.await as Loose)(copy), `Task.await was called by a process of node ${defaultNode().name}, ${rest}`);
    await refuses(
      ({ self }) => (Task.yield as Loose)(self, copy),
      ({ self }) => `Task.yield was called by ${self.pid}, ${rest}`,
    );
  });

  it("T8 a result that was dropped, or that somebody waits for, is not to be had", async () => {
    const time = new VirtualTime();
    await time.run(async (self) => {
      const here = TaskSupervisor.start({ node: time.node });
      const task = here.asyncNolink(self, async function quote(me: Self) {
        await me.sleep(10);
      });
      const waiting = Task.await(self, task);
      const label = `task is "task quote ${task.pid}"`;
      expect(await messageOf(() => Task.yield(self, task))).toBe(`${label}: somebody waits for it already`);
      await waiting;
      const ignored = here.asyncNolink(self, (me) => me.sleep(10), { label: "ignored" });
      expect(Task.ignore(self, ignored)).toBeNull();
      expect(await messageOf(() => Task.yield(self, ignored))).toBe(
        `task is "task ignored ${ignored.pid}": its result is dropped, for it was ignored, shut down or given up`,
      );
      await here.stop();
    });
  });

  it.each([
    ["R1 a runner", (here: TaskSupervisor) => TaskRunner.run([[here, (self: Self) => self.sleep(10)]]), "a runner"],
    ["T11 asyncStream", (here: TaskSupervisor) => here.asyncStreamNolink([1], (_n, self) => self.sleep(10)), "a stream"],
    [
      "R10 a stream",
      (here: TaskSupervisor) =>
        stream(here, async function* (self: Self) {
          await self.sleep(10);
          yield 1;
        }),
      "a stream",
    ],
  ])("%s is read by one at a time", async (_name, start, what) => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node });
    const items: AsyncIterator<unknown> = start(here);
    const waiting = items.next();
    expect(await messageOf(() => items.next())).toBe(`next() is "a second call": wait for the first one: ${what} has one reader`);
    expect(await time.until(waiting)).toMatchObject({ done: false });
    await time.until(here.stop());
  });

  it("R9 failFast says which task failed: by its label, or its number", async () => {
    const time = new VirtualTime();
    const here = TaskSupervisor.start({ node: time.node });
    const fails = (): never => {
      throw new Error("boom");
    };
    const drain = async (specs: Parameters<typeof TaskRunner.run>[0]): Promise<void> => {
      for await (const _event of failFast(TaskRunner.run(specs)));
    };
    expect(await messageOf(() => time.until(drain([[here, fails]])))).toMatch(/^task 0 /);
    expect(await messageOf(() => time.until(drain([[here, fails, { label: "quote" }]])))).toMatch(/^task quote /);
    await time.until(here.stop());
  });
});

/** Arguments of which something is moved, as a reference called with them has them. */
function transferred(): unknown[] {
  const list = [new ArrayBuffer(8)];
  return transfer(list, list);
}
