import { Task, TaskSupervisor, type TaskSupervisorOptions, run, tasksFrom } from "taskward";
import { processes } from "taskward/processes";
import { threads } from "taskward/threads";
import { afterAll, beforeAll, describe, it } from "vitest";
import { Fleet } from "../places/cluster/cluster.js";
import { hasNats } from "../places/cluster/nats.js";
import type * as Scenes from "./fixtures/scenes.mjs";

const module = new URL("./fixtures/scenes.mjs", import.meta.url);
const scenes = tasksFrom<typeof Scenes>(module);

const rows: readonly (readonly [string, keyof typeof scenes])[] = [
  ["V1 the three strategies: start in order, stop in reverse", "strategies"],
  ["V1 more than maxRestarts within maxSeconds: it gives up", "intensity"],
  ["V1 permanent, transient and temporary children", "restartKinds"],
  ["V2 a child that does not start: those before it are stopped in reverse", "failedStart"],
  ["V3 children are started, stopped, started again and forgotten by their ids", "childrenByName"],
  ["V4 significant children, any and all", "significant"],
  ["V5 a dynamic supervisor: maxChildren, restarts, ends", "dynamic"],
  ["V6 who ignores shutdown is killed, infinity waits, brutal_kill does not ask", "shutdowns"],
  ["G1 call, cast, info, continue, later replies, stop and terminate, one message at a time", "servers"],
  ["G2 calls that time out, and calls of a server that crashes, is dead, or stops", "failedCalls"],
  ["G3 an init that ignores, stops or throws", "inits"],
  ["G4 servers by name, by { name, node } and by a registry's key", "names"],
  ["G5 a registry's keys, values and dispatch, and entries that go with their process", "registries"],
  ["T10 start and startLink", "fireAndForget"],
  ["R1 R2 R3 R4 R5 a runner that is fed by its owner", "runners"],
];

let fleet: Promise<Fleet> | undefined;

afterAll(async () => (await fleet)?.[Symbol.asyncDispose]());

async function onNetwork(): Promise<TaskSupervisorOptions> {
  const { here } = await (fleet ??= Fleet.start(["w1"], { modules: [module] }));
  return { on: here.group("workers"), node: here.node };
}

const places: readonly (readonly [string, () => TaskSupervisorOptions | Promise<TaskSupervisorOptions>])[] = [
  ["the event loop", () => ({})],
  ["a thread", () => ({ on: threads({ size: 1 }) })],
  ["a child process", () => ({ on: processes({ size: 1 }) })],
  ...(hasNats ? [["a node of a cluster", onNetwork] as const] : []),
];

describe.each(places)("within %s", (_name, where) => {
  let supervisor: TaskSupervisor;
  beforeAll(async () => {
    supervisor = TaskSupervisor.start(await where());
  });
  afterAll(() => supervisor.stop());

  it.each(rows)("%s", (_title, name) => run((self) => Task.await(self, supervisor.async(self, scenes[name]())), { node: supervisor.crew.node }));
});
