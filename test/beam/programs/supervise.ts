import { MaxChildren, type Pid, type Self } from "taskward";
import { ChildNotFound, DynamicSupervisor, Supervisor, SupervisorDown } from "taskward/behaviours";
import { actor } from "./actor.js";
import type { Op, Restart } from "./program.js";
import type { World } from "./world.js";

type Supervising = Extract<Op, readonly ["supervisor" | "dynamic" | "start_kid" | "terminate_kid" | "which", ...unknown[]]>;

/** What an actor does with supervisors, of either kind. */
export async function supervise(world: World, self: Self, op: Supervising, pidOf: (id: string) => Pid | undefined): Promise<string | undefined> {
  const spec = (id: string, restart: Restart) => ({
    id,
    restart,
    shutdown: 5,
    start: (supervisor: Self) => world.born(id, supervisor.spawnLink(actor(world, id))),
  });
  const [kind, id] = op;
  if (kind === "supervisor") {
    const specs = op[4].map((child) => spec(...child));
    const started = await Supervisor.startLink(self, specs, { strategy: op[2], maxRestarts: op[3], maxSeconds: 1_000 });
    world.born(id, started.pid);
    return undefined;
  }
  if (kind === "dynamic") {
    const started = await DynamicSupervisor.startLink(self, { maxRestarts: op[2], maxChildren: op[3], maxSeconds: 1_000 });
    world.born(id, started.pid);
    return undefined;
  }
  const pid = pidOf(id);
  if (pid === undefined) return `no ${id}`;
  try {
    if (kind === "which") {
      const children = await Supervisor.at(pid, { node: self.node }).whichChildren();
      const names = children.map((one) => (one.pid === undefined ? `${one.id} undefined` : world.name(one.pid)));
      return `children ${(id.startsWith("d") ? names.sort() : names).join(" ")}`;
    }
    const supervisor = DynamicSupervisor.at(pid, { node: self.node });
    if (kind === "start_kid") {
      await supervisor.startChild(spec(op[2], op[3]));
      return undefined;
    }
    const kid = pidOf(op[2]);
    if (kid === undefined) return `no ${op[2]}`;
    await supervisor.terminateChild(kid);
    return "terminated";
  } catch (error) {
    if (error instanceof SupervisorDown) return "exit noproc";
    if (error instanceof MaxChildren) return "max_children";
    if (error instanceof ChildNotFound) return "not_found";
    throw error;
  }
}
