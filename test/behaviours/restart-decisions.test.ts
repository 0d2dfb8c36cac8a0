import { expect, it } from "vitest";
import type { Spec } from "../../src/behaviours/child-spec.js";
import type { Child } from "../../src/behaviours/children.js";
import { ChildRunning } from "../../src/behaviours/errors.js";
import type { Action, MachineSettings, Request } from "../../src/behaviours/machine-events.js";
import { RestartMachine } from "../../src/behaviours/restart-machine.js";
import type { Pid } from "../../src/kernel/ids.js";

const spec = (id: number, more: Partial<Spec> = {}): Spec => ({
  id,
  start: () => "" as Pid,
  restart: "permanent",
  shutdown: 10,
  type: "worker",
  significant: false,
  backoff: undefined,
  ...more,
});

/** A machine, the time, and the actions that came last. */
class Play {
  readonly machine: RestartMachine<number>;
  now: number;
  last: readonly Action<number>[];
  #pids = 0;

  constructor(specs: readonly Spec[], settings: Partial<MachineSettings> = {}, now = 0) {
    this.machine = new RestartMachine<number>(
      {
        name: "s",
        strategy: "one_for_one",
        autoShutdown: "never",
        maxRestarts: 3,
        maxSeconds: 5,
        dynamic: false,
        maxChildren: Infinity,
        ...settings,
      },
      specs,
    );
    this.now = now;
    this.last = this.machine.begin(now);
  }

  child(id: number): Child {
    const child = this.machine.children.find(id);
    if (child === undefined) expect.unreachable(`no child ${id}`);
    return child;
  }

  started(id: number): this {
    this.last = this.machine.handle({ type: "started", child: this.child(id), pid: `<n.${++this.#pids}>` as Pid }, this.now);
    return this;
  }

  exited(id: number, reason: "crash" | "normal" = "crash"): this {
    this.last = this.machine.handle({ type: "exited", pid: this.child(id).pid!, reason }, this.now);
    return this;
  }

  /** What happens to a child, besides its start and its end. */
  happens(type: "ignored" | "down" | "timeUp" | "retry", id: number): this {
    this.last = this.machine.handle({ type, child: this.child(id) }, this.now);
    return this;
  }

  failed(id: number): this {
    this.last = this.machine.handle({ type: "failed", child: this.child(id), reason: "will not" }, this.now);
    return this;
  }

  stop(): this {
    this.last = this.machine.handle({ type: "stop", reason: "shutdown" }, this.now);
    return this;
  }

  ask(request: Request): this {
    this.last = this.machine.handle({ type: "request", request, to: 7 }, this.now);
    return this;
  }
}

const starts = (actions: readonly Action<number>[]): unknown[] => actions.flatMap((one) => (one.type === "start" ? [one.child.spec.id] : []));
const puts = (actions: readonly Action<number>[]): number[] => actions.flatMap((one) => (one.type === "retry" ? [one.after] : []));

const backoff = { delay: 100, factor: 2, max: 10_000 };

it("V1 delays grow while restarts do not help, also long after the supervisor began, and begin anew after a run longer than the window", () => {
  const play = new Play([spec(0, { backoff })], { maxRestarts: Infinity }, 60_000).started(0);
  const crashAfter = (ran: number): number[] => {
    play.now += ran;
    const after = puts(play.exited(0).last);
    play.happens("retry", 0).started(0);
    return after;
  };
  expect([1, 1, 5_000, 5_001, 1].map(crashAfter)).toEqual([[100], [200], [400], [100], [200]]);
});

it("V1 delays grow for a child whose restarts fail", () => {
  const play = new Play([spec(0, { backoff })], { maxRestarts: Infinity }, 60_000).started(0);
  const first = puts(play.exited(0).last);
  const second = puts(play.happens("retry", 0).failed(0).last);
  expect([first, second, puts(play.happens("retry", 0).failed(0).last)]).toEqual([[100], [200], [400]]);
});

it("V1 delays grow for a child that has never run, whenever its siblings' restarts have it fail", () => {
  const play = new Play([spec(0, { backoff }), spec(1)], { strategy: "one_for_all", maxRestarts: Infinity }, 60_000).happens("ignored", 0).started(1);
  const first = puts(play.exited(1).failed(0).last);
  expect([first, puts(play.happens("retry", 0).failed(0).last)]).toEqual([[100], [200]]);
});

it("V1 one restart too many: which child it was and why, and the end is not one of a supervisor that did not start", () => {
  const play = new Play([spec(0)], { maxRestarts: 0 }).started(0).exited(0);
  expect(play.machine.gaveUp).toEqual({ id: 0, reason: "crash" });
  expect(play.last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("V1 restarts that fail too often: which child it was and why, and the end is not one of a supervisor that did not start", () => {
  const play = new Play([spec(0)], { maxRestarts: 1 }).started(0).exited(0).failed(0).happens("retry", 0);
  expect(play.machine.gaveUp).toEqual({ id: 0, reason: "will not" });
  expect(play.last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("V2 a stop before all have started is a failed start, one after that is not", () => {
  const early = new Play([spec(0)]).stop().happens("timeUp", 0);
  expect(early.last).toContainEqual({ type: "end", reason: "shutdown", failed: true });
  const late = new Play([spec(0)]).started(0).stop().happens("down", 0);
  expect(late.last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("V2 a start that comes when nobody waits for it any more changes nothing", () => {
  const play = new Play([spec(0)]).stop().happens("timeUp", 0).started(0);
  expect([play.last, play.child(0).pid, play.child(0).starts]).toEqual([[], undefined, 0]);
});

it("V3 restartChild starts that child alone, not those after it that were stopped as well", () => {
  const play = new Play([spec(0), spec(1)]).started(0).started(1);
  for (const id of [1, 0]) play.ask({ op: "terminateChild", child: id }).happens("down", id);
  expect(starts(play.ask({ op: "restartChild", child: 0 }).last)).toEqual([0]);
  expect(play.started(0).last).toEqual([{ type: "reply", to: 7, value: play.child(0).pid }]);
});

it("V3 a child that fails in restartChild stays, stopped, and can be started again", () => {
  const play = new Play([spec(0)]).started(0).ask({ op: "terminateChild", child: 0 }).happens("down", 0);
  play.ask({ op: "restartChild", child: 0 }).failed(0);
  expect(play.last).toMatchObject([{ type: "refuse", to: 7 }]);
  expect(starts(play.ask({ op: "restartChild", child: 0 }).last)).toEqual([0]);
});

it.each(["restartChild", "deleteChild"] as const)("V3 %s is refused while the child waits to be restarted", (op) => {
  const play = new Play([spec(0, { backoff })]).started(0).exited(0).ask({ op, child: 0 });
  expect(play.last).toEqual([{ type: "refuse", to: 7, error: new ChildRunning(op, 0, "restarting") }]);
});

it("V4 the last significant child's end ends the supervisor, in good order", () => {
  const own = { restart: "transient", significant: true } as const;
  const play = new Play([spec(0, own), spec(1, own)], { autoShutdown: "all_significant" }).started(0).started(1);
  expect(play.exited(0, "normal").last).toEqual([]);
  expect(play.exited(1, "normal").last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it.each([
  ["brutal_kill", 0],
  [10, 10],
  [Infinity, Infinity],
] as const)("V6 a child that is starting when all are to stop gets the time of its shutdown: %s", (shutdown, within) => {
  const play = new Play([spec(0, { shutdown: shutdown as Spec["shutdown"] })]).stop();
  expect(play.last).toMatchObject([{ type: "hurry", within }]);
});

it("V6 time that is up after a child has stopped, or while no one stops, does nothing", () => {
  const play = new Play([spec(0)]).started(0).ask({ op: "terminateChild", child: 0 }).happens("down", 0).happens("timeUp", 0);
  expect(play.last).toEqual([]);
  play.ask({ op: "restartChild", child: 0 }).happens("timeUp", 0);
  expect([play.last, play.child(0).state]).toEqual([[], "starting"]);
});

it("V5 all are to stop while one is being stopped already: the end waits for that one too", () => {
  const { machine } = new Play([], { dynamic: true });
  const pids = [1, 2].map((id) => {
    const added = machine.handle({ type: "request", request: { op: "startChild", spec: spec(id) }, to: id }, 0);
    const [child] = added.flatMap((one) => (one.type === "start" ? [one.child] : []));
    if (child === undefined) expect.unreachable("not started");
    const pid = `<n.${id}>` as Pid;
    machine.handle({ type: "started", child, pid }, 0);
    return { child, pid };
  });
  const [first, second] = pids as [{ child: Child; pid: Pid }, { child: Child; pid: Pid }];
  machine.handle({ type: "request", request: { op: "terminateChild", child: first.pid }, to: 7 }, 0);
  expect(machine.handle({ type: "stop", reason: "shutdown" }, 0)).toMatchObject([{ type: "stop", pid: second.pid }]);
  expect(machine.handle({ type: "down", child: second.child }, 0)).toEqual([]);
  expect(machine.handle({ type: "down", child: first.child }, 0)).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("V3 V4 V6 what has been stopped, has ended, does not want to start or fails to is stopped from then on", () => {
  const states = (play: Play): string[] => [...play.machine.children.from(play.machine.children.oldest)].map(({ state }) => state);
  expect(states(new Play([spec(0, { backoff })]).started(0).ask({ op: "terminateChild", child: 0 }).happens("down", 0))).toEqual(["stopped"]);
  const waits = new Play([spec(0, { backoff })]).started(0).exited(0);
  expect([...states(waits), ...states(waits.ask({ op: "terminateChild", child: 0 }))]).toEqual(["restarting", "stopped"]);
  expect(waits.last).toEqual([{ type: "reply", to: 7, value: undefined }]);
  expect(states(new Play([spec(0, { restart: "transient" })]).started(0).exited(0, "normal"))).toEqual(["stopped"]);
  expect(states(new Play([spec(0), spec(1)]).happens("ignored", 0))).toEqual(["stopped", "starting"]);
  expect(states(new Play([spec(0), spec(1)]).started(0).failed(1))).toEqual(["stopping", "stopped"]);
  expect(states(new Play([spec(0)]).stop().happens("timeUp", 0))).toEqual(["stopped"]);
  const rest = new Play([spec(0, { backoff }), spec(1, { backoff })], { strategy: "rest_for_one" }).started(0).started(1).exited(1).exited(0);
  expect(states(rest)).toEqual(["restarting", "stopped"]);
});

it("V3 V6 a temporary child is forgotten when it is terminated, and when its siblings are restarted, but not by the end of all", () => {
  const ids = (play: Play): unknown[] => play.machine.children.list().map(({ id }) => id);
  const temporary = (strategy: MachineSettings["strategy"]): Play =>
    new Play([spec(0), spec(1, { restart: "temporary" })], { strategy }).started(0).started(1);
  expect(ids(temporary("one_for_one").ask({ op: "terminateChild", child: 1 }).happens("down", 1))).toEqual([0]);
  expect(ids(temporary("one_for_all").exited(0).happens("down", 1))).toEqual([0]);
  const all = temporary("one_for_all").stop().happens("down", 1).happens("down", 0);
  expect([ids(all), all.last]).toEqual([[0, 1], [{ type: "end", reason: "shutdown", failed: false }]]);
});

it("V4 only significant children count, and only where the supervisor says so", () => {
  const own = { restart: "transient", significant: true } as const;
  const ends = (autoShutdown: MachineSettings["autoShutdown"], more: Partial<Spec>): string[] =>
    new Play([spec(0, { ...own, ...more }), spec(1)], { autoShutdown })
      .started(0)
      .started(1)
      .exited(0, "normal")
      .last.map(({ type }) => type);
  expect(ends("any_significant", {})).toEqual(["stop"]);
  expect(ends("all_significant", {})).toEqual(["stop"]);
  expect(ends("never", {})).toEqual([]);
  expect(ends("any_significant", { significant: false })).toEqual([]);
});

it("V4 a significant child that did not want to start, or was terminated, has ended", () => {
  const own = { restart: "transient", significant: true } as const;
  const end = [{ type: "end", reason: "shutdown", failed: false }];
  const two = (): Play => new Play([spec(0, own), spec(1, own)], { autoShutdown: "all_significant" });
  expect(two().happens("ignored", 0).started(1).exited(1, "normal").last).toEqual(end);
  const terminated = two().started(0).started(1).ask({ op: "terminateChild", child: 0 }).happens("down", 0);
  expect(terminated.ask({ op: "restartChild", child: 0 }).failed(0).exited(1, "normal").last).toEqual(end);
});

it.each(["rest_for_one", "one_for_all"] as const)("V4 %s: a significant child that waits for another's restart has not ended", (strategy) => {
  const own = { restart: "transient", significant: true } as const;
  const play = new Play([spec(0, own), spec(1, { backoff }), spec(2, own)], { autoShutdown: "all_significant", strategy });
  play.started(0).started(1).started(2).exited(1).happens("down", 2);
  // Of all, the first one is stopped as well; somebody starts it before its time.
  if (strategy === "one_for_all") play.happens("down", 0).ask({ op: "restartChild", child: 0 }).started(0);
  expect(play.exited(0, "normal").last).toEqual([]);
  expect(starts(play.happens("retry", 1).last)).toEqual([strategy === "one_for_all" ? 0 : 1]);
});

it("V4 one_for_all: those before the one that is to be restarted wait for it, too", () => {
  const own = { restart: "transient", significant: true } as const;
  const play = new Play([spec(0, own), spec(1, { backoff })], { autoShutdown: "all_significant", strategy: "one_for_all" });
  play.started(0).started(1).exited(1).happens("down", 0).ask({ op: "restartChild", child: 0 }).started(0);
  expect(play.exited(0, "normal").last).toEqual([]);
});

it("V4 one_for_one: none waits for another that is to be restarted", () => {
  const own = { restart: "transient", significant: true } as const;
  const play = new Play([spec(0, { backoff }), spec(1, own)], { autoShutdown: "all_significant" });
  expect(play.started(0).started(1).exited(0).exited(1, "normal").last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("V4 rest_for_one: those before the one that is to be restarted do not wait for it", () => {
  const own = { restart: "transient", significant: true } as const;
  const play = new Play([spec(0, own), spec(1, { backoff })], { autoShutdown: "all_significant", strategy: "rest_for_one" });
  expect(play.started(0).started(1).exited(1).exited(0, "normal").last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("V1 a first restart that fails is counted, also of a child that did not want to start before", () => {
  const play = new Play([spec(0), spec(1)], { strategy: "one_for_all", maxRestarts: 1 }).happens("ignored", 0).started(1);
  expect(starts(play.exited(1).last)).toEqual([0]);
  expect(play.failed(0).happens("retry", 0).last).toEqual([{ type: "end", reason: "shutdown", failed: false }]);
});

it("a supervisor of whose children nothing is said has none", () => {
  const machine = new RestartMachine<number>({
    name: "s",
    strategy: "one_for_one",
    autoShutdown: "never",
    maxRestarts: 3,
    maxSeconds: 5,
    dynamic: true,
    maxChildren: Infinity,
  });
  expect([machine.begin(0), machine.children.list()]).toEqual([[{ type: "ready" }], []]);
});
