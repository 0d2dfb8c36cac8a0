import { Down, Exit } from "../../../src/kernel/messages.js";
import { NodeDown, TaskFailed, TaskTimeout, describeValue } from "../../../src/kernel/errors.js";
import type { Self } from "../../../src/kernel/self.js";
import { TaskReply, type Yielded } from "../../../src/tasks/task-job.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { Task } from "../../../src/tasks/task.js";
import { type Doing, call } from "../functions.js";
import type { System, Workload } from "../system.js";

/** A task of an owner, and what is known of it beforehand. */
interface Known {
  readonly task: Task<number>;
  readonly key: string;
  readonly doing: Doing;
  readonly ms: number;
  isLinked: boolean;
}

/** What a task may end with that was neither its value nor its own crash: only where something else has gone wrong. */
const byOthers = (reason: unknown): boolean =>
  reason === "noconnection" || reason === "killed" || reason === "shutdown" || reason instanceof NodeDown;

/** Tasks of one owner on nodes elsewhere. */
class Awaiting {
  readonly tasks: Known[] = [];
  /** Those whose outcome has been taken. */
  readonly #taken = new Set<Known>();
  /** Their supervisor has been stopped, or their owner told to end. */
  isDisturbed = false;

  constructor(
    readonly system: System,
    readonly far: TaskSupervisor,
    readonly self: Self,
  ) {}

  start(count: number): void {
    const { dice } = this.system;
    for (let n = 0; n < count; n++) {
      const key = this.system.newName("await");
      const isLinked = dice.chance(0.6);
      const doing = dice.weighed<Doing>([
        [6, "take"],
        [2, "fail"],
        [3, "never"],
        [1, "crash"],
      ]);
      const ms = dice.whole(0, 60);
      const work = call(doing, ms, key);
      const task = isLinked ? this.far.async(this.self, work) : this.far.asyncNolink(this.self, work);
      this.tasks.push({ task, key, doing, ms, isLinked });
    }
  }

  /** Takes each task in some way, or leaves it. */
  async take(): Promise<void> {
    const { dice } = this.system;
    for (const known of this.tasks) {
      await dice.weighed<() => unknown>([
        [4, () => this.#await(known)],
        [2, () => this.#yield(known)],
        [2, () => this.#shutdown(known)],
        [1, () => this.#ignore(known)],
        [1, () => undefined],
      ])();
    }
  }

  /** Of what has been taken nothing comes any more; of what has not, its outcome comes once. */
  async checkMailbox(): Promise<void> {
    const left = this.tasks.filter((known) => !this.#taken.has(known));
    const told = new Set<Known>();
    for (let message = await this.#next(); message !== undefined; message = await this.#next()) {
      if (message instanceof Exit) continue; // of a link, where exits are trapped
      const known = left.find(({ task }) => (message instanceof TaskReply || message instanceof Down) && task.ref === message.ref);
      this.#expect(known !== undefined && !told.has(known), `${describeValue(message)} came to the owner of tasks that had been taken`);
      if (known === undefined) continue;
      told.add(known);
      if (message instanceof TaskReply) this.#value(known, message.value);
      else this.#reason(known, (message as Down).reason);
    }
    for (const known of left) this.#expect(told.has(known) || this.#goesOn(known), `nothing came of ${known.key}, which nobody has taken`);
  }

  /** Longer than any node stalls. */
  #next(): Promise<unknown> {
    return this.self.receive(undefined, { after: 2_500 });
  }

  /** It never ends; or it waits for nodes to return, or behind tasks that never end, those of others among them. */
  #goesOn({ doing, key }: Known): boolean {
    return doing === "never" || !this.system.begun.has(key);
  }

  // ——— Taking one ———

  async #await(known: Known): Promise<void> {
    const timeout = this.system.dice.of([10, 40, 200]);
    const isInTime = this.#within(timeout, "await");
    this.#taken.add(known);
    try {
      this.#value(known, await Task.await(this.self, known.task, timeout));
    } catch (error) {
      if (error instanceof TaskFailed) this.#reason(known, error.reason);
      else if (!(error instanceof TaskTimeout)) throw error;
    }
    isInTime();
  }

  async #yield(known: Known): Promise<void> {
    const timeout = this.system.dice.of([0, 10, 40]);
    const isInTime = this.#within(timeout, "yield");
    this.#result(known, await Task.yield(this.self, known.task, timeout));
    isInTime();
  }

  async #shutdown(known: Known): Promise<void> {
    this.#taken.add(known);
    this.#result(known, await Task.shutdown(this.self, known.task, this.system.dice.of([0, 20, "brutal_kill"] as const)));
    this.isDisturbed = true; // that may have stopped its node, and what else ran there
  }

  #ignore(known: Known): void {
    this.#taken.add(known);
    if (!this.self.signal.aborted) known.isLinked = false; // one that has ended has nothing to unlink, though its code may go on for a moment
    this.#result(known, Task.ignore(this.self, known.task));
  }

  #within(timeout: number, what: string): () => void {
    const { time } = this.system.sim;
    const startedAt = time.now;
    return () => {
      this.#expect(time.now <= startedAt + timeout, `a ${what} of ${timeout} ms took ${time.now - startedAt}`);
    };
  }

  #result(known: Known, result: Yielded<number> | null): void {
    if (result === null) return;
    this.#taken.add(known);
    if ("ok" in result) this.#value(known, result.ok);
    else this.#reason(known, result.exit);
  }

  #value({ doing, ms, key }: Known, value: unknown): void {
    this.#expect((doing === "take" || doing === "crash") && value === ms, `${key}, which does ${doing}, has answered ${String(value)} for ${ms}`);
  }

  #reason({ doing, key }: Known, reason: unknown): void {
    const isOwn =
      doing === "fail"
        ? this.system.isPlanned(reason) && (reason as Error).message.includes(`${key} (`)
        : doing === "crash" && reason instanceof NodeDown;
    this.#expect(isOwn || (byOthers(reason) && this.mayEndAny), `${key}, which does ${doing}, has ended with ${String(reason)}`);
  }

  /** Something has happened that may have ended any of them. */
  get mayEndAny(): boolean {
    return this.system.isDisturbed || this.isDisturbed || this.tasks.some((known) => known.doing === "crash");
  }

  #expect(holds: boolean, otherwise: string): void {
    this.system.expectOf(this.self, holds, otherwise);
  }
}

/** How the life of an owner may go on before it has all that it waits for. */
type Turn = "none" | "crash" | "kill" | "stop";

/**
 * An owner on one node, its tasks on others, or in a pool. It takes what comes of them, and may crash or be killed meanwhile: what is linked to it goes along, and what is not goes on.
 * Their supervisor may be stopped meanwhile: then nothing of them is left.
 */
export const awaits: Workload = async (system) => {
  const { sim, dice, pool } = system;
  const node = sim.nodes[dice.of(system.names)];
  const far = TaskSupervisor.start({ node, on: dice.chance(0.5) ? pool.on : sim.othersOf(node), shutdown: dice.of([0, 20]) });
  const turn = dice.of<Turn>(["none", "none", "crash", "kill", "stop"]);
  const at = dice.whole(1, 80);
  let begun: Awaiting | undefined;
  const owner = node.run(async (self) => {
    self.trapExit = dice.chance(0.4);
    const all = (begun = new Awaiting(system, far, self));
    all.start(dice.whole(1, 6));
    if (turn === "crash")
      void self
        .sleep(at)
        .then(() => self.exit(system.planned("an owner")))
        .catch(() => undefined);
    await all.take();
    await all.checkMailbox();
  });
  const ended = owner.then(
    () => "normal",
    (error: unknown) => error,
  );
  await system.wait(at);
  const all = begun as Awaiting | undefined; // none, if its node has crashed before
  if (turn === "kill" && all !== undefined) sim.nodes.a.spawn((self) => self.exit(all.self.pid, "kill"));
  if (turn === "stop") {
    if (all !== undefined) all.isDisturbed = true;
    await far.stop();
  }
  const reason = await ended;
  if (all === undefined) return;
  const isGoingOn = all.tasks.filter(({ key }) => system.isRunning(key));
  await system.wait(2_500); // longer than any node stalls
  for (const { key, doing, isLinked } of isGoingOn) {
    const isRunning = system.isRunning(key);
    if (isLinked && reason !== "normal") system.expect(!isRunning, `${key} goes on after its owner has ended with ${String(reason)}`);
    if (!isLinked && doing === "never" && !all.mayEndAny) system.expect(isRunning, `${key}, which is not linked, has ended with its owner`);
  }
  await far.stop();
  for (const { key } of all.tasks) system.expect(!system.isRunning(key), `${key} goes on after its supervisor has stopped`);
};
