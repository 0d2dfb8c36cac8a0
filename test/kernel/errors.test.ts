import { describe, expect, it } from "vitest";
import {
  Deadlock,
  type ErrorCode,
  Exited,
  InvalidOption,
  InvalidSpec,
  LoadFailed,
  MaxChildren,
  NameTaken,
  NoProcess,
  NodeDown,
  NotCloneable,
  NotOwner,
  NotPortable,
  SourceFailed,
  SupervisorDown,
  TaskFailed,
  TaskTimeout,
  type TaskwardError,
  TooFewValues,
  describeReason,
  describeValue,
} from "../../src/kernel/errors.js";

const boom = new RangeError("boom");

/** Every error, made when its test runs, with what programs and people read of it: the code, the whole message, the cause. */
const errors: readonly (readonly [make: () => TaskwardError, code: ErrorCode, message: string, cause?: unknown])[] = [
  [() => new Exited("<main.1>", boom), "exited", "process <main.1> has exited: RangeError: boom", boom],
  [() => new Exited("<main.1>", "shutdown"), "exited", 'process <main.1> has exited: "shutdown"'],
  [() => new NoProcess("db"), "noproc", 'no process is registered as "db": register it first, or check with whereis()'],
  [() => new NoProcess("db", "start it"), "noproc", 'no process is registered as "db": start it'],
  [() => new NameTaken("db", "<main.1>"), "name_taken", 'the name "db" is taken by <main.1>: choose another or unregister it there first'],
  [() => new NodeDown("main/t1"), "node_down", "node main/t1 went down"],
  [() => new NodeDown("main/t1", { exitCode: 0 }), "node_down", "node main/t1 went down: exit code 0"],
  [() => new NodeDown("main/p1", { signal: "SIGKILL" }), "node_down", "node main/p1 went down: signal SIGKILL"],
  [() => new NodeDown("main/p1", { what: "its memory is exhausted" }), "node_down", "node main/p1 went down: its memory is exhausted"],
  [
    () => new NodeDown("main/t1", { what: "it broke", exitCode: 3, signal: "SIGSEGV", cause: boom, culprit: "task loop" }),
    "node_down",
    "node main/t1 went down: it broke, exit code 3, signal SIGSEGV, RangeError: boom, because of task loop",
    boom,
  ],
  [
    () => new NotCloneable("args[0].onClick", "a function", { cause: boom }),
    "not_cloneable",
    "args[0].onClick is a function: only values that structured clone accepts can go to another node",
    boom,
  ],
  [
    () => new NotPortable("a worker thread", "the function tidy"),
    "not_portable",
    'the function tidy cannot run on a worker thread: a closure stays on its event loop. Export the function from a module and refer to it with tasksFrom(new URL("./module.js", import.meta.url))',
  ],
  [() => new InvalidOption("timeout", -1, "give 0 or more"), "invalid_option", "timeout is -1: give 0 or more"],
  [() => new InvalidSpec(3, "is 5"), "invalid_spec", "specs[3] is 5: write [supervisor, () => ...] or [supervisor, tasks.fn(args)]"],
  [
    () => new NotOwner("Task.await", "<main.1>", "<main.2>"),
    "not_owner",
    "Task.await was called by <main.2>, but the task belongs to <main.1>: only the process that started a task can take its result",
  ],
  [() => new TaskTimeout("task slow", 50), "task_timeout", "task slow did not end within 50 ms"],
  [() => new TaskFailed("task bad", boom), "task_failed", "task bad failed: RangeError: boom", boom],
  [
    () => new MaxChildren("TaskSupervisor pool", 2),
    "max_children",
    "TaskSupervisor pool has 2 children and takes no more: raise maxChildren, or limit with concurrency to queue instead",
  ],
  [
    () => new SupervisorDown("TaskSupervisor pool", "killed"),
    "supervisor_down",
    'TaskSupervisor pool is not running ("killed"): nothing can be asked of it',
  ],
  [() => new LoadFailed("no such module", { cause: boom }), "load_failed", "no such module", boom],
  [() => new SourceFailed(7, boom), "source_failed", "the source of tasks failed at item 7: RangeError: boom", boom],
  [() => new TooFewValues(1, [], [boom], false), "too_few_values", "1 value wanted, 0 arrived, 1 task(s) failed", boom],
  [() => new TooFewValues(3, [1], [], true), "too_few_values", "3 values wanted, 1 arrived, 0 task(s) failed, the deadline struck"],
  [() => new Deadlock("a waits"), "deadlock", "nothing can happen any more: no timer, no message under way. a waits"],
];

describe("errors", () => {
  it.each(errors.map((row) => [row[0]().name, ...row] as const))("%s says what was wrong, and what to do", (name, make, code, message, cause) => {
    const error = make();
    expect({ name: error.name, code: error.code, message: error.message, cause: error.cause }).toEqual({ name, code, message, cause });
    expect("cause" in error).toBe(cause !== undefined || error instanceof TooFewValues);
  });

  it("carry what programs look at", () => {
    expect(new Exited("<main.1>", boom)).toMatchObject({ who: "<main.1>", reason: boom });
    expect(new NoProcess("db")).toMatchObject({ registeredName: "db" });
    expect(new NodeDown("n", { exitCode: 1, signal: "SIGINT", culprit: "c" })).toMatchObject({
      node: "n",
      exitCode: 1,
      signal: "SIGINT",
      culprit: "c",
    });
    expect(new NotCloneable("args", "a function")).toMatchObject({ path: "args" });
    expect(new InvalidSpec(3, "is 5")).toMatchObject({ index: 3 });
    expect(new TaskTimeout("task slow", 50)).toMatchObject({ who: "task slow", timeout: 50 });
    expect(new TaskFailed("task bad", boom)).toMatchObject({ who: "task bad", reason: boom });
    expect(new SourceFailed(7, boom)).toMatchObject({ index: 7 });
    expect(new TooFewValues(2, [1], [boom], false)).toMatchObject({ wanted: 2, values: [1], errors: [boom] });
  });
});

const cyclic: { self?: unknown } = {};
cyclic.self = cyclic;
const unreadable = new Proxy(
  {},
  {
    get() {
      throw new Error("no");
    },
    getOwnPropertyDescriptor() {
      throw new Error("no");
    },
    ownKeys() {
      throw new Error("no");
    },
  },
);
const nameless = Object.defineProperty(() => undefined, "name", {
  get() {
    throw new Error("no");
  },
});

describe("a value in one line", () => {
  it.each<[string, () => unknown]>([
    ['"x"', () => "x"],
    [`"${"y".repeat(80)}"`, () => "y".repeat(80)],
    [`"${"y".repeat(80)}…"`, () => "y".repeat(81)],
    ["the function named", () => function named() {}],
    ["the function (anonymous)", () => () => undefined],
    ["a function", () => nameless],
    ["5", () => 5],
    ["null", () => null],
    ["undefined", () => undefined],
    ['{"a":1}', () => ({ a: 1 })],
    [`{"a":"${"z".repeat(72)}"}`, () => ({ a: "z".repeat(72) })],
    [`{"a":"${"z".repeat(73)}"…`, () => ({ a: "z".repeat(73) })],
    ["[object Object]", () => cyclic],
    ["an object that cannot be read", () => unreadable],
  ])("%s", (text, value) => {
    expect(describeValue(value())).toBe(text);
  });

  it("an error by its name and message, and one that cannot be read as such", () => {
    const hostile = new Error("x");
    Object.defineProperty(hostile, "message", {
      get() {
        throw new Error("no");
      },
    });
    expect([describeReason(boom), describeReason("shutdown"), describeReason(hostile)]).toEqual([
      "RangeError: boom",
      '"shutdown"',
      "an error that cannot be read",
    ]);
  });
});
