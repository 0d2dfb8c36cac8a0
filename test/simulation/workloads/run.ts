import type { Self } from "../../../src/kernel/self.js";
import { TaskRunner } from "../../../src/tasks/runner.js";
import type { Spec } from "../../../src/tasks/spec.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { call } from "../functions.js";
import type { Workload } from "../system.js";

/** Tasks in the pool and on the event loop under one deadline: each ends once, or was pending when the time was up; nothing comes after that. */
export const run: Workload = async (system) => {
  const { sim, dice, pool } = system;
  const node = sim.nodes.a;
  const far = TaskSupervisor.start({ node, on: pool.on, shutdown: dice.of([0, 20, "brutal_kill"] as const) });
  const near = TaskSupervisor.start({ node, shutdown: 20 });
  const local = (ms: number, fails: boolean) => async (self: Self) => {
    await self.sleep(ms);
    if (fails) throw system.planned("a local task");
    return ms;
  };
  const count = dice.whole(0, 12);
  const specs = dice.times(count, (): Spec<number> => {
    const ms = dice.whole(0, 60);
    if (dice.chance(0.3)) return [near, local(ms, dice.chance(0.3))];
    return [
      far,
      call(
        dice.weighed([
          [6, "take"],
          [2, "fail"],
          [1, "never"],
          [1, "crash"],
        ] as const),
        ms,
        system.newName("run"),
      ),
    ];
  });
  const timeout = dice.of([5, 40, 200, 1_000]);
  const onTimeout = dice.of(["shutdown", "kill", "keep"] as const);
  const leavesAfter = dice.chance(0.2) ? dice.whole(0, 6) : Infinity;
  const startedAt = sim.time.now;
  const ends = new Map<number, string>();
  const end = (index: number, how: string): void => {
    system.expect(!ends.has(index), `task ${index} ended as ${ends.get(index)} and as ${how}`);
    ends.set(index, how);
  };
  let over = false;
  let left = false;
  for await (const event of TaskRunner.run(specs, { timeout, onTimeout, node })) {
    system.expect(!over, `${event.type} after the deadline`);
    if (event.type === "timeout") {
      over = true;
      system.expect(sim.time.now === startedAt + timeout, `the deadline of ${timeout} ms struck after ${sim.time.now - startedAt} ms`);
      for (const { index } of event.pending) end(index, "pending");
    } else end(event.index, event.type);
    if (ends.size >= leavesAfter) {
      left = true;
      break;
    }
  }
  system.expect(left || ends.size === count, `${ends.size} of ${count} tasks ended`);
  await far.stop();
  await near.stop();
};
