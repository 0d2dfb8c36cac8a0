import {
  type Call,
  type Collected,
  type OkEvent,
  type Pid,
  type RunnerEvent,
  type Self,
  type Spec,
  type SpecOf,
  type TaskFunction,
  TaskRunner,
  type TaskSupervisor,
  type ValueOf,
  collect,
  failFast,
  first,
  firstSuccess,
  progress,
  tasksFrom,
} from "taskward";
import { describe, expectTypeOf, it } from "vitest";

interface Computation {
  run(n: number): number;
  fetch(url: string): Promise<string>;
  patient: TaskFunction<[url: string], Promise<string>>;
}
declare const here: TaskSupervisor;
declare const cores: TaskSupervisor;
declare const self: Self;
declare function use(value: unknown): void;
declare const named: () => Promise<string>;
declare const typed: (self: Self) => boolean;
declare const numbers: number[];
const computation = tasksFrom<Computation>("file:///computation.js");

declare function valueOf<T>(runner: TaskRunner<T>): T;

describe("TaskRunner.run", () => {
  it("infers the value from closures", () => {
    expectTypeOf(valueOf(TaskRunner.run([[here, () => 1]]))).toEqualTypeOf<number>();
    expectTypeOf(valueOf(TaskRunner.run([[here, async () => "a"]]))).toEqualTypeOf<string>();
    expectTypeOf(valueOf(TaskRunner.run([() => 1, async () => "a"]))).toEqualTypeOf<string | number>();
  });

  it("gives closures their `self`, whatever stands beside them", () => {
    TaskRunner.run([[here, (me) => expectTypeOf(me).toEqualTypeOf<Self>()]]);
    TaskRunner.run([(me) => expectTypeOf(me).toEqualTypeOf<Self>()]);
    TaskRunner.run([[here, (me) => expectTypeOf(me).toEqualTypeOf<Self>(), { label: "the third" }]]);
    const mixed = TaskRunner.run([
      [here, named],
      [here, typed],
      [here, async (me) => expectTypeOf(me).toEqualTypeOf<Self>()],
      [here, ({ signal }) => signal, { timeout: 5 }],
      [cores, computation.run(1)],
      named,
      (me) => me.pid,
    ]);
    expectTypeOf(valueOf(mixed)).toEqualTypeOf<string | boolean | AbortSignal | number | Pid>();
  });

  it("gives closures their `self` in what `map` and `Array.from` make", () => {
    expectTypeOf(valueOf(TaskRunner.run(numbers.map((n) => [here, (me) => [me.pid, n] as const] as const)))).toEqualTypeOf<readonly [Pid, number]>();
    expectTypeOf(valueOf(TaskRunner.run(numbers.map((n) => [here, ({ pid }) => [pid, n]])))).toEqualTypeOf<(Pid | number)[]>();
    expectTypeOf(
      valueOf(
        TaskRunner.run(
          numbers.map(
            () =>
              ({ pid }) =>
                pid,
          ),
        ),
      ),
    ).toEqualTypeOf<Pid>();
    expectTypeOf(valueOf(TaskRunner.run(Array.from({ length: 3 }, () => [here, ({ pid }) => pid])))).toEqualTypeOf<Pid>();
  });

  it("gives closures their `self` in generators and sets", () => {
    const now = TaskRunner.run(
      (function* () {
        yield [here, ({ pid }) => pid];
        yield [cores, computation.run(1), { label: "x" }];
        yield ({ signal }) => signal;
      })(),
    );
    expectTypeOf(valueOf(now)).toEqualTypeOf<Pid | number | AbortSignal>();
    const later = TaskRunner.run(
      (async function* () {
        yield [here, typed];
        yield [here, ({ pid }) => pid];
      })(),
    );
    expectTypeOf(valueOf(later)).toEqualTypeOf<boolean | Pid>();
    expectTypeOf(valueOf(TaskRunner.run(new Set([[here, () => "a"], () => true])))).toEqualTypeOf<string | boolean>();
  });

  it("infers the value from calls, and over mixed specs", () => {
    expectTypeOf(valueOf(TaskRunner.run([[cores, computation.run(1)]]))).toEqualTypeOf<number>();
    const mixed = valueOf(
      TaskRunner.run([
        [here, async () => ({ quote: 1 })],
        [cores, computation.run(1)],
        [cores, computation.patient("a"), { timeout: 5, label: "p" }],
        () => true,
      ]),
    );
    expectTypeOf(mixed).toEqualTypeOf<{ quote: number } | number | string | boolean>();
  });

  it("infers the value from tuples that `map` made", () => {
    expectTypeOf(valueOf(TaskRunner.run(numbers.map((n) => [cores, computation.run(n)] as const)))).toEqualTypeOf<number>();
    expectTypeOf(valueOf(TaskRunner.run(numbers.map((n) => [here, () => `${n}`] as const)))).toEqualTypeOf<string>();
    expectTypeOf(valueOf(TaskRunner.run([[here, () => true], ...numbers.map((n) => [cores, computation.run(n)] as const)]))).toEqualTypeOf<
      boolean | number
    >();
    expectTypeOf(valueOf(TaskRunner.run(numbers.map((n) => () => n)))).toEqualTypeOf<number>();
  });

  it("infers the value from iterables and async iterables", () => {
    function* now(): Generator<readonly [TaskSupervisor, Call<number>]> {
      yield [cores, computation.run(1)];
    }
    async function* later(): AsyncGenerator<readonly [TaskSupervisor, () => string]> {
      yield [here, () => "a"];
    }
    expectTypeOf(valueOf(TaskRunner.run(now()))).toEqualTypeOf<number>();
    expectTypeOf(valueOf(TaskRunner.run(later()))).toEqualTypeOf<string>();
    expectTypeOf(valueOf(TaskRunner.run(new Set([() => 1])))).toEqualTypeOf<number>();
    expectTypeOf(valueOf(TaskRunner.run([]))).toEqualTypeOf<never>();
  });

  it("infers the value from specs that were made before", () => {
    const tuple = [[here, () => 1], [cores, computation.patient("a"), { label: "x" }], named] as const;
    expectTypeOf(valueOf(TaskRunner.run(tuple))).toEqualTypeOf<number | string>();
    const specs: Spec<number>[] = [];
    expectTypeOf(valueOf(TaskRunner.run(specs))).toEqualTypeOf<number>();
    const anything: Spec[] = [];
    expectTypeOf(valueOf(TaskRunner.run(anything))).toBeUnknown();
    expectTypeOf<ValueOf<SpecOf<typeof tuple>>>().toEqualTypeOf<number | string>();
  });

  it("keeps the value's type of a generic function", () => {
    async function valuesOf<T>(fns: readonly (() => Promise<T>)[]): Promise<Awaited<T>[]> {
      const values: Awaited<T>[] = [];
      for await (const event of TaskRunner.run(fns.map((fn) => [here, fn] as const))) if (event.type === "ok") values.push(event.value);
      return values;
    }
    expectTypeOf(valuesOf([async () => 1])).toEqualTypeOf<Promise<number[]>>();
  });

  it("takes what is no spec for an error", () => {
    // @ts-expect-error no supervisor
    TaskRunner.run([[{}, () => 1]]);
    // @ts-expect-error a promise has begun already
    TaskRunner.run([[here, Promise.resolve(1)]]);
    // @ts-expect-error a promise has begun already
    TaskRunner.run([Promise.resolve(1)]);
    // @ts-expect-error an unknown option
    TaskRunner.run([[here, () => 1, { lable: "x" }]]);
    // @ts-expect-error an unknown option
    TaskRunner.run([() => 1], { timout: 5 });
    // @ts-expect-error no number of milliseconds
    TaskRunner.run([() => 1], { timeout: "1s" });
    // @ts-expect-error an unknown value
    TaskRunner.run([() => 1], { onTimeout: "explode" });
    // @ts-expect-error an owner is a self
    TaskRunner.run([() => 1], { owner: self.pid });
  });

  it("narrows events by their type", async () => {
    const runner = TaskRunner.run([
      [here, () => 1],
      [here, () => "a"],
    ]);
    for await (const event of runner) {
      expectTypeOf(event).toEqualTypeOf<RunnerEvent<string | number>>();
      if (event.type === "ok") expectTypeOf(event.value).toEqualTypeOf<string | number>();
      else if (event.type === "task_error") expectTypeOf(event.reason).toBeUnknown();
      else expectTypeOf(event.pending.length).toBeNumber();
      // @ts-expect-error only a result has a value
      use(event.value);
    }
    const handled = runner.handleMessage({});
    if (handled?.type === "ok") expectTypeOf(handled).toEqualTypeOf<OkEvent<string | number>>();
  });

  it("policies keep the value's type", async () => {
    const runner = TaskRunner.run([
      [here, () => 1],
      [cores, computation.fetch("a")],
    ]);
    expectTypeOf(collect(runner)).toEqualTypeOf<Promise<Collected<string | number>>>();
    expectTypeOf(firstSuccess(runner)).toEqualTypeOf<Promise<string | number>>();
    expectTypeOf(first(runner, 2)).toEqualTypeOf<Promise<(string | number)[]>>();
    for await (const event of failFast(runner)) expectTypeOf(event.type).toEqualTypeOf<"ok" | "timeout">();
    for await (const event of progress(runner, ({ ok }) => ok)) expectTypeOf(event).toEqualTypeOf<RunnerEvent<string | number>>();
  });
});
