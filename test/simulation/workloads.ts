import { Down, type Exit } from "../../src/kernel/messages.js";
import { Exited, NameTaken } from "../../src/kernel/errors.js";
import type { Pid } from "../../src/kernel/ids.js";
import type { Self } from "../../src/kernel/self.js";
import { CallFailed, CallTimeout, GenServer, Supervisor } from "../../src/behaviours/index.js";
import { TaskRunner } from "../../src/tasks/runner.js";
import type { Spec } from "../../src/tasks/spec.js";
import { TaskSupervisor } from "../../src/tasks/supervisor.js";
import { call } from "./pool.js";
import type { System } from "./system.js";

/** Something that a system does: resolves when it is over, and says what did not hold. */
export type Workload = (system: System) => Promise<void>;

/** Tasks in the pool and on the event loop under one deadline: each ends once, or was pending when the time was up; nothing comes after that. */
const run: Workload = async (system) => {
  const { sim, dice, pool } = system;
  const node = sim.nodes.a;
  const far = TaskSupervisor.start({ node, on: pool.on, shutdown: dice.of([0, 20, "brutal_kill"] as const) });
  const near = TaskSupervisor.start({ node, shutdown: 20 });
  const local = (ms: number, fails: boolean) => async (self: Self) => {
    await self.sleep(ms);
    if (fails) throw new RangeError("on purpose");
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

/** One process tells another on another node, in order. What is lost when their wire is cut is not lost in silence. */
const talk: Workload = async (system) => {
  const { sim, dice } = system;
  const [from, to] = system.twoNodes();
  const count = dice.whole(1, 30);
  const isOver = sim.nodes[to].run(async (self) => {
    let last = 0;
    const speaker = sim.nodes[from].spawn(async (me) => {
      for (let n = 1; n <= count; n++) {
        me.send(self.pid, n);
        if (dice.chance(0.5)) await me.sleep(dice.whole(0, 10));
      }
    });
    const ref = self.monitor(speaker);
    for (;;) {
      const message = await self.receive();
      if (message instanceof Down) {
        system.expect(message.ref === ref, "a Down of another monitor");
        const isOrderly = message.reason === "normal" || message.reason === "noproc";
        system.expect(last === count || !isOrderly, `${last} of ${count} arrived before the Down, with ${String(message.reason)}`);
        system.expect((await self.receive((one) => one instanceof Down, { after: 100 })) === undefined, "a second Down");
        return;
      }
      system.expect(message === last + 1, `${message as number} after ${last}, and nobody was told of a loss`);
      last = message as number;
    }
  });
  await isOver.catch((error: unknown) => system.mayEnd(to, error));
};

/** Links and monitors of a process elsewhere, which ends in some way: each is told once, and the dead one says nothing after it. */
const watch: Workload = async (system) => {
  const { sim, dice } = system;
  const [from, to] = system.twoNodes();
  const isOver = sim.nodes[from].run(async (self) => {
    self.trapExit = true;
    const how = dice.of(["normal", "shutdown", "boom", "kill"]);
    const ms = dice.whole(0, 80);
    const other = sim.nodes[to].spawn(async (me) => {
      const until = sim.time.now + ms;
      while (sim.time.now < until) {
        me.send(self.pid, "alive");
        await me.sleep(7);
      }
      me.exit(how);
    });
    const refs = dice.times(dice.whole(1, 3), () => self.monitor(other));
    self.link(other);
    if (dice.chance(0.3)) self.exit(other, "kill");
    const told = new Map<unknown, number>();
    let isLost = false;
    for (let quiet = 0; quiet < 2;) {
      const message = await self.receive(undefined, { after: 500 });
      if (message === undefined) quiet++;
      else if (message === "alive") system.expect(told.size === 0 || isLost, "a message of a process whose end had been told");
      else {
        const key = message instanceof Down ? message.ref : "link";
        // Whoever cannot be reached may live, and be heard of again.
        isLost ||= (message as Down | Exit).reason === "noconnection";
        told.set(key, (told.get(key) ?? 0) + 1);
      }
    }
    for (const key of [...refs, "link"]) system.expect(told.get(key) === 1, `${key} was told ${told.get(key) ?? 0} times`);
  });
  await isOver.catch((error: unknown) => system.mayEnd(from, error));
};

class Account extends GenServer {
  #balance = 0;
  add(n: number): number {
    return (this.#balance += n);
  }
  async slow(ms: number): Promise<string> {
    await this.self.sleep(ms);
    return "slow";
  }
  crash(): never {
    throw new Error("an account crashes");
  }
}

/** A supervised server on one node that others call by its name: each call ends once and in time, and it is not started again more often than it may be. */
const serve: Workload = async (system) => {
  const { sim, dice } = system;
  const [home, from] = system.twoNodes();
  const name = system.newName();
  const maxRestarts = dice.whole(0, 3);
  const starts: number[] = [];
  class Counted extends Account {
    override init(): void {
      starts.push(sim.time.now);
    }
  }
  const app = await Supervisor.start([{ id: "account", start: GenServer.child(Counted, [], { name }) }], {
    node: sim.nodes[home],
    maxRestarts,
    maxSeconds: 1,
  }).catch((error: unknown) => system.mayEnd(home, error));
  if (app === undefined) return;
  const caller = sim.nodes[from].run(async (self) => {
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
  await caller.catch((error: unknown) => system.mayEnd(from, error));
  await app.stop().catch(() => undefined);
  for (const [n, at] of starts.entries()) {
    const within = starts.filter((other, m) => m > n && other - at <= 1_000).length;
    system.expect(within <= maxRestarts, `${within} restarts within a second, of ${maxRestarts}`);
  }
};

/** Several want the same name: one has it at a time, and who has it lives. */
const names: Workload = async (system) => {
  const { sim, dice } = system;
  const home = dice.of(["a", "b", "c"] as const);
  const node = sim.nodes[home];
  const name = system.newName();
  const all = dice.times(3, () =>
    node.run(async (self) => {
      await self.sleep(dice.whole(0, 20));
      try {
        self.register(name);
        system.expect(self.whereis(name) === self.pid, "a name leads to somebody else");
      } catch (error) {
        if (!(error instanceof NameTaken)) throw error;
        const holder: Pid | undefined = self.whereis(name);
        system.expect(holder !== undefined && node.find(holder) !== undefined, "a name was refused that nobody alive has");
      }
      await self.sleep(dice.whole(0, 20));
    }),
  );
  for (const one of all) await one.catch((error: unknown) => system.mayEnd(home, error));
  system.expect(node.whereis(name) === undefined, "a name is left of the dead");
};

export const workloads: Readonly<Record<string, Workload>> = { run, talk, watch, serve, names };
