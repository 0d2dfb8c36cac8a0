import { type Down, type Exit, type Pid, type Ref, type Self, run } from "taskward";
import { describe, expectTypeOf, it } from "vitest";

interface Question {
  readonly question: string;
  readonly from: Pid<string>;
}

declare const self: Self<Question>;
declare const pid: Pid<Question>;
declare const anyone: Pid;
declare const ref: Ref;

describe("types of the kernel", () => {
  it("a pid carries the type of the messages that its process takes", () => {
    self.send(pid, { question: "?", from: anyone });
    // @ts-expect-error there is no such message
    self.send(pid, { answer: 42 });
    self.send(anyone, { whatever: true });
    self.send(ref, "to an alias");
    self.send("name", 1);
    self.send({ name: "name", node: "other" }, 1);
    // @ts-expect-error an address is a text or { name, node }
    self.send(7, 1);
  });

  it("spawn knows what its process takes", () => {
    const child = self.spawn(async (me: Self<number>) => {
      expectTypeOf(await me.receive()).toEqualTypeOf<number | Down | Exit>();
    });
    expectTypeOf(child).toEqualTypeOf<Pid<number>>();
    self.send(child, 1);
    // @ts-expect-error it takes numbers
    self.send(child, "text");
  });

  it("receive gives its own messages, Down and Exit; what a guard says; undefined where time may run out", async () => {
    expectTypeOf(await self.receive()).toEqualTypeOf<Question | Down | Exit>();
    const isQuestion = (message: Question | Down | Exit): message is Question => "question" in message;
    expectTypeOf(await self.receive(isQuestion)).toEqualTypeOf<Question>();
    expectTypeOf(await self.receive(isQuestion, { after: 5 })).toEqualTypeOf<Question | undefined>();
    expectTypeOf(await self.receive(undefined, { after: 5 })).toEqualTypeOf<Question | Down | Exit | undefined>();
    // @ts-expect-error options come second
    await self.receive({ after: 5 });
  });

  it("run resolves with what its function returns, awaited", () => {
    expectTypeOf(run(async () => 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(run(() => Promise.resolve(["x"]))).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(run((one) => one.exit("x"))).toEqualTypeOf<Promise<never>>();
  });

  it("exit of oneself never returns, exit of another does", () => {
    expectTypeOf(self.exit).parameter(0).not.toBeNever();
    const end = (): never => self.exit("reason");
    expectTypeOf(end).returns.toBeNever();
    expectTypeOf(self.exit(pid, "reason")).toBeVoid();
  });
});
