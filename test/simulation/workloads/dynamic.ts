import { ChildNotFound } from "../../../src/behaviours/errors.js";
import { DynamicSupervisor, StartFailed } from "../../../src/behaviours/index.js";
import { MaxChildren, SupervisorDown } from "../../../src/kernel/errors.js";
import { Exit } from "../../../src/kernel/messages.js";
import type { Pid } from "../../../src/kernel/ids.js";
import type { Self } from "../../../src/kernel/self.js";
import type { System, Workload } from "../system.js";

/** The children of one supervisor: who lives, and when which of them was started again. */
class Children {
  readonly alive = new Set<Pid>();
  readonly restarts: number[] = [];

  constructor(readonly system: System) {}

  /** A child that crashes when it is told to, and tidies up for a while when it is asked to end. */
  run(): (self: Self) => Promise<void> {
    const { dice, sim } = this.system;
    const tidies = dice.chance(0.3) ? dice.whole(1, 40) : 0;
    let isFirst = true;
    return async (self) => {
      if (!isFirst) this.restarts.push(sim.time.now);
      isFirst = false;
      this.alive.add(self.pid);
      const gone = (): void => void this.alive.delete(self.pid);
      self.node.find(self.pid)?.whenEnded({ ended: gone });
      if (tidies > 0) self.trapExit = true;
      for (;;) {
        const message = await self.receive();
        if (message === "crash") throw this.system.planned("a child");
        if (message instanceof Exit) {
          await self.sleep(tidies);
          self.exit("shutdown");
        }
      }
    };
  }
}

/**
 * Children come, go and crash under a supervisor that its owner has linked, which may be stopped or lose its owner in the midst of it: there are never more than may be, they are not
 * started again more often than may be, and in the end none is left.
 */
export const dynamic: Workload = async (system) => {
  const { sim, dice } = system;
  const [home, from] = system.twoNodes();
  const [node, other] = [sim.nodes[home], sim.nodes[from]];
  const name = system.newName("dynamic");
  const children = new Children(system);
  const [maxChildren, maxRestarts] = [dice.whole(1, 4), dice.whole(0, 3)];
  const isAllowed = (error: unknown): boolean =>
    error instanceof SupervisorDown || error instanceof MaxChildren || error instanceof ChildNotFound || error instanceof StartFailed;
  const end = dice.of(["stop", "crash", "shutdown"] as const);
  const owner = node.run(async (self) => {
    self.trapExit = true;
    const supervisor = await DynamicSupervisor.startLink(self, { name, maxChildren, maxRestarts, maxSeconds: 1 });
    for (let n = dice.whole(3, 12); n > 0; n--) {
      const one = children.alive.size === 0 ? undefined : dice.of([...children.alive]);
      const act = dice.weighed<() => unknown>([
        [
          4,
          () =>
            supervisor.startChild({
              id: "child",
              run: children.run(),
              restart: dice.of(["permanent", "transient", "temporary"] as const),
              shutdown: dice.of([20, 100, "brutal_kill"] as const),
            }),
        ],
        [one === undefined ? 0 : 3, () => self.send(one as Pid, "crash")],
        [one === undefined ? 0 : 1, () => self.exit(one as Pid, "kill")],
        [one === undefined ? 0 : 2, () => supervisor.terminateChild(one as Pid)],
        [1, () => self.sleep(dice.whole(0, 30))],
        [1, () => supervisor.countChildren()],
      ]);
      try {
        await act();
      } catch (error) {
        if (node.find(self.pid) === undefined) throw error; // its own process has ended
        system.expect(isAllowed(error), `a supervisor was asked, and failed with ${String(error)}`);
      }
      system.expect(children.alive.size <= maxChildren, `${children.alive.size} children, of ${maxChildren}`);
    }
    if (end === "crash") throw system.planned("an owner");
    if (end === "shutdown") self.exit("shutdown");
    await supervisor.stop();
    system.expectOf(self, children.alive.size === 0, "children are left of a supervisor that has stopped");
  });
  const asked = other.run(async (self) => {
    await self.sleep(dice.whole(1, 60));
    const counts = await DynamicSupervisor.at({ name, node: home }, { node: other }).countChildren();
    system.expect(counts.specs <= maxChildren, `${counts.specs} children are told of, of ${maxChildren}`);
  });
  await Promise.all([
    owner.catch((error: unknown) => {
      if (!system.isPlanned(error) && !(end === "shutdown" && String(error).includes("shutdown"))) system.mayEnd(node, error);
    }),
    asked.catch((error: unknown) => {
      if (!(error instanceof SupervisorDown)) system.mayEnd(other, error);
    }),
  ]);
  await system.wait(500); // what a child may take to end
  system.expect(children.alive.size === 0, `children go on after their supervisor's owner: ${[...children.alive].join(", ")}`);
  system.expectIntensity(children.restarts, maxRestarts);
};
