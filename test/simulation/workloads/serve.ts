import { Exited } from "../../../src/kernel/errors.js";
import { CallFailed, CallTimeout, GenServer, Supervisor } from "../../../src/behaviours/index.js";
import type { Workload } from "../system.js";

class Account extends GenServer {
  /** Makes the errors of crashes that are meant to be. */
  failure: () => Error = () => new Error("nobody has planned this");
  #balance = 0;
  add(n: number): number {
    return (this.#balance += n);
  }
  async slow(ms: number): Promise<string> {
    await this.self.sleep(ms);
    return "slow";
  }
  crash(): never {
    throw this.failure();
  }
}

/** A supervised server on one node that others call by its name: each call ends once and in time, and it is not started again more often than it may be. */
export const serve: Workload = async (system) => {
  const { sim, dice } = system;
  const [home, from] = system.twoNodes();
  const [homeNode, fromNode] = [sim.nodes[home], sim.nodes[from]];
  const name = system.newName();
  const maxRestarts = dice.whole(0, 3);
  const starts: number[] = [];
  class Counted extends Account {
    override init(): void {
      this.failure = () => system.planned("an account");
      starts.push(sim.time.now);
    }
  }
  const app = await Supervisor.start([{ id: "account", start: GenServer.child(Counted, [], { name }) }], {
    node: homeNode,
    maxRestarts,
    maxSeconds: 1,
  }).catch((error: unknown) => system.mayEnd(homeNode, error));
  if (app === undefined) return;
  if (dice.chance(0.3)) {
    // In the midst of calls, and of restarts.
    void system
      .wait(dice.whole(1, 60))
      .then(() => app.stop())
      .catch(() => undefined);
  }
  const caller = fromNode.run(async (self) => {
    const server = GenServer.at<Account>({ name, node: home }, { self });
    for (let n = dice.whole(1, 6); n > 0; n--) {
      const timeout = dice.of([10, 50, 500]);
      const startedAt = sim.time.now;
      const { call } = server;
      const asked = call({ timeout });
      try {
        await dice.weighed<() => Promise<unknown>>([
          [5, () => asked.add(1)],
          [2, () => asked.slow(30)],
          [2, () => asked.crash()],
        ])();
      } catch (error) {
        if (error instanceof Exited) throw error; // its own process has ended
        system.expect(error instanceof CallFailed || error instanceof CallTimeout, `a call failed with ${String(error)}`);
      }
      system.expect(sim.time.now <= startedAt + timeout, `a call of ${timeout} ms took ${sim.time.now - startedAt}`);
    }
    system.expect((await self.receive(undefined, { after: 100 })) === undefined, "something of a call came to its caller's mailbox");
  });
  await caller.catch((error: unknown) => system.mayEnd(fromNode, error));
  await app.stop().catch(() => undefined);
  system.expectIntensity(starts.slice(1), maxRestarts);
};
