import { type Call, type Reference, type Self, type TaskFunction, callOf, task, tasksFrom } from "taskward";
import { describe, expectTypeOf, it } from "vitest";

/** What a module of tasks exports. */
interface Computation {
  run(n: number): number;
  fetch(url: string, retries?: number): Promise<string>;
  patient: TaskFunction<[url: string], Promise<string>>;
  rest(first: string, ...more: number[]): void;
  generic<T>(x: T): T;
  version: string;
  settings: { depth: number };
}
declare const self: Self;
declare function use(value: unknown): void;
const computation = tasksFrom<Computation>("file:///computation.js");

describe("tasksFrom", () => {
  it("gives a reference for each function, with its arguments and its value", () => {
    expectTypeOf(computation.run).toEqualTypeOf<Reference<[n: number], number>>();
    expectTypeOf(computation.run(1)).toEqualTypeOf<Call<number>>();
    expectTypeOf(computation.fetch("a")).toEqualTypeOf<Call<string>>();
    expectTypeOf(computation.fetch("a", 2)).toEqualTypeOf<Call<string>>();
    expectTypeOf(computation.rest("a", 1, 2)).toEqualTypeOf<Call<void>>();
  });

  it("leaves the `self` of a task export out of its arguments", () => {
    expectTypeOf(computation.patient("a")).toEqualTypeOf<Call<string>>();
    // @ts-expect-error its `self` is given to it where it runs
    computation.patient(self, "a");
  });

  it("knows the type that `task` gives an export", () => {
    expectTypeOf(task(async (me, url: string) => `${url} ${me.pid}`)).toEqualTypeOf<TaskFunction<[url: string], Promise<string>>>();
    expectTypeOf(task(({ signal }) => signal.aborted)).toEqualTypeOf<TaskFunction<[], boolean>>();
  });

  it("has nothing for what is no function", () => {
    expectTypeOf<keyof typeof computation>().toEqualTypeOf<"run" | "fetch" | "patient" | "rest" | "generic">();
    // @ts-expect-error no function
    use(computation.version);
    // @ts-expect-error no function
    use(computation.settings);
    // @ts-expect-error no such export
    use(computation.missing);
  });

  it("takes wrong arguments for an error", () => {
    // @ts-expect-error a number is wanted
    computation.run("1");
    // @ts-expect-error an argument is wanted
    computation.run();
    // @ts-expect-error one argument is wanted
    computation.run(1, 2);
    // @ts-expect-error a number is wanted
    computation.rest("a", "b");
    // @ts-expect-error a string is wanted
    computation.patient(1);
  });

  it("knows nothing of a function whose name is only known when the program runs", () => {
    expectTypeOf(callOf("file:///m.js", "fn", [1])).toEqualTypeOf<Call>();
  });
});
