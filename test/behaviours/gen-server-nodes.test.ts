import { Node, type Pid, Scheduler, type Self, TaskSupervisor, tasksFrom, transfer } from "taskward";
import { CallFailed, CallTimeout, GenServer } from "taskward/behaviours";
import { VirtualTime, connect, memoryWire } from "taskward/testing";
import { threads } from "taskward/threads";
import { beforeEach, describe, expect, it } from "vitest";
import { Counter, quiet } from "./counter.js";
import type * as Remote from "./fixtures/remote.js";

beforeEach(() => {
  Counter.log.length = 0;
});

/** Two nodes with a wire between them, and a counter on the far one. Nothing is left on either. */
async function apart(use: (far: { readonly node: Node; readonly pid: Pid; part(): void }, self: Self, time: VirtualTime) => Promise<void>) {
  const time = new VirtualTime({ name: "near", reporter: quiet });
  const node = new Node({ name: "far", clock: time.clock, scheduler: new Scheduler(() => 0), reporter: quiet });
  const [here, there] = memoryWire();
  const connection = connect(time.node, "far", here);
  connect(node, "near", there);
  await time.run(async (self) => {
    const counter = await GenServer.start(Counter, [40], { node, name: "counter" });
    const part = (): void => {
      connection.close();
    };
    await use({ node, pid: counter.pid, part }, self, time);
    await counter.stop();
  });
  await time.advance(0);
  expect({
    processes: time.node.processCount + node.processCount,
    addresses: [...time.node.table.keys(), ...node.table.keys()],
    timers: time.clock.pending,
  }).toEqual({ processes: 0, addresses: [], timers: 0 });
}

const failed = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable(),
    (error: unknown) => error as CallFailed,
  );

describe("a server on another node", () => {
  it("G1 G4 is called and cast by its pid, and by { name, node }", () =>
    apart(async ({ pid }, { node }) => {
      for (const to of [pid, { name: "counter", node: "far" }]) {
        const { call, cast } = GenServer.at<Counter>(to, { node });
        cast.add(1);
        const [before, during] = [call.add(1), call.slowly(1, 100)];
        expect((await before) - (await during)).toBe(-1);
        expect(await call.echo({ a: [1, undefined] })).toEqual({ a: [1, undefined] });
      }
      expect(await GenServer.at<Counter>(pid, { node }).call.total()).toBe(46);
      expect(GenServer.at<Counter>({ name: "counter", node: "far" }, { node }).pid).toBeUndefined();
    }));

  it("G2 knows who called", () =>
    apart(async ({ pid }, self) => {
      expect(await GenServer.at<Counter>(pid, { self }).call.whoCalls()).toBe(self.pid);
    }));

  it("G2 has the call rejected when it fails: with who, what, and the error as it was", () =>
    apart(async ({ pid }, { node }) => {
      const { call } = GenServer.at<Counter>(pid, { node });
      const waiting = [failed(call.fails(new RangeError("kaputt"))), failed(call.total())];
      expect(await waiting[0]).toBeInstanceOf(CallFailed);
      const { who, method, reason, message } = await waiting[0]!;
      expect({ who, method, message }).toEqual({
        who: pid,
        method: "fails",
        message: `fails() of ${pid} was not answered: it ended with RangeError: kaputt`,
      });
      expect(reason).toBeInstanceOf(RangeError);
      expect((await waiting[1]!).method).toBe("total");
      expect((await failed(call.total())).reason).toBe("noproc");
    }));

  it("G2 has the call rejected when its node is lost, or cannot be reached", () =>
    apart(async ({ pid, node: far, part }, self) => {
      const { node } = self;
      const server = GenServer.at<Counter>(pid, { node });
      const waiting = failed(server.call.never());
      await self.sleep(1);
      part();
      expect((await waiting).reason).toBe("noconnection");
      expect((await failed(server.call.total())).message).toBe(`total() of ${pid} was not answered: there is no way to its node (noconnection)`);
      const nowhere = GenServer.at<Counter>({ name: "x", node: "nowhere" }, { node });
      expect((await failed(nowhere.call.total())).message).toMatch(/^total\(\) of x on nowhere was not answered: there is no way/);
      expect((await failed(server.stop())).reason).toBe("noconnection");
      await far.run((other) => other.exit(pid, "kill") as undefined);
    }));

  it("G2 times out, and what comes later comes nowhere", () =>
    apart(async ({ pid }, self) => {
      const { call } = GenServer.at<Counter>(pid, { self });
      const late = failed(call({ timeout: 50 }).slowly(1, 100));
      expect(await late).toBeInstanceOf(CallTimeout);
      expect((await late).message).toBe(`slowly() of ${pid} was not answered within 50 ms`);
      expect(await call.total()).toBe(41);
      expect(await self.receive(undefined, { after: 10 })).toBeUndefined();
    }));

  it("G2 gets nothing that cannot be cloned: the call is rejected, and so is a cast", () =>
    apart(async ({ pid }, { node }) => {
      const { call, cast } = GenServer.at<Counter>(pid, { node });
      const error = await failed(call.echo({ one: [() => 1] }));
      expect(error).toBeInstanceOf(CallFailed);
      expect(error.reason).toMatchObject({ code: "not_cloneable", path: "message.args[0].one[0]" });
      expect(() => {
        cast.echo(() => 1);
      }).toThrow(expect.objectContaining({ code: "not_cloneable" }));
      expect(await call.total()).toBe(40);
    }));

  it("G2 answers nothing that cannot be cloned: the call is rejected, and the server lives", () =>
    apart(async ({ pid, node: far }, { node }) => {
      class Odd extends GenServer {
        method() {
          return { method: () => 1 };
        }
        later() {
          const later = this.defer<unknown>();
          later.reply(Symbol("later"));
          return later;
        }
      }
      const odd = await GenServer.start(Odd, [], { node: far });
      const { call } = GenServer.at<Odd>(odd.pid, { node });
      expect((await failed(call.method())).reason).toMatchObject({ code: "not_cloneable", path: "message.reply.method" });
      expect((await failed(call.later())).reason).toMatchObject({ code: "not_cloneable" });
      expect(typeof (await odd.call.method()).method).toBe("function");
      await odd.stop();
      expect(pid).toBeDefined();
    }));

  it("G2 fails the calls whose watcher somebody kills, and watches anew for the next ones", () =>
    apart(async ({ pid }, self) => {
      const { call } = GenServer.at<Counter>(pid, { node: self.node });
      const waiting = failed(call({ timeout: 60_000 }).next());
      await self.sleep(1);
      const watcher = [...self.node.processes()].find(({ runs }) => runs === "calls to other nodes");
      self.exit(watcher!.pid, "kill");
      expect((await waiting).reason).toBe("killed");
      expect(await call.total()).toBe(40);
    }));

  it("P4 gets and answers what is marked for transfer without a copy", () =>
    apart(async ({ pid }, { node }) => {
      const bytes = new Uint8Array([1, 2, 3]);
      expect(await GenServer.at<Counter>(pid, { node }).call.echo(transfer(bytes))).toEqual(new Uint8Array([1, 2, 3]));
      expect(bytes.byteLength).toBe(0);
    }));

  it("G1 is stopped from afar", () =>
    apart(async ({ pid, node: far }, { node }) => {
      await GenServer.at<Counter>(pid, { node }).stop({ shutdown: "moving" });
      expect(far.info(pid)).toBeUndefined();
      expect(Counter.log).toEqual([["terminate", { shutdown: "moving" }]]);
    }));

  it("G4 is found by its name again when another has taken its place", () =>
    apart(async ({ pid, node: far }, { node }) => {
      const { call } = GenServer.at<Counter>({ name: "counter", node: "far" }, { node });
      expect(await call.total()).toBe(40);
      await GenServer.at<Counter>(pid, { node }).stop();
      expect((await failed(call.total())).reason).toBe("noproc");
      const next = await GenServer.start(Counter, [7], { node: far, name: "counter" });
      expect(await call.total()).toBe(7);
      await next.stop();
    }));
});

describe("a server in a worker thread", () => {
  const { counter } = tasksFrom<typeof Remote>(new URL("./fixtures/remote.ts", import.meta.url));
  const node = new Node({ name: "main", reporter: quiet });

  it("G1 G2 is a task that enters the loop", async () => {
    await using pool = TaskSupervisor.start({ node, on: threads({ size: 1, concurrentTasksPerThread: 8 }) });
    await node.run(async (self) => {
      pool.startChild(counter(40, self.alias({ once: true })));
      const { $started } = (await self.receive()) as { $started: Pid };
      const { call, cast } = GenServer.at<Counter>($started, { node });
      cast.add(1);
      expect(await call.add(1)).toBe(42);
      expect((await failed(call({ timeout: 20 }).never())).message).toMatch(/was not answered within 20 ms/);
      // The name is taken in that thread.
      pool.startChild(counter(1, self.alias({ once: true })));
      expect(await self.receive()).toMatchObject({ $notStarted: { message: expect.stringContaining('"counter" is taken') as string } });
    });
  });

  it("G2 ends its calls when the thread ends", async () => {
    const pool = TaskSupervisor.start({ node, on: threads({ size: 1 }), shutdown: "brutal_kill" });
    await node.run(async (self) => {
      pool.startChild(counter(40, self.alias({ once: true })));
      const { $started } = (await self.receive()) as { $started: Pid };
      const { call } = GenServer.at<Counter>($started, { node });
      expect(await call.total()).toBe(40);
      const waiting = failed(call({ timeout: Infinity }).never());
      await pool.stop();
      expect(["killed", "noconnection"]).toContain((await waiting).reason);
    });
  });
});
