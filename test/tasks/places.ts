import {
  type CrashReport,
  type Node,
  type Pid,
  type PlaceFactory,
  type Self,
  Task,
  TaskSupervisor,
  type TaskSupervisorOptions,
  callOf,
  defaultNode,
  run,
  tasksFrom,
} from "taskward";
import { VirtualTime } from "taskward/testing";
import { processes } from "taskward/processes";
import { threads } from "taskward/threads";
import { afterAll, expect } from "vitest";
import { Fleet } from "../places/cluster/cluster.js";
import { hasNats } from "../places/cluster/nats.js";
import type * as workModule from "./fixtures/work.mjs";

const module = new URL("./fixtures/work.mjs", import.meta.url);

/** What tasks do, at every place. */
export const work = tasksFrom<typeof workModule>(module);

/** A scene at one place: processes that own tasks, and a supervisor whose tasks run there. */
export interface Stage {
  readonly node: Node;
  /** The supervisor under test; it is stopped when the scene is over. */
  readonly pool: TaskSupervisor;
  /** More supervisors at the same place. */
  supervisor(options?: Omit<TaskSupervisorOptions, "on" | "node">): TaskSupervisor;
  /** Every crash that was reported. */
  readonly reports: CrashReport[];
  /** How many timers are set; 0 where nobody knows. */
  timers(): number;
}

export interface Place {
  readonly name: string;
  /** What names of nodes there look like. */
  readonly nodes: RegExp;
  readonly kind: "event loop" | "other nodes" | "network";
  /** Plays a scene in a process of its own, and lets time pass until it is over. `also` is another module whose functions it runs. */
  play(scene: (self: Self, stage: Stage) => void | Promise<void>, options?: Omit<TaskSupervisorOptions, "on" | "node">, also?: URL): Promise<void>;
}

/** Makes a place of nodes that are inside this event loop, on its virtual time. They find these modules loaded. */
export type Inside = (time: VirtualTime, modules: ReadonlyMap<string, unknown>) => PlaceFactory;

/** A place in virtual time: this event loop, or nodes inside it. */
const inVirtualTime = (names: Pick<Place, "name" | "kind" | "nodes">, inside?: Inside): Place => ({
  ...names,
  async play(scene, options = {}, also) {
    const reports: CrashReport[] = [];
    const time = new VirtualTime({ reporter: () => undefined });
    const modules = new Map<string, unknown>();
    for (const url of also === undefined ? [module] : [module, also]) modules.set(url.href, await load(time.node, url));
    time.node.reporter = (report) => reports.push(report);
    const on = inside && { on: inside(time, modules) };
    const supervisors: TaskSupervisor[] = [];
    const supervisor: Stage["supervisor"] = (more = {}) => {
      const one = TaskSupervisor.start({ node: time.node, ...on, ...more });
      supervisors.push(one);
      return one;
    };
    const pool = supervisor(options);
    try {
      await time.run((self) =>
        scene(self, { node: time.node, pool, supervisor, reports, timers: () => (on === undefined ? time.clock.pending : 0) }),
      );
    } finally {
      await time.until(Promise.all(supervisors.map((one) => one.stop())));
    }
  },
});

/** Loads a module's functions on a node before time is virtual: loading takes real time, and virtual time would not wait for it. Answers its exports. */
async function load(node: Node, module: URL): Promise<object> {
  const loader = TaskSupervisor.start({ node });
  const exports = (await import(module.href)) as object;
  const loads = Object.keys(exports).map((name) => loader.asyncNolink(callOf(module, name, [])));
  // A task has begun or failed when its module is there; what it does without arguments does not matter.
  await Task.yieldMany(loads, { timeout: Number.POSITIVE_INFINITY, limit: 1 });
  await new Promise(setImmediate);
  await loader.stop("killed");
  return exports;
}

/** Nodes take their time to start, and scenes have deadlines: they begin when so many nodes of their pool have run a task at the same time. */
async function allRun(self: Self, pool: TaskSupervisor, count: number): Promise<void> {
  const names = ["one", "two"].slice(0, count);
  const tasks = names.map((name) => pool.asyncNolink(self, work.gated(self.pid, name)));
  const there = [];
  for (const name of names) there.push(await arrival(self, name));
  for (const { go } of there) go("value");
  for (const task of tasks) await Task.await(self, task);
}

/** Where tasks of a scene run, and the node that it is played on. */
interface Where {
  readonly on: PlaceFactory;
  readonly node: Node;
  /** What supervisors there have in common. */
  readonly options?: TaskSupervisorOptions;
}

/** Two nodes of a pool, or of a cluster, in real time. */
const otherNodes = (name: string, nodes: RegExp, where: () => Where | Promise<Where>, kind: "other nodes" | "network" = "other nodes"): Place => ({
  name,
  kind,
  nodes,
  async play(scene, options = {}) {
    const { on, node, options: common } = await where();
    const reports: CrashReport[] = [];
    node.reporter = (report) => reports.push(report);
    const supervisors: TaskSupervisor[] = [];
    const supervisor: Stage["supervisor"] = (more = {}) => {
      const one = TaskSupervisor.start({ on, node, ...common, ...more });
      supervisors.push(one);
      return one;
    };
    const pool = supervisor(options);
    try {
      await run((self) => allRun(self, pool, Math.min(2, options.concurrency ?? 2, options.maxChildren ?? 2)), { node });
      await run((self) => scene(self, { node, pool, supervisor, reports, timers: () => 0 }), { node });
    } finally {
      await Promise.all(supervisors.map((one) => one.stop()));
    }
  },
});

let fleet: Promise<Fleet> | undefined;

afterAll(async () => (await fleet)?.[Symbol.asyncDispose]());

/** Two nodes in programs of their own, on a network, for all supervisors of a scene. */
async function onNetwork(): Promise<Where> {
  fleet ??= Fleet.start(["w1", "w2"], { modules: [module, new URL("./fixtures/contexts.mjs", import.meta.url)], concurrency: 16 });
  const { here } = await fleet;
  return { on: here.group("workers"), node: here.node, options: { concurrency: 2 } };
}

const here = (on: PlaceFactory) => (): Where => ({ on, node: defaultNode() });

/** Where the sources are played by themselves, in one event loop, there are nodes inside it (see test/mutation). */
const inside = (globalThis as Readonly<Record<symbol, Inside | undefined>>)[Symbol.for("taskward.test.inside")];

/** Those in virtual time. */
export const virtualPlaces: readonly Place[] = [
  inVirtualTime({ name: "event loop", kind: "event loop", nodes: /^main$/ }),
  ...(inside === undefined ? [] : [inVirtualTime({ name: "nodes inside", kind: "other nodes", nodes: /^main\/s\d+$/ }, inside)]),
];

export const places: readonly Place[] = [
  ...virtualPlaces,
  otherNodes("threads", /^main\/t\d+$/, here(threads({ size: 2 }))),
  otherNodes("processes", /^main\/p\d+$/, here(processes({ size: 2 }))),
  ...(hasNats ? [otherNodes("nodes of a cluster", /^w[12]~\w+$/, onNetwork, "network")] : []),
];

interface Arrival {
  readonly gate: string;
  readonly pid: Pid;
  readonly callers: readonly Pid[];
}

const isArrival = (message: unknown, name: string): message is Arrival =>
  typeof message === "object" && message !== null && (message as Partial<Arrival>).gate === name;

/** Waits until a gated task runs; answers what makes it go on. */
export async function arrival(
  self: Self,
  name: string,
): Promise<{ pid: Pid; callers: readonly Pid[]; go(order: "value" | "crash" | "exit", what?: unknown): void }> {
  const { pid, callers } = (await self.receive((message) => isArrival(message, name))) as Arrival;
  return { pid, callers, go: (order, what) => self.send(pid, { order, what }) };
}

/** Lets a gated task end with a value. */
export async function finish(self: Self, name: string, value: unknown): Promise<void> {
  (await arrival(self, name)).go("value", value);
}

/** Has both threads of each supervisor start, for those scenes whose deadline is about something else. */
export async function warmUp(self: Self, ...supervisors: readonly TaskSupervisor[]): Promise<void> {
  await Task.awaitMany(
    self,
    supervisors.flatMap((one) => [one.asyncNolink(self, work.value(0)), one.asyncNolink(self, work.value(0))]),
    Number.POSITIVE_INFINITY,
  );
}

/** Nothing waits in the mailbox, and no link, monitor or watcher is left. */
export async function nothingLeft(self: Self): Promise<void> {
  await self.sleep(0);
  expect(await self.receive(undefined, { after: 0 })).toBeUndefined();
  expect(self.info(self.pid)).toMatchObject({ mailboxLength: 0, links: [], monitors: [] });
}

/** Waits until something is so that no message tells of. */
export async function until(self: Self, holds: () => boolean): Promise<void> {
  while (!holds()) await self.sleep(1);
}

/** How many tasks ran by their notes, and how many at once at most. Says so as well when they did not all end. */
export function tally(lines: readonly string[]): { readonly ran: number; readonly most: number; readonly left: number } {
  let left = 0;
  let most = 0;
  for (const line of lines) most = Math.max(most, line === "+" ? ++left : --left);
  return { ran: lines.filter((line) => line === "-").length, most, left };
}
