import { Exited, Node, type Pid, Scheduler, TaskwardError } from "taskward";
import { AlreadyReplied, CallFailed, CallTimeout, type Deferred, GenServer } from "taskward/behaviours";
import { VirtualTime, settled } from "taskward/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { Counter, quiet } from "./counter.js";

let time: VirtualTime;
beforeEach(() => {
  Counter.log.length = 0;
  time = new VirtualTime({ reporter: quiet });
});

const start = (name?: string) => time.until(GenServer.start(Counter, [40], name === undefined ? { node: time.node } : { node: time.node, name }));

/** What a call is rejected with, when there is nothing left to wait for. */
const failure = (call: Promise<unknown>) => time.until(failed(call));

const failed = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => error as CallFailed & CallTimeout & Exited,
  );

const nothingIsLeft = async (): Promise<void> => {
  await time.advance(0);
  expect({ processes: time.node.processCount, addresses: time.node.table.size, timers: time.clock.pending }).toEqual({
    processes: 0,
    addresses: 0,
    timers: 0,
  });
};

describe("a call that is not answered", () => {
  it("G2 fails with who, what and why when the handler throws, for whoever called and all who wait", async () => {
    const { call, pid } = await start();
    const error = new RangeError("kaputt");
    const [culprit, waiting] = [failed(call.fails(error)), failed(call.total())];
    expect(await time.until(culprit)).toBeInstanceOf(CallFailed);
    expect(await culprit).toMatchObject({ code: "call_failed", who: `Counter ${pid}`, method: "fails", reason: error, cause: error });
    expect((await culprit).message).toBe(`fails() of Counter ${pid} was not answered: it ended with RangeError: kaputt`);
    expect(await waiting).toMatchObject({ method: "total", reason: error });
    expect(time.node.info(pid)).toBeUndefined();
    expect(Counter.log).toEqual([["terminate", error]]);
    expect(await failure(call.total())).toMatchObject({ method: "total", reason: "noproc" });
    await nothingIsLeft();
  });

  it("G2 fails when the handler rejects after a while", async () => {
    const { call } = await start();
    const error = new Error("later");
    expect(await failure(call.failsLater(error))).toMatchObject({ method: "failsLater", reason: error });
    expect(time.now).toBe(10);
    await nothingIsLeft();
  });

  it("G2 fails at once when the server stops, exits, or is killed meanwhile", async () => {
    const one = await start();
    const leaving = one.call.leave("shutdown");
    expect(await failure(one.call.total())).toMatchObject({ method: "total", reason: "shutdown" });
    expect(await leaving).toBe("bye");
    const other = await start();
    const waiting = failed(other.call.never());
    await settled();
    await time.run((self) => self.exit(other.pid, "kill") as undefined);
    expect(await time.until(waiting)).toMatchObject({ method: "never", reason: "killed" });
    await nothingIsLeft();
  });

  it("G2 fails when nobody has the name", async () => {
    const error = await failure(GenServer.at<Counter>("nobody", { node: time.node }).call.total());
    expect(error).toMatchObject({ who: "nobody", reason: "noproc", message: "total() of nobody was not answered: it is not running (noproc)" });
    await nothingIsLeft();
  });

  it("G2 times out after 5 seconds, or when it says, and tells what the server has been doing", async () => {
    const { call, pid } = await startWithStop();
    const never = failed(call.never());
    await time.advance(1_000);
    const soon = failure(call({ timeout: 100 }).total());
    expect(await soon).toBeInstanceOf(CallTimeout);
    expect(await soon).toMatchObject({ code: "call_timeout", who: `Counter ${pid}`, method: "total", timeout: 100 });
    expect((await soon).message).toBe(
      `total() of Counter ${pid} was not answered within 100 ms: it has been in never() for 1100 ms, and 1 message waits behind it`,
    );
    expect(time.now).toBe(1_100);
    expect((await time.until(never)).message).toMatch(/never\(\) .* within 5000 ms: it has been in never\(\) for 5000 ms/);
    expect(time.now).toBe(5_000);
    await time.run((self) => self.exit(pid, "kill") as undefined);
    await nothingIsLeft();
  });

  it("G2 says that the answer has been put off where that is so", async () => {
    const { call, stop } = await startWithStop();
    expect((await failure(call({ timeout: 10 }).next())).message).toMatch(/it handles nothing: it has put its answer off$/);
    await stop();
  });

  it("K17 hears nothing of an answer that comes too late", async () => {
    const { call, stop } = await startWithStop();
    const late = failed(call({ timeout: 50 }).slowly(1, 100));
    const patient = call({ timeout: Infinity }).slowly(2, 10_000);
    expect(await time.until(late)).toBeInstanceOf(CallTimeout);
    expect(await time.until(patient)).toBe(43);
    await stop();
    await nothingIsLeft();
  });

  it("G2 fails when the method is not there, and says which are; the server lives", async () => {
    const { call, stop } = await startWithStop();
    for (const name of ["tota", "init", "constructor", "hasOwnProperty", "toString"]) {
      const unknown = (call as unknown as Record<string, (() => Promise<unknown>) | undefined>)[name];
      if (name === "constructor") expect(unknown).toBeUndefined();
      else {
        const error = await failure(unknown!.call(call));
        expect(error.reason).toBeInstanceOf(TaskwardError);
        expect(error.message).toContain(`Counter has no method "${name}" that can be called`);
        expect(error.message).toContain("it has total, add, slowly");
      }
    }
    expect(await time.until(call.total())).toBe(40);
    await stop();
  });

  it("G1 fails with what a deferred reply was refused with, and refuses a second reply", async () => {
    const { call, stop } = await startWithStop();
    const next = failed(call.next());
    const no = new Error("no");
    await time.until(call.refuse(no));
    expect(await next).toMatchObject({ method: "next", reason: no });
    class Twice extends GenServer {
      ask() {
        const answer: Deferred<number> = this.defer<number>();
        answer.reply(1);
        expect(() => {
          answer.reply(2);
        }).toThrow(new AlreadyReplied("ask"));
        return answer;
      }
    }
    const twice = await time.until(GenServer.start(Twice, [], { node: time.node }));
    expect(await time.until(twice.call.ask())).toBe(1);
    await time.until(twice.stop());
    await stop();
  });
});

describe("a server that calls itself", () => {
  class Selfish extends GenServer {
    readonly #me = GenServer.at<Selfish>(this.self.pid, { node: this.self.node });
    other() {
      return 1;
    }
    atOnce() {
      return this.#me.call.other().catch((error: unknown) => (error as CallFailed).message);
    }
    async asItself() {
      await this.self.sleep(1);
      return this.#me
        .from(this.self)
        .call.other()
        .catch((error: unknown) => (error as CallFailed).reason);
    }
    async unseen() {
      await this.self.sleep(1);
      return this.#me
        .call({ timeout: 10 })
        .other()
        .catch((error: unknown) => (error as CallTimeout).message);
    }
    stops() {
      return this.#me.stop().catch((error: unknown) => (error as CallFailed).reason);
    }
  }

  it("G2 is told so at once where that can be seen, and by the timeout where not", async () => {
    const { call, pid, stop } = await time.until(GenServer.start(Selfish, [], { node: time.node }).then(withStop));
    expect(await time.until(call.atOnce())).toMatch(/other\(\) of .* it called itself, .*: call the method as this\.method\(\), or cast/);
    expect(await time.until(call.asItself())).toBe("calling_self");
    expect(await time.until(call.unseen())).toBe(
      `other() of ${pid} was not answered within 10 ms: it has been in unseen() for 11 ms, and 1 message waits behind it`,
    );
    expect(await time.until(call.stops())).toBe("calling_self");
    await stop();
    await nothingIsLeft();
  });
});

describe("a process that calls", () => {
  it("G2 is on record as the caller, and plain code is not", async () => {
    const { call, from, stop } = await startWithStop();
    expect(await time.until(call.whoCalls())).toBeUndefined();
    await time.run(async (self) => {
      expect(await from(self).call.whoCalls()).toBe(self.pid);
    });
    await stop();
  });

  it("G2 has its calls end with it", async () => {
    const { from, stop } = await startWithStop();
    let called: Promise<unknown> | undefined;
    let again: (() => Promise<unknown>) | undefined;
    const caller = time.node.spawn(async (self) => {
      const { call } = from(self);
      again = () => call.total();
      called = call({ timeout: Infinity }).slowly(1, 1_000);
      await self.receive();
    });
    await settled();
    await time.run((self) => self.exit(caller, "kill") as undefined);
    expect(await failure(called!)).toMatchObject({ code: "exited", who: caller, reason: "killed" });
    expect(await failure(again!())).toBeInstanceOf(Exited);
    await stop();
    await nothingIsLeft();
  });
});

describe("options of calls", () => {
  it("are checked before anything is sent", async () => {
    const { call, stop } = await startWithStop();
    expect(() => call({ timeout: -1 })).toThrow(/timeout is -1/);
    expect(() => call({ timout: 1 } as never)).toThrow(/call options\.timout/);
    expect(() => GenServer.at(5 as never, { node: time.node })).toThrow(/destination is 5/);
    await stop();
  });
});

describe("two nodes in one event loop", () => {
  it("G4 each have their own names", async () => {
    const other = new Node({ name: "main", clock: time.clock, scheduler: new Scheduler(() => 0), reporter: quiet });
    const [one, two] = [await start("counter"), await time.until(GenServer.start(Counter, [7], { node: other, name: "counter" }))];
    expect(await time.until(GenServer.at<Counter>("counter", { node: other }).call.total())).toBe(7);
    expect(await time.until(GenServer.at<Counter>("counter", { node: time.node }).call.total())).toBe(40);
    const named = GenServer.at<Counter>("counter", { node: time.node });
    expect(named.pid).toBe(one.pid);
    await time.until(Promise.all([one.stop(), two.stop()]));
    expect(named.pid).toBeUndefined();
  });
});

function withStop<S extends { stop(): Promise<void>; readonly call: unknown; readonly pid: Pid; from(self: never): unknown }>(server: S) {
  return {
    call: server.call as S["call"],
    pid: server.pid,
    from: ((self: never) => server.from(self)) as S["from"],
    stop: () => time.until(server.stop()),
  };
}

const startWithStop = () => start().then(withStop);
