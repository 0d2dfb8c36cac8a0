import { GenServer, PartitionSupervisor } from "../../../src/behaviours/index.js";
import { CallFailed, CallTimeout } from "../../../src/behaviours/errors.js";
import { NoProcess, SupervisorDown } from "../../../src/kernel/errors.js";
import type { Workload } from "../system.js";

/**
 * Callers ask the partitions of a supervisor by keys, and have them crash; it may be stopped meanwhile. The same key has the same partition, there is one of each at a time, and in the end
 * none is left.
 */
export const partitions: Workload = async (system) => {
  const { sim, dice } = system;
  const node = sim.nodes[dice.of(system.names)];
  const [count, maxRestarts] = [dice.whole(1, 4), dice.whole(0, 3)];
  const alive = new Map<number, number>();
  const restarts: number[] = [];
  const started = new Set<number>();
  class Part extends GenServer {
    #partition = 0;
    override init(partition: number): void {
      this.#partition = partition;
      if (started.has(partition)) restarts.push(sim.time.now);
      started.add(partition);
      alive.set(partition, (alive.get(partition) ?? 0) + 1);
      system.expect(alive.get(partition) === 1, `partition ${partition} is there twice`);
      node.find(this.self.pid)?.whenEnded({ ended: () => void alive.set(partition, (alive.get(partition) ?? 0) - 1) });
    }
    partition(): number {
      return this.#partition;
    }
    async slow(ms: number): Promise<number> {
      await this.self.sleep(ms);
      return this.#partition;
    }
    crash(): never {
      throw system.planned("a partition");
    }
  }
  const supervisor = await PartitionSupervisor.start((partition) => [Part, partition], { node, partitions: count, maxRestarts, maxSeconds: 1 }).catch(
    (error: unknown) => system.mayEnd(node, error),
  );
  if (supervisor === undefined) return;
  const isAllowed = (error: unknown): boolean =>
    error instanceof CallFailed || error instanceof CallTimeout || error instanceof SupervisorDown || error instanceof NoProcess;
  const callers = dice.times(dice.whole(1, 3), () =>
    node.run(async (self) => {
      for (let n = dice.whole(1, 6); n > 0; n--) {
        const key = dice.of(["x", "y", "z", 5, 8]);
        try {
          const partition = supervisor.partitionOf(key);
          const holder = supervisor.whose(key);
          system.expect(holder === undefined || node.find(holder) !== undefined, "a key leads to a dead process");
          const { call } = GenServer.at<Part>(supervisor.via(key), { self });
          const asked = call({ timeout: 50 });
          const answer = await dice.weighed<() => Promise<number>>([
            [4, () => asked.partition()],
            [2, () => asked.slow(dice.whole(1, 30))],
            [2, () => asked.crash()],
          ])();
          system.expect(answer === partition, `key ${key} was answered by partition ${answer}, and is that of ${partition}`);
        } catch (error) {
          if (node.find(self.pid) === undefined) throw error; // its own process has ended
          system.expect(isAllowed(error), `a partition was asked, and failed with ${String(error)}`);
        }
      }
    }),
  );
  const asked = Promise.all(callers.map((caller) => caller.catch((error: unknown) => system.mayEnd(node, error))));
  await (dice.chance(0.5) ? system.wait(dice.whole(1, 60)) : asked);
  await supervisor.stop().catch((error: unknown) => {
    if (!(error instanceof SupervisorDown)) system.mayEnd(node, error);
  });
  system.expect(![...alive.values()].some((one) => one > 0), "partitions are left of a supervisor that has stopped");
  await asked;
  system.expectIntensity(restarts, maxRestarts);
};
