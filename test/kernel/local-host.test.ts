import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ambience } from "../../src/kernel/ambience.js";
import type { Connection } from "../../src/kernel/connection.js";
import type { Pid, Ref } from "../../src/kernel/ids.js";
import { type Ledger, LocalHost } from "../../src/kernel/local-host.js";
import type { Self } from "../../src/kernel/self.js";
import { ExitKind, type FunctionRef, type SpawnOptions } from "../../src/kernel/wire.js";
import type { Resolved } from "../../src/kernel/work.js";
import { VirtualTime } from "../../src/testing/virtual-time.js";

/** What a host says to the node that asked, in order. */
class Told {
  readonly log: unknown[][] = [];
  readonly connection = {
    announce: (id: number, pid: Pid) => this.log.push(["announce", id, pid]),
    tell: (id: number, what: string, value: unknown) => this.log.push([what, id, value]),
    spawnDown: (id: number, reason: unknown, value: unknown, duration: number, straggles: boolean) =>
      this.log.push(["down", id, reason, value, ...(straggles ? ["straggles"] : [])]),
    flush: () => this.log.push(["flush"]),
  } as unknown as Connection;
}

const ref: FunctionRef = { module: "test:", name: "fn" };

/** The time that passes for the host, in milliseconds; it passes when a test says so. */
let now = 1_000;
/** Contexts that other tests of the same program may have brought. */
let others: typeof ambience;
beforeEach(() => {
  others = { ...ambience };
  delete ambience.active;
  delete ambience.enter;
  now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  delete ambience.enter;
  Object.assign(ambience, others);
  vi.restoreAllMocks();
});

interface Scene {
  readonly time: VirtualTime;
  readonly told: Told;
  readonly host: LocalHost;
  spawn(id: number, fn: (...args: never[]) => unknown, options?: SpawnOptions, args?: readonly unknown[]): void;
  /** All that can happen happens. */
  settle(): Promise<void>;
}

/** A host whose functions are given with each spawn; those that are marked want their `self`. */
function scene(options: ConstructorParameters<typeof LocalHost>[2] = {}): Scene {
  const time = new VirtualTime({ reporter: () => undefined });
  const told = new Told();
  const fns = new Map<FunctionRef, Resolved | Promise<Resolved>>();
  const host = new LocalHost(time.node, (one) => fns.get(one) as Resolved, options);
  return {
    time,
    told,
    host,
    spawn(id, fn, given, args = []) {
      const own = { ...ref };
      fns.set(own, { fn, takesSelf: given !== undefined && "wantsSelf" in given });
      host.spawn(told.connection, id, own, args, given);
    },
    settle: () => time.advance(0),
  };
}

const withSelf = (options: SpawnOptions = {}): SpawnOptions => ({ ...options, wantsSelf: true }) as SpawnOptions;
const never = (): Promise<never> => new Promise(() => undefined);
const add = (a: number, b: number): number => a + b;

describe("what another node has run here", () => {
  it("ends with its value, without a process that anybody knows", async () => {
    const { told, spawn, settle, host } = scene();
    spawn(1, add, undefined, [40, 2]);
    expect(host.load).toBe(1);
    await settle();
    expect(told.log).toEqual([["down", 1, "normal", 42]]);
    expect(host.load).toBe(0);
  });

  it("tells its pid before it runs where that is asked for, and else when it fails", async () => {
    const { told, spawn, settle } = scene();
    spawn(1, () => told.log.push(["runs"]), { announce: true });
    spawn(2, () => {
      throw new RangeError("boom");
    });
    spawn(3, () => Promise.reject(new RangeError("later")), { announce: true });
    await settle();
    const pid = expect.stringMatching(/^<main\.\d+>$/) as unknown;
    expect(told.log).toEqual([
      ["announce", 1, pid],
      ["announce", 3, pid],
      ["runs"],
      ["down", 1, "normal", 2 + 1],
      ["announce", 2, pid],
      ["down", 2, new RangeError("boom"), undefined],
      ["down", 3, new RangeError("later"), undefined],
    ]);
  });

  it("is refused when it gives a generator that nobody reads", async () => {
    const { told, spawn, settle } = scene();
    spawn(1, function* () {
      yield 1;
    });
    await settle();
    expect(told.log.at(-1)).toMatchObject(["down", 1, { message: expect.stringContaining("fn") as string }, undefined]);
  });

  it("runs so many at once, in the order in which it was asked for, thousands of them", async () => {
    const { told, spawn, settle, host } = scene({ concurrency: 2 });
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const count = 3_000;
    for (let id = 0; id < count; id++)
      spawn(id, async () => {
        order.push(id);
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
      });
    expect(host.load).toBe(count);
    await settle();
    expect(most).toBe(2);
    expect(order).toEqual(Array.from({ length: count }, (_, id) => id));
    expect(told.log.filter(([what]) => what === "down")).toHaveLength(count);
    expect(host.load).toBe(0);
  });

  describe("where it has to wait and asks", () => {
    /** One that runs until it is told, and another one behind it. */
    const waiting = async () => {
      const one = scene({ concurrency: 1, asks: true });
      const ran: number[] = [];
      let end: () => void = () => undefined;
      one.spawn(1, () => new Promise<void>((resolve) => (end = resolve)));
      one.spawn(2, () => ran.push(2));
      one.spawn(3, () => ran.push(3), { announce: true });
      await one.settle();
      expect(one.told.log).toEqual([
        ["waits", 2, undefined],
        ["waits", 3, undefined],
      ]);
      one.told.log.length = 0;
      const asked = (id: number): Ref => one.told.log.find(([what, whose]) => what === "waits" && whose === id)?.[2] as Ref;
      return { ...one, ran, asked, end: () => (end(), one.settle()) };
    };

    it("begins when its spawner agrees, once, and is counted until then", async () => {
      const { told, ran, asked, end, time, host, settle } = await waiting();
      await end();
      expect([told.log.map(([what, id]) => [what, id]), host.load, ran]).toEqual([
        [
          ["down", 1],
          ["waits", 2],
        ],
        2,
        [],
      ]);
      now += 50;
      const begin = asked(2);
      time.node.send(begin, "begin");
      time.node.send(begin, "begin");
      await settle();
      expect([ran, host.load]).toEqual([[2], 1]);
      expect(told.log.find(([what, id]) => what === "down" && id === 2)).toEqual(["down", 2, "normal", 1]);
      time.node.send(asked(3), "begin");
      await settle();
      expect(told.log.slice(-2).map(([what, id]) => [what, id])).toEqual([
        ["announce", 3],
        ["down", 3],
      ]);
      expect([ran, host.load, time.node.table.size]).toEqual([[2, 3], 0, 0]);
    });

    it("has run for as long as it did since then", async () => {
      const durations: number[] = [];
      const { told, asked, end, time, settle } = await waiting();
      vi.spyOn(told.connection, "spawnDown").mockImplementation((_id, _reason, _value, duration) => void durations.push(duration));
      await end();
      now += 50;
      time.node.send(asked(2), "begin");
      await settle();
      expect(durations).toEqual([0, 0]);
    });

    it("can be ended before that, and the next one is asked for", async () => {
      const { told, ran, asked, end, host, time, settle } = await waiting();
      await end();
      const begin = asked(2);
      host.exit(told.connection, 2, "<b.1>" as Pid, "shutdown", ExitKind.ask);
      time.node.send(begin, "begin");
      await settle();
      expect(told.log.slice(2).map(([what, id, reason]) => [what, id, reason])).toEqual([
        ["down", 2, "shutdown"],
        ["waits", 3, asked(3)],
      ]);
      expect(ran).toEqual([]);
    });

    it("does not begin when its spawner is lost", async () => {
      const { told, ran, asked, end, host, time, settle } = await waiting();
      await end();
      const begin = asked(2);
      host.lost(told.connection);
      time.node.send(begin, "begin");
      await settle();
      expect([ran, host.load, time.node.table.size]).toEqual([[], 0, 0]);
    });
  });

  it("is counted while it runs and while it waits, and no longer", async () => {
    const { spawn, settle, host } = scene({ concurrency: 1 });
    const ends: (() => void)[] = [];
    for (const id of [1, 2, 3, 4]) spawn(id, () => new Promise<void>((resolve) => ends.push(resolve)));
    const loads = [host.load];
    for (let n = 0; n < 4; n++) {
      await settle();
      ends.shift()?.();
      await settle();
      loads.push(host.load);
    }
    expect(loads).toEqual([4, 3, 2, 1, 0]);
  });

  it("knows its parent and its callers: the host's, its own, or the first who asked", async () => {
    const parents: unknown[] = [];
    const look = (self: Self): void => void parents.push(self.parent);
    const plain = scene();
    plain.spawn(1, look, withSelf({ callers: ["<a.1>" as Pid], parent: "<a.2>" as Pid }));
    plain.spawn(2, look, withSelf({ callers: ["<a.1>" as Pid] }));
    plain.spawn(3, look, withSelf());
    await plain.settle();
    const owned = scene({ parent: "<a.9>" as Pid });
    owned.spawn(1, look, withSelf({ callers: ["<a.1>" as Pid], parent: "<a.2>" as Pid }));
    await owned.settle();
    expect(parents).toEqual(["<a.2>", "<a.1>", undefined, "<a.9>"]);
  });
});

describe("the function that it is to run", () => {
  /** A host whose functions are found by hand. */
  function finding(resolve: () => Resolved | Promise<Resolved>) {
    const time = new VirtualTime({ reporter: () => undefined });
    const told = new Told();
    const host = new LocalHost(time.node, resolve);
    host.spawn(told.connection, 1, ref, [], undefined);
    return { time, told, host };
  }

  it("that is not there ends it, as nothing that runs: at once, or when that has turned out", async () => {
    const error = new Error("no such module");
    const atOnce = finding(() => {
      throw error;
    });
    const later = finding(() => Promise.reject(error));
    await later.time.advance(0);
    for (const { told, host } of [atOnce, later]) expect([told.log, host.load]).toEqual([[["down", 1, error, undefined]], 0]);
  });

  it("that comes, or does not, when it has been given up is nobody's business", async () => {
    let ran = false;
    const comes = (): Promise<Resolved> => Promise.resolve({ fn: () => (ran = true), takesSelf: false });
    const fails = (): Promise<Resolved> => Promise.reject(new Error("gone"));
    for (const settles of [comes, fails]) {
      const { told, host, time } = finding(settles);
      host.exit(told.connection, 1, "<a.1>" as Pid, "enough", ExitKind.signal);
      await time.advance(0);
      expect(told.log).toEqual([["down", 1, "enough", undefined]]);
    }
    expect(ran).toBe(false);
  });

  it("T14 is named with its arguments in the report of its crash", async () => {
    const { spawn, settle, time } = scene();
    const reports: unknown[] = [];
    time.node.reporter = ({ runs, args, label }) => reports.push([runs, args, label]);
    const crashes = (): never => {
      throw new Error("boom");
    };
    spawn(1, crashes, { label: "quote" }, ["a", 2]);
    spawn(2, async () => crashes(), undefined, []);
    spawn(3, crashes, { announce: true }, ["c"]);
    await settle();
    expect(reports).toEqual([
      ["fn", ["a", 2], "quote"],
      ["fn", ["c"], undefined],
      ["fn", [], undefined],
    ]);
  });
});

describe("an exit signal for it", () => {
  const from = "<a.1>" as Pid;

  it("ends what waits, and it never starts", async () => {
    const { told, spawn, settle, host } = scene({ concurrency: 1 });
    const started: number[] = [];
    spawn(1, never);
    for (const id of [2, 3]) spawn(id, () => started.push(id));
    host.exit(told.connection, 2, from, "kill", ExitKind.signal);
    host.exit(told.connection, 3, from, "shutdown", ExitKind.ask);
    expect(told.log).toEqual([
      ["down", 2, "killed", undefined],
      ["down", 3, "shutdown", undefined],
    ]);
    await settle();
    host.exit(told.connection, 1, from, "kill", ExitKind.signal);
    await settle();
    expect(told.log.slice(2)).toEqual([
      ["announce", 1, expect.any(String)],
      ["down", 1, "killed", undefined, "straggles"],
    ]);
    expect(started).toEqual([]);
    expect(host.load).toBe(0);
  });

  it("ends what has its turn and has not begun", async () => {
    const { told, spawn, settle, host } = scene();
    let began = false;
    spawn(1, () => (began = true));
    host.exit(told.connection, 1, from, "kill", ExitKind.signal);
    await settle();
    expect([told.log, began]).toEqual([[["down", 1, "killed", undefined]], false]);
  });

  it("is for nobody where there is none of that number, or nobody has asked for anything", () => {
    const { told, host } = scene();
    host.exit(told.connection, 1, from, "kill", ExitKind.signal);
    expect(told.log).toEqual([]);
  });
});

describe("when the node that asked is lost", () => {
  it("what runs is ended with noconnection, what waits never starts", async () => {
    const { told, spawn, settle, host } = scene({ concurrency: 1 });
    const started: number[] = [];
    let reason: unknown;
    spawn(
      1,
      async (self: Self) => {
        self.signal.addEventListener("abort", () => (reason = (self.signal.reason as { reason: unknown }).reason));
        await self.receive();
      },
      withSelf(),
    );
    for (const id of [2, 3]) spawn(id, () => started.push(id));
    await settle();
    host.lost(told.connection);
    await settle();
    expect(reason).toBe("noconnection");
    expect(started).toEqual([]);
    expect(host.load).toBe(0);
    // One that never asked for anything has nothing to lose.
    host.lost(new Told().connection);
  });

  it("what still loads ends with noconnection", async () => {
    const time = new VirtualTime({ reporter: () => undefined });
    const told = new Told();
    const host = new LocalHost(time.node, () => new Promise<Resolved>(() => undefined));
    host.spawn(told.connection, 1, ref, [], undefined);
    host.lost(told.connection);
    await time.advance(0);
    expect(told.log).toEqual([["down", 1, "noconnection", undefined]]);
  });
});

describe("what it tells while it runs", () => {
  it("is progress only where that is asked for", async () => {
    const { told, spawn, settle } = scene();
    spawn(1, (self: Self) => self.progress("half"), withSelf());
    await settle();
    expect(told.log.filter(([what]) => what === "progress")).toEqual([]);
    spawn(2, (self: Self) => self.progress("half"), withSelf({ progress: true }));
    await settle();
    expect(told.log.slice(1, 3)).toEqual([["progress", 2, "half"], ["flush"]]);
  });

  it("is progress that leaves at once, each time, however often it is told", async () => {
    const { told, spawn, settle } = scene();
    const progresses = (self: Self): void => {
      for (let n = 0; n < 12; n++) self.progress(n);
    };
    spawn(1, progresses, withSelf({ progress: true }));
    await settle();
    expect(told.log.filter(([what]) => what !== "down")).toEqual(Array.from({ length: 12 }, (_, n) => [["progress", 1, n], ["flush"]]).flat());
  });

  it("leaves at once, but values in quick succession travel together after the eighth", async () => {
    const { told, spawn, settle } = scene();
    const values = async function* (): AsyncGenerator<number> {
      for (let n = 1; n <= 12; n++) yield await Promise.resolve(n);
      now += 5;
      yield 13;
    };
    spawn(1, values, { stream: 100 });
    await settle();
    expect(told.log[0]).toEqual(["more", 1, expect.any(String)]);
    expect(told.log[1]).toEqual(["yielded", 1, 1]); // the address that takes more has not been flushed
    const flushed = told.log.flatMap((one, at) => (one[0] === "yielded" && told.log[at + 1]?.[0] === "flush" ? [one[2]] : []));
    expect(flushed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 13]);
  });
});

describe("the end of it", () => {
  const ledger = (records: boolean): { readonly ledger: Ledger; readonly calls: unknown[][] } => {
    const calls: unknown[][] = [];
    return {
      calls,
      ledger: {
        claim: (id, at) => calls.push(["claim", id, at - performance.timeOrigin]) > 0 && id !== 99,
        record: (id, value) => calls.push(["record", id, value]) > 0 && records,
        known: (id, process) => void calls.push(["known", id, process]),
      },
    };
  };

  it("travels with others when it was quick, and at once when it was not", async () => {
    const { told, spawn, settle } = scene();
    spawn(1, () => "quick");
    spawn(2, () => {
      now += 0.1;
      return "just so";
    });
    spawn(3, () => {
      now += 0.2;
      return "slow";
    });
    await settle();
    // They all began at the same time, one after the other.
    expect(told.log).toEqual([["down", 1, "normal", "quick"], ["down", 2, "normal", "just so"], ["flush"], ["down", 3, "normal", "slow"], ["flush"]]);
  });

  it("goes at once where the ledger cannot keep it, and when it is a failure", async () => {
    for (const records of [true, false]) {
      const { ledger: own, calls } = ledger(records);
      const { told, spawn, settle } = scene({ ledger: own });
      spawn(1, () => "value");
      spawn(2, () => {
        throw new Error("boom");
      });
      await settle();
      const flush = [["flush"]];
      expect(told.log).toEqual([
        ["down", 1, "normal", "value"],
        ...(records ? [] : flush),
        ["announce", 2, expect.any(String)],
        ["down", 2, new Error("boom"), undefined],
        ...flush,
      ]);
      expect(calls.filter(([what]) => what !== "known")).toEqual([
        ["claim", 1, 1_000],
        ["claim", 2, 1_000],
        ["record", 1, "value"],
      ]);
    }
  });

  it("is that of whoever was not taken back: what is not claimed does not run", async () => {
    const { ledger: own } = ledger(true);
    const { told, spawn, settle, host } = scene({ ledger: own });
    let ran = false;
    spawn(99, () => (ran = true));
    await settle();
    expect([ran, told.log, host.load]).toEqual([false, [], 0]);
  });

  it("is not claimed any more when the node that asked is lost", async () => {
    const { ledger: own, calls } = ledger(true);
    const { told, spawn, settle, host } = scene({ ledger: own, concurrency: 1 });
    spawn(1, never);
    for (const id of [2, 3]) spawn(id, () => "waits");
    await settle();
    host.lost(told.connection);
    await settle();
    expect([calls.filter(([what]) => what === "claim"), host.load]).toEqual([[["claim", 1, 1_000]], 0]);
  });

  it("has the ledger know which process it is, as soon as somebody may know it", async () => {
    const { ledger: own, calls } = ledger(true);
    const { spawn, settle } = scene({ ledger: own });
    spawn(1, (self: Self) => self.pid, withSelf());
    await settle();
    expect(calls).toContainEqual(["known", 1, expect.any(Number)]);
  });
});

describe("the contexts that it runs in", () => {
  it("are those that came with it, and none where none came", async () => {
    const entered: unknown[] = [];
    ambience.enter = (values, run) => {
      entered.push(values);
      return run();
    };
    const { told, spawn, settle } = scene();
    spawn(1, add, { context: { user: "kim" } }, [1, 2]);
    spawn(2, add, {}, [3, 4]);
    await settle();
    expect(entered).toEqual([{ user: "kim" }]);
    expect(told.log.filter(([what]) => what === "down").map(([, id, , value]) => [id, value])).toEqual([
      [1, 3],
      [2, 7],
    ]);
  });

  it("are none for a stream that came without, nor where nothing knows of contexts", async () => {
    const entered: unknown[] = [];
    ambience.enter = (values, run) => {
      entered.push(values);
      return run();
    };
    const ends = ({ told }: Scene): unknown[] => told.log.filter(([what]) => what === "down").map(([, id, , value]) => [id, value]);
    const streams = scene();
    // eslint-disable-next-line require-yield -- a stream of nothing
    const nothing = function* (): Generator<number> {
      return 0;
    };
    streams.spawn(1, nothing, { stream: 1 });
    await streams.settle();
    expect([entered, ends(streams)]).toEqual([[], [[1, [0]]]]);
    delete ambience.enter;
    const without = scene();
    without.spawn(1, add, { context: { user: "kim" } }, [1, 2]);
    await without.settle();
    expect(ends(without)).toEqual([[1, 3]]);
  });
});
