import { type Self, type TaskFunction, type TaskSupervisor, tasksFrom } from "taskward";
import { type TaskStream, stream } from "taskward/stream";
import { describe, expectTypeOf, it } from "vitest";

declare const supervisor: TaskSupervisor;

interface Module {
  rows(file: string): AsyncGenerator<readonly string[], number>;
  lines(): Generator<string | Promise<string>, void>;
  list(): Promise<number[]>;
  watched: TaskFunction<[path: string], AsyncGenerator<Date>>;
  single(): number;
}
const tasks = tasksFrom<Module>("file:///module.js");

describe("what a stream yields", () => {
  it("has the type that the module's generator yields, and returns", () => {
    expectTypeOf(stream(supervisor, tasks.rows("a.csv"))).toEqualTypeOf<TaskStream<readonly string[], number>>();
    expectTypeOf(stream(supervisor, tasks.watched("a"))).toExtend<TaskStream<Date>>();
    expectTypeOf(stream(supervisor, tasks.list())).toExtend<TaskStream<number>>();
    expectTypeOf(stream(supervisor, tasks.lines())).toExtend<TaskStream<string>>();
  });

  it("has the type that a closure yields", () => {
    const values = stream(supervisor, async function* (self) {
      expectTypeOf(self).toEqualTypeOf<Self>();
      yield 1;
      return "end";
    });
    expectTypeOf(values).toEqualTypeOf<TaskStream<number, string>>();
  });

  it("is no work that gives nothing to iterate over", () => {
    // @ts-expect-error a number is nothing to iterate over
    stream(supervisor, tasks.single());
    // @ts-expect-error nor is what this closure returns
    stream(supervisor, () => 1);
    // @ts-expect-error it was not called
    stream(supervisor, tasks.rows);
  });

  it("can be iterated over and disposed of", async () => {
    await using values = stream(supervisor, tasks.rows("a.csv"));
    for await (const value of values) expectTypeOf(value).toEqualTypeOf<readonly string[]>();
    expectTypeOf(await values.next()).toEqualTypeOf<IteratorResult<readonly string[], number | undefined>>();
  });
});
