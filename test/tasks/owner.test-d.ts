import { type Pid, type Self, Task, TaskRunner, type TaskSupervisor, run } from "taskward";
import { describe, expectTypeOf, it } from "vitest";

interface Ping {
  readonly ping: number;
}

declare const supervisor: TaskSupervisor;

describe("a process that takes only messages of one type", () => {
  it("owns tasks, streams and runs like any other", () => {
    void run((self: Self<Ping>) => {
      expectTypeOf(Task.async(self, () => 1)).toEqualTypeOf<Task<number>>();
      expectTypeOf(Task.await(self, Task.completed(self, 1))).toEqualTypeOf<Promise<number>>();
      expectTypeOf(Task.awaitMany(self, [Task.async(self, () => "a")])).toEqualTypeOf<Promise<[string]>>();
      expectTypeOf(supervisor.async(self, () => 1)).toEqualTypeOf<Task<number>>();
      expectTypeOf(supervisor.asyncNolink(self, () => 1)).toEqualTypeOf<Task<number>>();
      Task.start(() => 1, { self });
      Task.startLink(self, () => 1);
      Task.asyncStream(self, [1], (n) => n);
      supervisor.asyncStream(self, [1], (n) => n);
      supervisor.startChild(() => 1, { owner: self });
      TaskRunner.run([() => 1], { owner: self });
    });
  });

  it("still takes no message of another type", () => {
    void run(async (self: Self<Ping>) => {
      self.send(self.pid, { ping: 1 });
      // @ts-expect-error a number is no Ping
      self.send(self.pid, 1);
      // @ts-expect-error a process that takes pings alone does not take everything
      const anything: Pid = self.pid;
      return anything;
    });
  });
});
