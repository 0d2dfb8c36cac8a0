import { isError } from "../kernel/attempt.js";
import { systemClock } from "../kernel/clock.js";
import type { CrashReport } from "../kernel/crash-report.js";
import { Exited, TaskwardError } from "../kernel/errors.js";
import type { Node } from "../kernel/node.js";
import { type Check, anything, checkFinite, checkFlag, checkOptions } from "../kernel/options.js";
import type { Process } from "../kernel/process.js";
import type { ExitReason } from "../kernel/reasons.js";
import { Scheduler, soon } from "../kernel/scheduler.js";
import type { Self } from "../kernel/self.js";
import type { CrashMatch, ExpectCrashOptions } from "./expected-crashes.js";
import { checkSeed } from "./random.js";
import { SeededScheduler } from "./seeded-scheduler.js";
import { standIn } from "./stand-in.js";
import { VirtualTime, settled } from "./virtual-time.js";
import { Watch } from "./watch.js";
import { WatchedNode } from "./watched-node.js";

/** How a test is played; the defaults are right for most. */
export interface SceneOptions {
  /** What pids of the node begin with. Default `"main"`. */
  readonly name?: string;
  /** Time is virtual: it passes when nothing else is left to do, and takes none. Default true; give false where threads, sockets or files take part. */
  readonly virtual?: boolean;
  /** Chance decides who goes on among those who are ready: the same seed, the same run. Default: first come, first served. */
  readonly seed?: number | undefined;
  /** Messages that are delivered on the node are frozen deeply, so that whoever changes one gets a TypeError. Default true. */
  readonly freeze?: boolean;
  /**
   * The reason with which the test's own process exits when its function has returned. The default, `"shutdown"`, takes along what is linked to it;
   * with `"normal"` that has leaked if it is still there.
   */
  readonly exit?: ExitReason;
  /** How many milliseconds what is linked to the test's process, and traps exits, has to stop. Default 5000. */
  readonly grace?: number;
  /** The node serves whoever names none while the test runs, as `defaultNode()` does. Default true. */
  readonly standIn?: boolean;
  /** Looks for handles that hold the event loop and did not before, where the host tells of them and no other such test runs. Default true. */
  readonly handles?: boolean;
}

export const sceneChecks: Readonly<Record<keyof SceneOptions, Check>> = {
  name: anything, // the node looks at it
  virtual: checkFlag,
  seed: checkSeed,
  freeze: checkFlag,
  exit: anything,
  grace: checkFinite,
  standIn: checkFlag,
  handles: checkFlag,
};

/**
 * A test's own node, and its own process on it. Made by `supervised`.
 *
 * @example
 * await using scene = supervised();
 * const child = scene.self.spawnLink((self) => self.sleep(1_000));
 * await scene.time.until(scene.self.receive(undefined, { after: 2_000 }));
 */
export class Scene implements AsyncDisposable {
  /** The node. */
  readonly node: Node;
  /** The handle of the test's own process. */
  readonly self: Self;
  /** What chance goes by; undefined where it has no part. */
  readonly seed: number | undefined;
  readonly #time: VirtualTime | undefined;
  readonly #node: WatchedNode;
  readonly #watch: Watch;
  readonly #giveBack: () => void;
  readonly #options: SceneOptions;
  readonly #process: Process;
  readonly #ended: Promise<ExitReason>;
  /** Ends the process of a test that is written around the scene, not in it. */
  #release: () => void = () => undefined;
  /** The test's function has returned; then what was linked to its process, and may have to be waited for. */
  #linked: Process[] | undefined = undefined;

  /** @internal */
  constructor(options: SceneOptions = {}, play?: (scene: Scene) => unknown) {
    checkOptions("supervised options", options, sceneChecks);
    const { name = "main", virtual = true, seed, freeze = true, handles = true } = options;
    this.#options = options;
    this.seed = seed;
    if (virtual) {
      this.#time = new VirtualTime({ name, seed }, (all) => new WatchedNode({ ...all, freeze }));
      this.#node = this.#time.node as WatchedNode;
    } else {
      const scheduler = seed === undefined ? new Scheduler() : new SeededScheduler(seed);
      this.#node = new WatchedNode({ name, freeze, clock: systemClock, scheduler });
    }
    this.node = this.#node;
    this.#giveBack = options.standIn === false ? () => undefined : standIn(this.#node);
    this.#watch = new Watch([this.#node], { handles, seed });
    let ended: (reason: ExitReason) => void;
    this.#ended = new Promise((resolve) => {
      ended = resolve;
    });
    const held = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    const runs = play === undefined ? "the test" : play.name || "the test";
    const work = (): unknown => (play === undefined ? held : play(this));
    this.#process = this.#node.enter(async () => this.#play(work), { runs, ender: { ended: (_process, reason) => ended(reason) } });
    this.self = this.#process;
    if (play === undefined) {
      this.#watch.enter();
      this.#process.begin();
    } else soon(() => this.#watch.around(() => this.#process.begin())); // when somebody waits for it
  }

  /** Its time. @throws TaskwardError where time is not virtual */
  get time(): VirtualTime {
    if (this.#time === undefined) throw new TaskwardError("invalid_option", "this scene has no virtual time: leave out { virtual: false }");
    return this.#time;
  }

  /** Every crash on the node, in order, whoever was told of it. */
  get reports(): readonly CrashReport[] {
    return this.#watch.reports;
  }

  /**
   * Says that something is going to crash, or has, and nobody else is told: without it, the test fails for it. If it does not crash, the test fails,
   * too.
   * @throws InvalidOption when the match is none
   */
  expectCrash(match: CrashMatch, options?: ExpectCrashOptions): void {
    this.#watch.expectCrash(match, options);
  }

  /** Lets time pass until `promise` is settled; where time is real, waits. @throws what it rejects with; Deadlock when nothing can happen any more */
  async until<R>(promise: PromiseLike<R>): Promise<Awaited<R>> {
    return this.#time === undefined ? await promise : await this.#time.until(promise);
  }

  /** Lets `ms` milliseconds pass, and everything happen that happens within them; where time is real, waits. */
  async advance(ms: number): Promise<void> {
    if (this.#time !== undefined) await this.#time.advance(ms);
    else await new Promise<void>((resolve) => void systemClock.set(resolve, ms));
  }

  async #play(work: () => unknown): Promise<void> {
    await work();
    if (this.#process.dead) return;
    const { exit = "shutdown" } = this.#options;
    this.#linked = [...(this.#process.tied?.links ?? [])].map((pid) => this.#node.find(pid)).filter((one) => one !== undefined);
    if (exit !== "normal") this.#process.exit(exit);
  }

  /** Waits for the end of the test, and looks at what is left. @throws what the test threw; NotClean when something is left */
  async end(): Promise<void> {
    let error: unknown;
    let failed = false;
    try {
      const reason = await this.#watch.around(() => this.until(this.#ended));
      if (this.#linked === undefined) {
        failed = true;
        error = isError(reason) ? reason : new Exited(this.#process.pid, reason);
      } else await this.#watch.around(() => this.#wait(this.#linked ?? []));
    } catch (caught) {
      failed = true;
      error = caught;
    }
    this.#giveBack();
    if (failed) throw this.#watch.failed(error);
    await this.#time?.advance(0); // what is due by now is under way, not left
    await this.#watch.passed();
  }

  async #wait(linked: readonly Process[]): Promise<void> {
    const { grace = 5_000 } = this.#options;
    const stopped = (): boolean => linked.every(({ dead }) => dead);
    if (this.#time !== undefined) await this.#time.passUntil(stopped, this.#time.now + grace);
    else {
      for (const deadline = systemClock.now() + grace; !stopped() && systemClock.now() < deadline;) {
        await new Promise<void>((resolve) => void systemClock.set(resolve, 1));
      }
    }
  }

  /** Ends the test's process, and looks at what is left. @throws NotClean when that is anything; what the test's process crashed with */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#release();
    await settled();
    await this.end();
  }
}
