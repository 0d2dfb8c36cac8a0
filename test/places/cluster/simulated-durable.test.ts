import { describe, expect, it } from "vitest";
import type { Self } from "../../../src/kernel/self.js";
import { task } from "../../../src/tasks/module-reference.js";
import { RunSubjects, decodeBegun } from "../../../src/places/cluster/durable/entries.js";
import { RunLog } from "../../../src/places/cluster/durable/run-log.js";
import { NodesPlace } from "../../../src/places/cluster/nodes-place.js";
import { tasksFrom } from "../../../src/tasks/module-reference.js";
import { TaskRunner } from "../../../src/tasks/runner.js";
import { TaskSupervisor } from "../../../src/tasks/supervisor.js";
import { Random } from "../../../src/testing/random.js";
import { VirtualTime } from "../../../src/testing/virtual-time.js";
import { runsOf } from "../../../src/places/cluster/subjects.js";
import { type Simulated, type SimulatedConnection, SimulatedNats } from "./simulated-bus.js";

const count = 40;
const jobs = tasksFrom<{ work: (index: number) => Promise<string> }>("file:///simulated.mjs");

/** What one program has been told, and when in its life it was killed. */
interface Life {
  readonly told: { readonly index: number; readonly type: string; readonly what: unknown }[];
  isKilled: boolean;
}

/** A run of tasks on two nodes that goes on in one program after the other, while programs are killed and connections break. */
class DurableRun {
  readonly time = new VirtualTime({ reporter: () => undefined });
  readonly random: Random;
  readonly nats: SimulatedNats;
  /** How many times each task has begun. */
  readonly begun = Array.from({ length: count }, () => 0);
  readonly lives: Life[] = [];
  readonly workers: Simulated[] = [];
  /** The nodes whose programs have been killed. */
  readonly killed = new Set<string>();
  /** Nothing breaks and gets lost: only programs are killed. */
  readonly isCalm: boolean;
  #names = 0;
  #current: { readonly node: Simulated; readonly life: Life; over: boolean } | undefined = undefined;

  constructor(
    seed: number,
    readonly retries: boolean,
  ) {
    this.random = new Random(seed);
    this.nats = new SimulatedNats(this.time.clock, this.random, 5);
    this.isCalm = this.random.below(3) === 0;
  }

  /** A program that answers for a while may have returned a value, crashed or been slow. */
  readonly #work = async (self: Self, index: number): Promise<string> => {
    (this.begun[index] as number)++;
    await new Promise<void>((resolve) => self.node.clock.set(resolve, this.random.between(0, 300)));
    if (index % 7 === 0) throw new RangeError(`task ${index}`);
    return `value ${index} ${"x".repeat(index % 5 === 0 ? 1_000 : 1)}`;
  };

  async worker(): Promise<void> {
    const functions = { work: task(this.#work as never) };
    const one = this.nats.node(`w${this.#names++}`, { groups: ["workers"], functions, concurrency: 4 });
    await this.time.until(one.membership.join());
    this.workers.push(one);
  }

  async master(): Promise<void> {
    const node = this.nats.node(`m${this.#names++}`);
    await this.time.until(node.membership.join());
    const life: Life = { told: [], isKilled: false };
    this.lives.push(life);
    const current = { node, life, over: false };
    this.#current = current;
    const supervisor = TaskSupervisor.start({
      node: node.node,
      on: (host) => new NodesPlace(host, node.membership, "the workers", ({ presence }) => presence.groups.includes("workers")),
    });
    const specs = Array.from({ length: count }, (_, index) => [supervisor, jobs.work(index)] as const);
    const retry = this.retries ? { retry: { onNoConnection: true } } : {};
    const read = async (): Promise<void> => {
      for await (const event of TaskRunner.run(specs, { durable: "run", node: node.node, ...retry })) {
        if (life.isKilled || event.type === "timeout") return;
        life.told.push({ index: event.index, type: event.type, what: event.type === "ok" ? event.value : event.reason });
      }
      current.over = !life.isKilled;
    };
    read().catch((error: unknown) => {
      if (!life.isKilled) throw error; // a program that is gone cannot go on
    });
  }

  get isOver(): boolean {
    return this.#current?.over === true;
  }

  killMaster(): void {
    const { node, life } = this.#current as { readonly node: Simulated; readonly life: Life };
    life.isKilled = true;
    this.#kill(node);
  }

  killWorker(): void {
    const one = this.workers.shift();
    if (one !== undefined) this.#kill(one);
  }

  #kill({ node, connection }: Simulated): void {
    this.killed.add(node.name);
    this.nats.kill(connection);
  }

  /** What is written down of a kind: for each task and start, the entries. */
  kept(kind: string): Map<string, Uint8Array[]> {
    const found = new Map<string, Uint8Array[]>();
    for (const { subject, payload } of this.nats.log.entries) {
      const [what, index, launch] = subject.split(".").slice(4);
      if (what === kind) found.set(`${index}.${launch}`, [...(found.get(`${index}.${launch}`) ?? []), payload]);
    }
    return found;
  }

  /** The nodes that have begun a task. */
  claimants(index: number): string[] {
    return [...this.kept("begun")]
      .filter(([key]) => key.startsWith(`${index}.`))
      .flatMap(([, [entry]]) => decodeBegun(entry as Uint8Array)?.node ?? []);
  }

  async play(): Promise<void> {
    await this.worker();
    await this.worker();
    await this.master();
    for (let step = 0; step < 12 && !this.isOver; step++) {
      await this.time.advance(this.random.between(1, 400));
      const what = this.random.below(this.isCalm ? 6 : 10);
      if (what < 3) {
        this.killMaster();
        if (this.random.below(2) === 0) await this.time.advance(this.random.between(1, 500));
        await this.master();
      } else if (what < 6) {
        this.killWorker();
        await this.worker();
      } else if (what < 8) {
        const all = [...this.workers, (this.#current as { readonly node: Simulated }).node];
        this.nats.blink((all[this.random.below(all.length)] as Simulated).connection, [10, 300, 3_000, 9_000][this.random.below(4)] as number);
      } else this.nats.loses = [0, 0, 20, 100][this.random.below(4)] as number;
    }
    this.nats.loses = 0;
    for (let waited = 0; waited < 120 && !this.isOver; waited++) await this.time.advance(1_000);
  }
}

describe("durable runs on virtual time", () => {
  it("what a node that is there has begun, and does not have, is lost", async () => {
    const run = new DurableRun(1, false);
    await run.worker();
    await run.worker();
    const [{ node }] = run.workers as [Simulated];
    const log = new RunLog(
      Promise.resolve(run.nats.log.at(run.workers[0]?.connection as SimulatedConnection)),
      new RunSubjects(runsOf("test"), "run"),
      node.name,
    );
    expect(await run.time.until(log.begin({ index: 3, launch: 1 }, { node: node.name, attempts: 1, runs: "work" }))).toBe(true);
    await run.master();
    for (let waited = 0; waited < 60 && !run.isOver; waited++) await run.time.advance(1_000);
    expect(run.isOver).toBe(true);
    expect(run.lives[0]?.told.filter(({ what }) => what === "noconnection")).toMatchObject([{ index: 3 }]);
    expect(run.begun[3]).toBe(0);
  });

  const seeds = Number(process.env["SEEDS"] ?? 40);
  it.each([false, true])(
    "whoever is killed and whatever is lost: each task ends once, and runs once where nothing else was wanted (retry: %s)",
    async (retries) => {
      const first = Number(process.env["SEED"] ?? Date.now() % 1_000_000_000);
      for (let seed = first; seed < first + seeds; seed++) {
        const run = new DurableRun(seed, retries);
        await run.play();
        const note = `seed ${seed}`;
        expect(run.isOver, note).toBe(true);
        for (const [key, entries] of [...run.kept("begun"), ...run.kept("ended")]) expect(entries.length, `${note}: ${key}`).toBe(1);
        const inHand = new Set<number>();
        const told = new Map<number, number>();
        for (const life of run.lives) {
          for (const { index } of life.told) told.set(index, (told.get(index) ?? 0) + 1);
          const last = life.told.at(-1);
          if (life.isKilled && last !== undefined) inHand.add(last.index);
        }
        expect(
          [...told.keys()].sort((a, b) => a - b),
          note,
        ).toEqual(Array.from({ length: count }, (_, index) => index));
        for (const [index, times] of told) if (times > 1) expect(inHand.has(index), `${note}: ${index} came ${times} times`).toBe(true);
        for (const { index, type, what } of run.lives.flatMap((life) => life.told)) {
          const times = run.begun[index] as number;
          if (type === "ok") expect(String(what), note).toMatch(new RegExp(`^value ${index} x`));
          else if (what !== "noconnection") expect(what, note).toMatchObject({ name: "RangeError", message: `task ${index}` });
          else expect(retries, note).toBe(false);
          if (what !== "noconnection") expect(times, note).toBeGreaterThan(0);
          if (what === "noconnection") {
            // Somebody had begun it; and is gone, or could not be reached.
            const claimants = run.claimants(index);
            expect(claimants, `${note}: task ${index}`).not.toEqual([]);
            if (run.isCalm) expect([...run.killed], `${note}: task ${index}`).toEqual(expect.arrayContaining(claimants));
          }
          if (!retries) expect(times, `${note}: task ${index}`).toBeLessThanOrEqual(1);
        }
      }
    },
    120_000 + seeds * 1_000,
  );
});
