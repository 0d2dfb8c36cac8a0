import {
  type CrashReport,
  Down,
  type Pid,
  type PlaceFactory,
  type Self,
  Task,
  TaskSupervisor,
  defaultNode,
  formatCrash,
  run,
  tasksFrom,
} from "taskward";
import { GenServer, type Server, type Strategy, Supervisor } from "taskward/behaviours";
import { processes } from "taskward/processes";
import { serversFrom } from "taskward/servers";
import { threads } from "taskward/threads";
import { beforeEach, describe, expect, it } from "vitest";
import type * as tree from "./fixtures/tree.mjs";
import { Member } from "./fixtures/tree.mjs";

const module = new URL("./fixtures/tree.mjs", import.meta.url);
const { Member: Remote, Summer } = serversFrom<typeof tree>(module);
const { ask, endless, processId } = tasksFrom<typeof tree>(module);

const reports: CrashReport[] = [];
defaultNode().reporter = (report) => reports.push(report);
beforeEach(() => void reports.splice(0));

/** What arrived in the mailbox of a process, as far as it is text: children tell of themselves. */
class Log {
  readonly #self: Self;

  constructor(self: Self) {
    this.#self = self;
  }

  /** The next so many. */
  async next(count: number): Promise<string> {
    const told: string[] = [];
    while (told.length < count) told.push(await this.#self.receive((one): one is string => typeof one === "string"));
    return told.join(" ");
  }
}

const down = async (self: Self, pid: Pid<never>): Promise<unknown> => {
  const ref = self.monitor(pid);
  return (await self.receive((one): one is Down => one instanceof Down && one.ref === ref)).reason;
};

const pidsOf = async (app: Supervisor): Promise<Pid[]> => (await app.whichChildren()).map(({ pid }) => pid!);

const places: readonly (readonly [string, (size: number) => PlaceFactory])[] = [
  ["threads", (size) => threads({ size })],
  ["child processes", (size) => processes({ size })],
];

describe.each(places)("a tree with children on %s", (_place, on) => {
  const scene = (size: number, fn: (self: Self, cores: TaskSupervisor, log: Log) => Promise<unknown>): Promise<void> =>
    run(async (self) => {
      await using cores = TaskSupervisor.start({ on: on(size) });
      await fn(self, cores, new Log(self));
    });

  it.each<[Strategy, string, string]>([
    ["one_for_one", "!b +b", "!c +c"],
    ["rest_for_one", "!b -d -c +b +c +d", "!c -d +c +d"],
    ["one_for_all", "!b -d -c -a +a +b +c +d", "!c -d -b -a +a +b +c +d"],
  ])("V1 %s, some here and some there: starts in order, stops in reverse across nodes", (strategy, ofRemote, ofLocal) =>
    scene(2, async (self, cores, log) => {
      const local = (id: string) => ({ id, start: GenServer.child(Member, [id, self.pid]) });
      const remote = (id: string) => ({ id, start: Remote.child(cores, [id, self.pid]) });
      const app = await Supervisor.start([local("a"), remote("b"), local("c"), remote("d")], { strategy });
      expect(await log.next(4)).toBe("+a +b +c +d");
      const crash = async (index: number, expected: string): Promise<void> => {
        GenServer.at<Member>((await pidsOf(app))[index]!).cast.crash();
        expect(await log.next(expected.split(" ").length)).toBe(expected);
      };
      await crash(1, ofRemote);
      await crash(2, ofLocal);
      await app.stop();
      expect(await log.next(4)).toBe("-d -c -b -a");
      expect(cores.children()).toEqual([]);
    }),
  );

  it("K10 K4 monitors and links lead both ways", () =>
    scene(1, async (self, cores, log) => {
      const far = await Remote.start(cores, ["far", self.pid]);
      await log.next(1);
      const waits = (me: Self): Promise<unknown> => me.receive((one) => one === "end");
      // From there to here.
      const watched = self.spawn(waits);
      await far.call.watch(watched);
      self.send(watched, "end");
      expect(await log.next(1)).toBe(`far saw normal of ${watched}`);
      const tied = self.spawn(waits);
      await far.call.tie(tied);
      self.exit(tied, "tired");
      expect(await log.next(1)).toBe(`far felt tired of ${tied}`);
      // From here to there, and what it is linked to here goes along with it.
      const along = self.spawn(waits);
      await far.call.tie(along);
      const gone = down(self, along);
      const seen = self.monitor(far.pid);
      far.cast.crash();
      expect(await self.receive((one): one is Down => one instanceof Down && one.ref === seen)).toMatchObject({ reason: { message: "far crashed" } });
      expect(await gone).toMatchObject({ message: "far crashed" });
      expect(await log.next(1)).toBe("!far");
      // And what is linked here takes along what is there.
      const other = await Remote.start(cores, ["other", self.pid]);
      await log.next(1);
      await other.call.untrap();
      const culprit = self.spawn(waits);
      await other.call.tie(culprit);
      const taken = down(self, other.pid);
      self.exit(culprit, "tired");
      expect(await taken).toBe("tired");
    }));

  it("G2 a task on one node calls a server on another by its pid", () =>
    scene(2, async (self, cores, log) => {
      const servers = await Promise.all(["a", "b"].map((id) => Remote.start(cores, [id, self.pid])));
      await log.next(2);
      const place = on(1);
      await using others = TaskSupervisor.start({ on: place });
      for (const { pid, call } of servers) {
        const answers = await Promise.all([1, 2, 3].map(async (n) => Task.await(others.asyncNolink(ask(pid, n)))));
        expect(answers.map(({ doubled }) => doubled)).toEqual([2, 4, 6]);
        expect(new Set(answers.map(({ there }) => there))).toEqual(new Set([await call.where()]));
        expect(answers[0]!.here).not.toBe(answers[0]!.there);
      }
    }));

  it("R4 a server there owns a run of tasks of its own", () =>
    scene(1, async (_self, cores) => {
      const summer = await Summer.start(cores);
      expect(await summer.call.sum([1, 2, 3, -1])).toEqual({ sum: 14, failed: 1 });
      expect(await summer.call.sum([4])).toEqual({ sum: 16, failed: 0 });
    }));

  it("V1 a whole pool in a tree that is killed with tasks running: they end, it is started again, and is found by its name", () =>
    run(async (self) => {
      const log = new Log(self);
      await using app = await Supervisor.start(
        [
          { id: "pool", start: TaskSupervisor.child({ name: "pool", on: on(1) }) },
          { id: "after", start: GenServer.child(Member, ["after", self.pid]) },
        ],
        { strategy: "rest_for_one" },
      );
      const pool = TaskSupervisor.at("pool");
      expect(await log.next(1)).toBe("+after");
      const [first] = await pidsOf(app);
      expect(pool.pid).toBe(first);
      const running = pool.asyncNolink(endless(self.pid));
      const waiting = pool.asyncNolink(processId());
      const pid = (await self.receive((one): one is Pid => typeof one === "string")) as Pid;
      const gone = down(self, pid);
      self.exit(pool.pid, "kill");
      expect(await gone).toBeOneOf(["killed", "noconnection"]);
      for (const task of [running, waiting] as Task<unknown>[])
        await expect(Task.await(task)).rejects.toMatchObject({ code: "task_failed", reason: "killed" });
      expect(await log.next(2)).toBe("-after +after");
      expect(pool.pid).not.toBe(first);
      expect(await Task.await(pool.asyncNolink(processId()))).toBeGreaterThan(0);
      expect(await pidsOf(app)).toEqual([pool.pid, expect.any(String)]);
    }));

  it("T14 a crash there is one block that says who supervises it and how often it was restarted; an orderly end is none", () =>
    scene(1, async (self, cores, log) => {
      const app = await Supervisor.start([{ id: "far", start: Remote.child(cores, ["far", self.pid], { label: "far away", name: "far" }) }]);
      const far = GenServer.at<Member>("far");
      await log.next(1);
      for (let restarts = 0; restarts < 2; restarts++) {
        const { pid } = far;
        await expect(far.call.crash()).rejects.toMatchObject({ code: "call_failed" });
        expect(await log.next(2)).toBe("!far +far");
        expect(reports).toHaveLength(restarts + 1);
        expect(reports[restarts]).toMatchObject({ pid, label: "far away", supervisor: app.pid, restarts, handled: false });
      }
      const block = formatCrash(reports[1]!);
      for (const line of [/ crashed: RangeError: far crashed$/m, /^ {2}callers: /m, /^ {2}caused by: TypeError: no reason$/m, /tree\.mjs:\d+/])
        expect(block).toMatch(line);
      expect(block).toMatch(new RegExp(`^  supervisor: ${app.pid}, which had restarted it once before$`, "m"));
      await far.stop();
      await log.next(2);
      await app.stop();
      await log.next(1);
      expect(reports).toHaveLength(2);
    }));
});

it("V1 P1 SIGKILL of the child process under supervised servers: their supervisor starts them again elsewhere", () =>
  run(async (self) => {
    const log = new Log(self);
    await using cores = TaskSupervisor.start({ on: processes({ size: 1, concurrentTasksPerProcess: 2 }) });
    const app = await Supervisor.start(
      ["a", "b"].map((id) => ({ id, start: Remote.child(cores, [id, self.pid], { name: id }) })),
      { maxRestarts: 4 },
    );
    expect(await log.next(2)).toBe("+a +b");
    const [a, b] = ["a", "b"].map((name) => GenServer.at<Member>(name)) as [Server<Member>, Server<Member>];
    for (let round = 0; round < 2; round++) {
      const host = await a.call.processId();
      expect(await b.call.processId()).toBe(host);
      const gone = down(self, a.pid);
      process.kill(host, "SIGKILL");
      expect(await gone).toMatchObject({ code: "node_down", signal: "SIGKILL" });
      expect((await log.next(2)).split(" ").sort()).toEqual(["+a", "+b"]);
      // Registered again when their supervisor knows of them.
      await expect.poll(() => [self.whereis("a"), self.whereis("b")]).not.toContain(undefined);
      expect(await a.call.processId()).not.toBe(host);
    }
    expect((await app.whichChildren()).map(({ restarts }) => restarts)).toEqual([2, 2]);
    await app.stop();
    expect(await log.next(2)).toBe("-b -a");
  }));
