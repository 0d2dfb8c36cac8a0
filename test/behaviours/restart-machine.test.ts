import fc from "fast-check";
import { expect, it } from "vitest";
import type { Spec } from "../../src/behaviours/child-spec.js";
import type { Child } from "../../src/behaviours/children.js";
import type { Action, Event } from "../../src/behaviours/machine-events.js";
import { RestartMachine } from "../../src/behaviours/restart-machine.js";
import { Restarts } from "../../src/behaviours/restarts.js";
import type { Pid } from "../../src/kernel/ids.js";

const restart = fc.constantFrom("permanent", "transient", "temporary");

const spec = (id: number, kind: Spec["restart"], backoff: number): Spec => ({
  id,
  start: () => "" as Pid,
  restart: kind,
  shutdown: 10,
  type: "worker",
  significant: false,
  backoff: backoff === 0 ? undefined : { delay: backoff, factor: 2, max: 100 },
});

/** What the world does next: `at` chooses among what can happen. */
const step = fc.record({
  what: fc.constantFrom("settle", "settle", "settle", "crash", "crash", "end", "request", "late", "stop"),
  at: fc.nat(1_000),
  fails: fc.constantFrom(false, false, false, true),
});

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Plays the part of the process and of the children, and checks what always holds. */
class World {
  readonly live = new Map<Pid, Child>();
  readonly under: { readonly type: "start" | "stop" | "retry"; readonly child: Child; readonly pid?: Pid }[] = [];
  readonly order: Child[] = [];
  now = 0;
  pids = 0;
  restarts: number[] = [];
  ended = false;
  replies = 0;
  ending = false;

  constructor(readonly machine: RestartMachine<number>) {}

  do(actions: readonly Action<number>[]): void {
    for (const action of actions) {
      expect(this.ended, "nothing happens after the end").toBe(false);
      if (action.type === "start") {
        expect(this.ending, "nothing starts while all stop").toBe(false);
        expect([...this.live.values()].includes(action.child), "never two of one child").toBe(false);
        expect(this.under.some(({ type, child }) => type !== "retry" && child === action.child)).toBe(false);
        this.under.push({ type: "start", child: action.child });
      } else if (action.type === "stop") {
        // Reverse start order: what was started after it, and still lives, has been stopped.
        if (this.ending) {
          const younger = this.order.slice(this.order.indexOf(action.child) + 1);
          expect(younger.filter((child) => [...this.live.values()].includes(child)).map(({ spec: { id } }) => id)).toEqual([]);
        }
        this.under.push({ type: "stop", child: action.child, pid: action.pid });
      } else if (action.type === "retry") this.under.push({ type: "retry", child: action.child });
      else if (action.type === "reply" || action.type === "refuse") this.replies++;
      else if (action.type === "end") {
        expect(this.live.size, "nothing is left").toBe(0);
        this.ended = true;
      }
    }
  }

  handle(event: Event<number>): void {
    this.do(this.machine.handle(event, this.now));
  }

  /** Something that was begun comes to its end. */
  settle({ at, fails }: Step): void {
    const [one] = this.under.splice(at % Math.max(1, this.under.length), 1);
    if (one === undefined) return;
    const { child } = one;
    if (one.type === "retry") this.handle({ type: "retry", child });
    else if (one.type === "stop") {
      this.live.delete(one.pid!);
      this.handle({ type: "down", child });
    } else if (fails) this.handle({ type: "failed", child, reason: "x" });
    else {
      const pid = `<n.${++this.pids}>` as Pid;
      this.live.set(pid, child);
      if (this.order.includes(child)) this.restarts.push(this.now);
      else this.order.push(child);
      // Ordered as the supervisor has them, whenever they were started last.
      this.order.sort(
        (a, b) =>
          [...this.machine.children.from(this.machine.children.oldest)].indexOf(a) -
          [...this.machine.children.from(this.machine.children.oldest)].indexOf(b),
      );
      this.handle({ type: "started", child, pid });
    }
  }

  play(one: Step): void {
    if (this.ended) return;
    this.now += one.at % 7;
    if (one.what === "settle") this.settle(one);
    else if (one.what === "late") this.handle({ type: "exited", pid: "<n.0>" as Pid, reason: "late" });
    else if (one.what === "stop") {
      if (one.at % 5 === 0) {
        this.ending = true;
        this.handle({ type: "stop", reason: "shutdown" });
      }
    } else if (one.what === "request") {
      const child = one.at % 6;
      const op = (["terminateChild", "restartChild", "deleteChild"] as const)[one.at % 3]!;
      const request = one.at % 2 === 0 ? { op, child } : { op: "startChild" as const, spec: spec(child, "permanent", 0) };
      this.handle({ type: "request", request, to: one.at });
    } else {
      // Those that are being stopped tell of their end by a monitor alone.
      const stopping = new Set(this.under.map(({ pid }) => pid));
      const pids = [...this.live.keys()].filter((pid) => !stopping.has(pid));
      const pid = pids[one.at % Math.max(1, pids.length)];
      if (pid === undefined) return;
      // It may be asked to stop all the same: then the monitor answers at once.
      this.live.delete(pid);
      const reason = one.what === "crash" ? new Error("crash") : "normal";
      this.handle({ type: "exited", pid, reason });
    }
  }
}

it("V1 V2 V6 whatever happens: never two of one child, stops in reverse order, and an end that leaves nothing", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("one_for_one", "one_for_all", "rest_for_one"),
      fc.array(fc.tuple(restart, fc.constantFrom(0, 0, 5)), { maxLength: 5 }),
      fc.array(step, { maxLength: 80 }),
      fc.nat(4),
      (strategy, kinds, steps, maxRestarts) => {
        const settings = {
          name: "s",
          strategy,
          autoShutdown: "never",
          maxRestarts,
          maxSeconds: 0.02,
          dynamic: false,
          maxChildren: Infinity,
        } as const;
        const machine = new RestartMachine<number>(
          settings,
          kinds.map(([kind, backoff], id) => spec(id, kind, backoff)),
        );
        const world = new World(machine);
        world.do(machine.begin(0));
        for (const one of steps) world.play(one);
        // However it stands: it can be stopped.
        if (!world.ended) {
          world.ending = true;
          world.handle({ type: "stop", reason: "shutdown" });
        }
        for (let turn = 0; turn < 200 && !world.ended; turn++) world.settle({ what: "settle", at: 0, fails: false });
        expect(world.ended).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});

it("V1 restarts within the window are never more than there may be", () => {
  fc.assert(
    fc.property(fc.nat(6), fc.integer({ min: 1, max: 20 }), fc.array(fc.nat(8), { maxLength: 60 }), (most, window, pauses) => {
      const restarts = new Restarts(most, window / 1_000);
      const times: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        times.push(now);
        const within = times.filter((time) => now - time <= window).length;
        expect(restarts.allow(now)).toBe(within <= most);
        if (within > most) return;
      }
    }),
  );
});

it("V1 the window's edge: a restart that many seconds old still counts, one a millisecond older does not", () => {
  const after = (ms: number): boolean => {
    const restarts = new Restarts(2, 5);
    expect([restarts.allow(0), restarts.allow(1)]).toEqual([true, true]);
    return restarts.allow(ms);
  };
  expect([4_999, 5_000, 5_001].map(after)).toEqual([false, false, true]);
  expect(new Restarts(0, 5).allow(0)).toBe(false);
  const none = new Restarts(1, 0);
  expect([0, 0, 1, 2].map((now) => none.allow(now))).toEqual([true, false, true, true]);
});

it("V1 a hundred thousand restarts leave nothing behind in what decides them", () => {
  const settings = {
    name: "s",
    strategy: "one_for_one",
    autoShutdown: "never",
    maxRestarts: 3,
    maxSeconds: 1,
    dynamic: false,
    maxChildren: Infinity,
  } as const;
  const machine = new RestartMachine<number>(settings, [spec(0, "permanent", 0)]);
  let [child] = machine.begin(0).flatMap((action) => (action.type === "start" ? [action.child] : []));
  for (let round = 0; round < 100_000; round++) {
    const pid = `<n.${round}>` as Pid;
    machine.handle({ type: "started", child: child!, pid }, round * 1_000);
    [child] = machine
      .handle({ type: "exited", pid, reason: "crash" }, round * 1_000)
      .flatMap((action) => (action.type === "start" ? [action.child] : []));
    if (child === undefined || machine.children.withPid(pid) !== undefined) expect.unreachable(`round ${round}`);
  }
  expect([machine.children.size, child?.starts, machine.gaveUp]).toEqual([1, 100_000, undefined]);
});

/** A machine whose children start and stop at once, and what it did to them. */
class Played {
  readonly did: string[] = [];
  readonly #machine: RestartMachine<number>;
  readonly #pids = new Map<number, Pid>();
  #count = 0;

  constructor(strategy: "one_for_one" | "one_for_all" | "rest_for_one", specs: readonly Spec[], maxRestarts = 3) {
    const settings = { name: "s", strategy, autoShutdown: "never", maxRestarts, maxSeconds: 5, dynamic: false, maxChildren: Infinity } as const;
    this.#machine = new RestartMachine(settings, specs);
    this.#do(this.#machine.begin(0), 0);
  }

  #do(actions: readonly Action<number>[], now: number): void {
    for (const action of actions) {
      if (action.type === "start") {
        const pid = `<n.${++this.#count}>` as Pid;
        this.did.push(`+${action.child.spec.id}`);
        this.#pids.set(action.child.spec.id as number, pid);
        this.#do(this.#machine.handle({ type: "started", child: action.child, pid }, now), now);
      } else if (action.type === "stop") {
        this.did.push(`-${action.child.spec.id}`);
        this.#do(this.#machine.handle({ type: "down", child: action.child }, now), now);
      } else if (action.type === "retry") this.did.push(`${action.child.spec.id} in ${action.after}`);
      else if (action.type === "end") this.did.push("end");
    }
  }

  /** What comes of a crash. */
  crash(id: number, now: number): string {
    this.did.length = 0;
    this.#do(this.#machine.handle({ type: "exited", pid: this.#pids.get(id)!, reason: "crash" }, now), now);
    return this.did.join(" ");
  }

  retry(id: number, now: number): string {
    this.did.length = 0;
    this.#do(this.#machine.handle({ type: "retry", child: this.#machine.children.find(id)! }, now), now);
    return this.did.join(" ");
  }

  terminate(id: number, now: number): void {
    this.#do(this.#machine.handle({ type: "request", request: { op: "terminateChild", child: id }, to: 0 }, now), now);
  }
}

it("V1 a temporary sibling that was stopped is not started again, be it the first or another", () => {
  const played = new Played("one_for_all", [spec(0, "temporary", 0), spec(1, "permanent", 0), spec(2, "temporary", 0)]);
  expect(played.crash(1, 0)).toBe("-2 -0 +1");
});

it("V1 backoff: a restart counts once, though it is put off; and a child that ran for longer than maxSeconds begins anew", () => {
  const played = new Played("one_for_one", [spec(0, "permanent", 10)], 1);
  expect([played.crash(0, 0), played.retry(0, 10)]).toEqual(["0 in 10", "+0"]);
  const patient = new Played("one_for_one", [spec(0, "permanent", 10)], 3);
  expect([patient.crash(0, 0), patient.retry(0, 10), patient.crash(0, 11), patient.retry(0, 31)]).toEqual(["0 in 10", "+0", "0 in 20", "+0"]);
  expect(patient.crash(0, 5_032)).toBe("0 in 10");
});

it("V1 backoff: the siblings that the strategy stops wait with it, and what was terminated meanwhile is not started", () => {
  const played = new Played("rest_for_one", [spec(0, "permanent", 0), spec(1, "permanent", 10), spec(2, "permanent", 0)]);
  expect([played.crash(1, 0), played.retry(1, 10)]).toEqual(["-2 1 in 10", "+1 +2"]);
  played.crash(1, 20);
  played.terminate(1, 25);
  expect(played.retry(1, 40)).toBe("");
});

it("V1 backoff: a restart of all counts once, though it is put off, and one that waits on its own waits with the others", () => {
  const all = new Played("one_for_all", [spec(0, "permanent", 10), spec(1, "permanent", 0)], 1);
  expect([all.crash(0, 0), all.retry(0, 10)]).toEqual(["-1 0 in 10", "+0 +1"]);
  expect(all.crash(1, 20)).toBe("-0 end");
  const rest = new Played("rest_for_one", [spec(0, "permanent", 0), spec(1, "permanent", 10), spec(2, "permanent", 50)]);
  expect([rest.crash(2, 0), rest.crash(1, 45), rest.retry(2, 50), rest.retry(1, 55)]).toEqual(["2 in 50", "1 in 10", "", "+1 +2"]);
});

it("V1 the first reason to stop is the one that it ends with, and what was asked before is not done any more", () => {
  const settings = {
    name: "s",
    strategy: "one_for_one",
    autoShutdown: "never",
    maxRestarts: 3,
    maxSeconds: 5,
    dynamic: false,
    maxChildren: Infinity,
  } as const;
  const machine = new RestartMachine<number>(settings, [spec(0, "permanent", 0), spec(1, "permanent", 0)]);
  const pids = ["<n.0>", "<n.1>"] as Pid[];
  const [older, younger] = [0, 1].map((id) => machine.children.find(id)) as [Child, Child];
  machine.begin(0);
  machine.handle({ type: "started", child: older, pid: pids[0]! }, 0);
  machine.handle({ type: "started", child: younger, pid: pids[1]! }, 0);
  const kinds = (event: Event<number>): string[] =>
    machine.handle(event, 1).map((action) => (action.type === "end" ? `end ${String(action.reason)}` : action.type));
  expect(kinds({ type: "request", request: { op: "terminateChild", child: 1 }, to: 1 })).toEqual(["stop"]);
  expect(kinds({ type: "request", request: { op: "countChildren" }, to: 2 })).toEqual([]); // it has to wait
  expect(kinds({ type: "stop", reason: "first" })).toEqual([]);
  expect(kinds({ type: "stop", reason: "second" })).toEqual([]);
  expect(kinds({ type: "down", child: younger })).toEqual(["stop"]);
  expect(kinds({ type: "down", child: older })).toEqual(["end first"]);
});
