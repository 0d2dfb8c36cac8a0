import { type Self, type StreamItem, Task, type TaskSupervisor, tasksFrom } from "taskward";
import { describe, expectTypeOf, it } from "vitest";

declare const self: Self;
declare const supervisor: TaskSupervisor;
declare const sizes: Iterable<number>;
const module = tasksFrom<{ double: (n: number) => Promise<string>; join: (a: number, b: number) => string }>("file:///double.js");

type Stream<T> = AsyncIterableIterator<StreamItem<T>>;

describe("what asyncStream does with each input", () => {
  it("T11 knows the input's type and tells the value's", () => {
    expectTypeOf(Task.asyncStream(self, sizes, (n) => n * 2)).toEqualTypeOf<Stream<number>>();
    expectTypeOf(Task.asyncStream(self, sizes, async (n) => String(n))).toEqualTypeOf<Stream<string>>();
    expectTypeOf(supervisor.asyncStream(self, sizes, (n, { signal }) => (signal.aborted ? n : String(n)))).toEqualTypeOf<Stream<string | number>>();
    expectTypeOf(supervisor.asyncStreamNolink(sizes, (n) => [n])).toEqualTypeOf<Stream<number[]>>();
  });

  it("T11 gets what promises among the inputs give", () => {
    expectTypeOf(Task.asyncStream(self, [Promise.resolve(1)], (n) => n * 2)).toEqualTypeOf<Stream<number>>();
    expectTypeOf(Task.asyncStream(self, [1, Promise.resolve(2)], (n) => [n])).toEqualTypeOf<Stream<number[]>>();
    expectTypeOf(Task.asyncStream(self, [Promise.resolve(1)], module.double)).toEqualTypeOf<Stream<string>>();
    expectTypeOf(supervisor.asyncStreamNolink(new Set(["a", 1]), (item) => item)).toEqualTypeOf<Stream<string | number>>();
    async function* later(): AsyncGenerator<string> {
      yield "a";
    }
    expectTypeOf(supervisor.asyncStream(self, later(), (text) => text.length)).toEqualTypeOf<Stream<number>>();
  });

  it("T11 may be a module's function, or a call of one", () => {
    expectTypeOf(Task.asyncStream(self, sizes, module.double)).toEqualTypeOf<Stream<string>>();
    expectTypeOf(Task.asyncStream(self, sizes, (n) => module.join(n, 1))).toEqualTypeOf<Stream<string>>();
    // @ts-expect-error the function takes numbers
    Task.asyncStream(self, ["a"], module.double);
  });
});
