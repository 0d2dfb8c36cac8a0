/** A task that has to wait at a node, behind those of another program, and what may end meanwhile: at each millisecond that counts. */
import { expect, it } from "vitest";
import type { Self } from "../../src/kernel/self.js";
import { callOf, resolvedFunction, task } from "../../src/tasks/module-reference.js";
import { TaskSupervisor } from "../../src/tasks/supervisor.js";
import { Task } from "../../src/tasks/task.js";
import { SimulatedCluster } from "./cluster.js";

interface Scene {
  readonly sim: SimulatedCluster;
  readonly ours: TaskSupervisor;
  readonly theirs: TaskSupervisor;
  readonly task: Task<unknown>;
  /** Where it has begun, each time. */
  readonly begun: string[];
  at(ms: number, act: () => unknown): void;
}

/** Node b is kept busy by c. At 0 ms a gives it one more task, which arrives after 5 ms; after 10 ms a knows that it waits. */
async function play(act: (scene: Scene) => Promise<unknown>): Promise<void> {
  const sim = new SimulatedCluster({ nodes: ["a", "b", "c"], handles: false, delay: [5, 5] });
  const begun: string[] = [];
  const functions: Record<string, unknown> = {
    busy: task((self: Self) => self.receive()),
    ours: task((self: Self) => begun.push(self.node.name)),
  };
  sim.resolve = ({ name }) => resolvedFunction(functions[name] as () => unknown);
  sim.expectCrash(({ reason }) => reason === "noconnection", { times: Infinity }); // of what runs on a lost node
  sim.wire("a", "c").cut();
  await sim.advance(1);
  const theirs = TaskSupervisor.start({ node: sim.nodes.c, on: sim.othersOf(sim.nodes.c), shutdown: "brutal_kill" });
  for (let n = 0; n < 2; n++) theirs.startChild(callOf("simulated:", "busy", []));
  await sim.advance(5);
  const ours = TaskSupervisor.start({ node: sim.nodes.a, on: sim.othersOf(sim.nodes.a), shutdown: 20 });
  const at = (ms: number, then: () => unknown): void => void sim.time.clock.set(then as () => void, ms);
  await sim.until(act({ sim, ours, theirs, at, begun, task: ours.asyncNolink(callOf("simulated:", "ours", [])) }));
  await sim.until(Promise.all([ours.stop(), theirs.stop()]));
  await sim.end();
}

const times = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

it.each(times(0, 16))("N4 S6 stops with its supervisor after %i ms, whenever the node is lost", async (stop) => {
  for (const crash of times(0, 24)) {
    await play(async ({ sim, ours, at, begun }) => {
      at(crash, () => sim.crash("b"));
      await new Promise((resolve) => at(stop, () => resolve(ours.stop())));
      expect([begun, ours.children()]).toEqual([[], []]);
    });
  }
});

it.each(times(5, 16))("N4 runs once, whenever the node is lost, where it could begin there after %i ms", async (free) => {
  for (const crash of times(1, 40)) {
    await play(async ({ sim, theirs, at, task, begun }) => {
      at(Math.max(0, free - 5), () => theirs.stop());
      at(crash, () => sim.crash("b"));
      at(60, () => sim.restart("b"));
      const end = await Task.yield(task, Infinity);
      if (end !== null && "ok" in end) expect(begun).toHaveLength(1);
      else {
        expect(end).toEqual({ exit: "noconnection" });
        expect(begun.length).toBeLessThan(2);
      }
      // Here it is known after 10 ms that it waits, and it is asked for 5 ms after it could begin.
      if (crash > 10 && crash < free + 5) expect(begun).toEqual(["b~2"]);
    });
  }
});
