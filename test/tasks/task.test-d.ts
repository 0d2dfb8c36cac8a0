import { type Found, type Pid, type Self, type TaskFunction, Task, type TaskSupervisor, type Yielded, tasksFrom } from "taskward";
import { describe, expectTypeOf, it } from "vitest";

interface Computation {
  run(n: number): number;
  fetch(url: string): Promise<string>;
  patient: TaskFunction<[url: string], Promise<string>>;
}
declare const here: TaskSupervisor;
declare const cores: TaskSupervisor;
declare const self: Self;
const computation = tasksFrom<Computation>("file:///computation.js");

describe("Task", () => {
  it("knows what it computes, from a closure or a call", () => {
    expectTypeOf(Task.async(self, () => 1)).toEqualTypeOf<Task<number>>();
    expectTypeOf(Task.async(self, async (me) => me.pid)).toEqualTypeOf<Task<Pid>>();
    expectTypeOf(Task.async(self, computation.fetch("a"))).toEqualTypeOf<Task<string>>();
    expectTypeOf(cores.async(self, computation.patient("a"))).toEqualTypeOf<Task<string>>();
    expectTypeOf(cores.asyncNolink(computation.run(1))).toEqualTypeOf<Task<number>>();
    expectTypeOf(cores.asyncNolink(self, computation.run(1))).toEqualTypeOf<Task<number>>();
    expectTypeOf(here.asyncNolink(async () => true)).toEqualTypeOf<Task<boolean>>();
  });

  it("await, yield, shutdown, ignore and find give what it computes", () => {
    const one = Task.async(self, () => 1);
    expectTypeOf(Task.await(one)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(Task.await(self, one, 5)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(Task.yield(one)).toEqualTypeOf<Promise<Yielded<number> | null>>();
    expectTypeOf(Task.shutdown(self, one, "brutal_kill")).toEqualTypeOf<Promise<Yielded<number> | null>>();
    expectTypeOf(Task.ignore(one)).toEqualTypeOf<Yielded<number> | null>();
    expectTypeOf(Task.find([one], {})).toEqualTypeOf<Found<number> | null>();
    // @ts-expect-error an unknown value
    void Task.shutdown(one, "brutal");
    // @ts-expect-error the owner's self comes first
    void Task.await(one, self);
  });

  it("awaitMany and yieldMany give a tuple for a tuple, in the order of the tasks", () => {
    const one = Task.async(self, () => 1);
    const text = Task.async(self, async () => "b");
    expectTypeOf(Task.awaitMany([one, text])).toEqualTypeOf<Promise<[number, string]>>();
    expectTypeOf(Task.awaitMany(self, [one, text], 5)).toEqualTypeOf<Promise<[number, string]>>();
    expectTypeOf(Task.awaitMany([one, text] as const)).toEqualTypeOf<Promise<[number, string]>>();
    expectTypeOf(Task.awaitMany([])).toEqualTypeOf<Promise<[]>>();
    type Pairs = [[task: Task<number>, result: Yielded<number> | null], [task: Task<string>, result: Yielded<string> | null]];
    expectTypeOf(Task.yieldMany([one, text])).toEqualTypeOf<Promise<Pairs>>();
    expectTypeOf(Task.yieldMany(self, [one, text], { limit: 1 })).toEqualTypeOf<Promise<Pairs>>();
  });

  it("awaitMany and yieldMany give an array for an array", () => {
    const some = [1, 2].map((n) => Task.async(self, () => n));
    const mixed: (Task<number> | Task<string>)[] = [];
    expectTypeOf(Task.awaitMany(some)).toEqualTypeOf<Promise<number[]>>();
    expectTypeOf(Task.awaitMany(self, mixed)).toEqualTypeOf<Promise<(number | string)[]>>();
    expectTypeOf(Task.yieldMany(some, 5)).toEqualTypeOf<Promise<[task: Task<number>, result: Yielded<number> | null][]>>();
  });

  it("find tells the value's type with its task, among tasks of several types", () => {
    const [one, text] = [Task.async(self, () => 1), Task.async(self, () => "b")];
    expectTypeOf(Task.find(new Set([one]), {})).toEqualTypeOf<Found<number> | null>();
    expectTypeOf(Task.find([one, text], {})).toEqualTypeOf<Found<number> | Found<string> | null>();
  });

  it("keeps the value's type of a generic function", () => {
    async function all<T>(tasks: Task<T>[], message: unknown): Promise<T[]> {
      expectTypeOf(Task.find(tasks, message)).toEqualTypeOf<Found<T> | null>();
      expectTypeOf(await Task.yieldMany(tasks)).toEqualTypeOf<[task: Task<T>, result: Yielded<T> | null][]>();
      return Task.awaitMany(tasks);
    }
    expectTypeOf(all([Task.async(self, () => 1)], 1)).toEqualTypeOf<Promise<number[]>>();
  });

  it("takes what is no work for an error", () => {
    // @ts-expect-error a reference that was not called
    const uncalled: Task<number> = cores.asyncNolink(computation.run);
    // @ts-expect-error a promise has begun already
    Task.async(self, Promise.resolve(1));
    // @ts-expect-error its owner is a process
    Task.async({}, () => 1);
    // @ts-expect-error an unknown value
    here.startChild(() => 1, { restart: "always" });
    return uncalled;
  });
});
