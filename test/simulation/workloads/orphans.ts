import { TaskRunner } from "../../../src/tasks/runner.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { type Doing, call } from "../functions.js";
import type { Workload } from "../system.js";

/** A run belongs to a process, which hears of each end once, and takes no message of others for its own; it may crash meanwhile, and its tasks go on under their supervisor (R7). */
export const orphans: Workload = async (system) => {
  const { sim, dice, pool } = system;
  const node = sim.nodes[dice.of(system.names)];
  const far = TaskSupervisor.start({ node, on: dice.chance(0.5) ? pool.on : sim.othersOf(node), shutdown: 20 });
  const keys: string[] = [];
  const doings = dice.times(dice.whole(1, 6), () => dice.of<Doing>(["take", "take", "fail", "never"]));
  const [timeout, crashesAfter] = [dice.of([30, 100]), dice.chance(0.6) ? dice.whole(1, 60) : Infinity];
  let isOver = false;
  const owner = node.run(async (self) => {
    const specs = doings.map((doing, n) => {
      const key = (keys[n] = system.newName("orphan"));
      return [far, call(doing, dice.whole(0, 60), key)] as const;
    });
    const runner = TaskRunner.run(specs, { timeout, owner: self, onTimeout: "keep" });
    if (crashesAfter !== Infinity) self.sendAfter(self.pid, "crash", crashesAfter);
    for (const other of [1, 2]) self.sendAfter(self.pid, other, dice.whole(0, 60));
    const ended = new Set<number>();
    const others: unknown[] = [];
    const take = (index: number): void => {
      system.expectOf(self, !ended.has(index), `task ${index} of a run has ended twice`);
      ended.add(index);
    };
    while (!runner.done) {
      const message = await self.receive();
      if (message === "crash") throw system.planned("an owner of a run");
      const event = runner.handleMessage(message);
      if (event === null) others.push(message);
      else if (event.type === "timeout") event.pending.forEach(({ index }) => take(index));
      else if (event.type !== "done") take(event.index);
    }
    isOver = true;
    system.expectOf(self, ended.size === specs.length, `${ended.size} of ${specs.length} tasks of a run ended`);
    for (let message = await self.receive(undefined, { after: 100 }); message !== undefined; message = await self.receive(undefined, { after: 100 }))
      others.push(message);
    const foreign = others.filter((message) => message !== "crash").sort();
    system.expectOf(self, String(foreign) === "1,2", `of the messages 1 and 2 of others, and none of a run that is over, came ${String(foreign)}`);
  });
  await owner.catch((error: unknown) => (system.isPlanned(error) ? undefined : system.mayEnd(node, error)));
  const goOn = keys.filter((key, n) => doings[n] === "never" && system.isRunning(key));
  await system.wait(300);
  if (!system.isDisturbed)
    for (const key of goOn) system.expect(system.isRunning(key), `${key} has ended with the owner of its run${isOver ? ", which was over" : ""}`);
  await far.stop();
  for (const key of keys) system.expect(!system.isRunning(key), `${key} goes on after its supervisor has stopped`);
};
