import { type CrashReport, Down, Node, type Pid, type PlaceFactory, Scheduler, type Self, TaskSupervisor, run, tasksFrom } from "taskward";
import { VirtualTime, connect, memoryWire, simulate, supervised } from "taskward/testing";
import { processes } from "taskward/processes";
import { threads } from "taskward/threads";
import { afterAll, expect } from "vitest";
import { Fleet } from "../places/cluster/cluster.js";
import { hasNats } from "../places/cluster/nats.js";
import type * as Puppets from "./fixtures/puppet.js";
import { type Step, type Told, plain, puppet } from "./fixtures/puppet.js";

/** Starts a puppet at one of the two places of a venue. */
type Start = (master: Pid, id: string) => void;

/** Two places, and the means to play a scene there: the same rows are played at each venue. */
export interface Venue {
  readonly name: string;
  /** Time is virtual: it passes when nothing else is left to do. */
  readonly virtual: boolean;
  play(scene: (stage: Stage) => Promise<void>): Promise<void>;
}

/** Waits until all that is under way has arrived, where what was sent together may not arrive together. */
type Arrived = (self: Self) => unknown;

/** What a puppet's master knows of it. */
export class Puppet {
  readonly #down;
  #orders = 0;

  constructor(
    readonly self: Self,
    readonly pid: Pid,
    readonly arrived: Arrived,
  ) {
    this.#down = self.monitor(pid);
  }

  /** Has it take these steps without a pause; answers what each of them answered. */
  async do(...steps: readonly Step[]): Promise<readonly unknown[]> {
    const number = this.tell(...steps);
    const told = await this.self.receive(
      (message) => (this.#told(message, "did") || this.#told(message, "refused")) && (message as readonly unknown[])[2] === number,
    );
    const [what, , , answer] = told as Extract<Told, readonly ["did" | "refused", ...unknown[]]>;
    if (what === "refused") throw Object.assign(new Error(answer.message), answer);
    return answer;
  }

  async ask<T = unknown>(step: Step): Promise<T> {
    return (await this.do(step))[0] as T;
  }

  /** The same without waiting: it will die of it, say. */
  tell(...steps: readonly Step[]): number {
    const number = ++this.#orders;
    this.self.send(this.pid, ["order", number, steps]);
    return number;
  }

  #told(message: unknown, what: Told[0]): boolean {
    return Array.isArray(message) && message[0] === what && message[1] === this.pid;
  }

  /** The next message that it received. */
  async got(): Promise<unknown> {
    return ((await this.self.receive((message) => this.#told(message, "got"))) as readonly unknown[])[2];
  }

  /** Everything that it has received and that was not asked for yet. What was under way to it from its master's node has arrived by then. */
  async all(): Promise<unknown[]> {
    await this.arrived(this.self);
    await this.ask(["ping"]);
    const all: unknown[] = [];
    for (;;) {
      const told = await this.self.receive((message) => this.#told(message, "got"), { after: 0 });
      if (told === undefined) return all;
      all.push((told as readonly unknown[])[2]);
    }
  }

  /** Resolves with its exit reason. */
  async end(): Promise<unknown> {
    const down = await this.self.receive((message): message is Down => message instanceof Down && message.ref === this.#down);
    await this.arrived(this.self);
    return plain(down.reason);
  }

  async kill(): Promise<unknown> {
    this.self.exit(this.pid, "kill");
    return this.end();
  }
}

/** What a scene is given: puppets at either place, and the master's own process. */
export class Stage {
  #last = 0;
  readonly #puppets: Puppet[] = [];

  constructor(
    readonly self: Self,
    readonly starts: { readonly a: Start; readonly b: Start },
    readonly arrived: Arrived,
  ) {}

  /** A new puppet at the one place, or at the other. */
  async at(place: "a" | "b"): Promise<Puppet> {
    const id = `p${++this.#last}`;
    this.starts[place](this.self.pid, id);
    return this.here(id);
  }

  /** The puppet with this id, as soon as it says that it is there: one that was started by another puppet, say. */
  async here(id: string): Promise<Puppet> {
    const told = await this.self.receive((message) => Array.isArray(message) && message[0] === "here" && message[1] === id);
    const one = new Puppet(this.self, (told as readonly unknown[])[2] as Pid, this.arrived);
    this.#puppets.push(one);
    return one;
  }

  async clear(): Promise<void> {
    // All at once, for some are linked; then the masters' monitors say when each is gone.
    for (const { pid } of this.#puppets) this.self.exit(pid, "kill");
    for (const { pid } of this.#puppets) {
      const ref = this.self.monitor(pid);
      await this.self.receive((message) => message instanceof Down && message.ref === ref);
    }
  }
}

const scene =
  (starts: Stage["starts"], play: (stage: Stage) => Promise<void>, arrived: Arrived = () => undefined) =>
  async (self: Self): Promise<void> => {
    const stage = new Stage(self, starts, arrived);
    try {
      await play(stage);
    } finally {
      await stage.clear();
    }
  };

/** Nothing of a scene is left on a node. */
function expectEmpty(node: Node): void {
  expect({ processes: node.processCount, addresses: [...node.table.keys()], names: [...node.names.keys()], stragglers: node.stragglers }).toEqual({
    processes: 0,
    addresses: [],
    names: [],
    stragglers: 0,
  });
}

/** Crashes are part of the scenes. */
export const quiet = (_report: CrashReport): void => undefined;

const on =
  (node: Node): Start =>
  (master, id) =>
    void node.spawn((self) => puppet(self, master, id));

const anyCrash = (): true => true;
const anyNumber = { times: Number.POSITIVE_INFINITY };

/** By turns, or under each of some seeds. What a scene leaves behind fails it. */
function eventLoop(seeds?: number): Venue {
  return {
    name: seeds === undefined ? "on one event loop" : `on one event loop, under ${seeds} seeds`,
    virtual: true,
    play(what) {
      const options = seeds === undefined ? {} : { seeds };
      return supervised({ ...options, exit: "normal" }, (all) => {
        all.expectCrash(anyCrash, anyNumber);
        return scene({ a: on(all.node), b: on(all.node) }, what)(all.self);
      })();
    },
  };
}

/** A wire that takes no time, and between whose signals others may go on. */
function simulated(a: "near" | "far", b: "near" | "far", seeds: number): Venue {
  return {
    name: `from the ${a} to the ${b} of two simulated nodes, under ${seeds} seeds`,
    virtual: true,
    play: (what) =>
      simulate({ nodes: ["near", "far"], seeds, delay: [0, 0] }, (sim) => {
        sim.expectCrash(anyCrash, anyNumber);
        return sim.run(
          "near",
          scene({ a: on(sim.nodes[a]), b: on(sim.nodes[b]) }, what, (self) => self.sleep(1)),
        );
      })(),
  };
}

function memory(a: "near" | "far", b: "near" | "far"): Venue {
  return {
    name: `from the ${a} to the ${b} node of a memory wire`,
    virtual: true,
    async play(what) {
      const time = new VirtualTime({ name: "near", reporter: quiet });
      const nodes = { near: time.node, far: new Node({ name: "far", clock: time.clock, scheduler: new Scheduler(() => 0), reporter: quiet }) };
      const [here, there] = memoryWire();
      connect(nodes.near, "far", here);
      connect(nodes.far, "near", there);
      await time.run(scene({ a: on(nodes[a]), b: on(nodes[b]) }, what));
      await time.advance(0);
      expectEmpty(nodes.near);
      expectEmpty(nodes.far);
      expect(time.clock.pending).toBe(0);
    },
  };
}

const module = new URL("./fixtures/puppet.ts", import.meta.url);
const { puppet: far } = tasksFrom<typeof Puppets>(module);

/** The nodes of a troupe. */
type Seat = "the main thread" | "thread one" | "thread two" | "process one" | "process two";

/** One node with threads and child processes, which start when they are needed, for all scenes of a test file. */
class Troupe {
  readonly node = new Node({ name: "main", reporter: quiet });
  readonly seats = {
    "thread one": this.#supervisor(threads({ size: 1, concurrentTasksPerThread: 500 })),
    "thread two": this.#supervisor(threads({ size: 1, concurrentTasksPerThread: 500 })),
    "process one": this.#supervisor(processes({ size: 1, concurrentTasksPerProcess: 500 })),
    "process two": this.#supervisor(processes({ size: 1, concurrentTasksPerProcess: 500 })),
  };

  #supervisor(place: PlaceFactory): TaskSupervisor {
    return TaskSupervisor.start({ node: this.node, on: place, shutdown: "brutal_kill" });
  }

  start(seat: Seat): Start {
    if (seat === "the main thread") return on(this.node);
    return (master, id) => void this.seats[seat].startChild(far(master, id));
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.seats).map((one) => one.stop()));
    expectEmpty(this.node);
  }
}

let troupe: Troupe | undefined;

function between(a: Seat, b: Seat): Venue {
  return {
    name: `from ${a} to ${b}`,
    virtual: false,
    async play(what) {
      const all = (troupe ??= new Troupe());
      await run(scene({ a: all.start(a), b: all.start(b) }, what), { node: all.node });
    },
  };
}

/** Nodes on a network, in programs of their own, for all scenes of a test file. */
class Ensemble {
  readonly #seats: ReadonlyMap<string, TaskSupervisor>;

  private constructor(readonly fleet: Fleet) {
    const { here, workers } = fleet;
    here.node.reporter = quiet;
    this.#seats = new Map(
      workers.map(({ name }) => [name, TaskSupervisor.start({ node: here.node, on: here.on(name), concurrency: 500, shutdown: "brutal_kill" })]),
    );
  }

  static async start(): Promise<Ensemble> {
    return new Ensemble(await Fleet.start(["one", "two"], { modules: [module], concurrency: 500 }));
  }

  start(seat: string): Start {
    const supervisor = this.#seats.get(seat);
    if (supervisor === undefined) return on(this.fleet.here.node);
    return (master, id) => void supervisor.startChild(far(master, id));
  }

  async close(): Promise<void> {
    const { here } = this.fleet;
    await Promise.all([...this.#seats.values()].map((one) => one.stop()));
    await this.fleet[Symbol.asyncDispose]();
    // What stands for the node, and keeps its process groups, stays with it.
    expect({ processes: here.node.processCount, names: [...here.node.names.keys()].sort(), stragglers: here.node.stragglers }).toEqual({
      processes: 2,
      names: ["net_kernel", "pg"],
      stragglers: 0,
    });
  }
}

let ensemble: Promise<Ensemble> | undefined;

/** A question from the one node to the other, and its answer: what was sent before it, on a way that the master's signals do not go, has arrived. */
const askedAt =
  (start: Start, other: string): Arrived =>
  async (self) => {
    start(self.pid, "asker");
    const here = await self.receive((message) => Array.isArray(message) && message[0] === "here" && message[1] === "asker");
    const asker = new Puppet(self, (here as readonly unknown[])[2] as Pid, () => undefined);
    await asker.do(["monitor", { name: "nobody", node: other }]);
    await asker.got();
    asker.tell(["leave", "normal"]);
    await asker.end();
  };

function onNetwork(a: string, b: string): Venue {
  return {
    name: `a cluster, from ${a} to ${b}`,
    virtual: false,
    async play(what) {
      const all = await (ensemble ??= Ensemble.start());
      const arrived = a === "home" || b === "home" ? undefined : askedAt(all.start(a), b);
      await run(scene({ a: all.start(a), b: all.start(b) }, what, arrived), { node: all.fleet.here.node });
    },
  };
}

/** The places that the kernel's rows hold at. */
export const venues: readonly Venue[] = [
  eventLoop(),
  eventLoop(10),
  simulated("near", "far", 5),
  simulated("far", "near", 5),
  memory("near", "far"),
  memory("far", "near"),
  between("the main thread", "thread one"),
  between("thread one", "the main thread"),
  between("thread one", "thread two"),
  between("the main thread", "process one"),
  between("process one", "the main thread"),
  between("process one", "process two"),
  between("thread one", "process one"),
  ...(hasNats ? [onNetwork("home", "one"), onNetwork("one", "home"), onNetwork("one", "two")] : []),
];

afterAll(() => troupe?.close());
afterAll(async () => (await ensemble)?.close());
