import { checkCount, checkFunction, checkOptions } from "../kernel/options.js";
import { Scene, type SceneOptions, sceneChecks } from "./scene.js";

/** How a test is played, and how often. */
export interface SupervisedOptions extends SceneOptions {
  /** Plays the test under so many seeds, one after the other: from `seed` on, or from 1. */
  readonly seeds?: number;
}

const checks = { ...sceneChecks, seeds: (option: string, value: unknown) => checkCount(option, value, { infinity: false }) };

/**
 * A test on a node of its own, in virtual time, that fails when it leaves something behind: a process, a timer, an address, a straggler, a handle that
 * holds the event loop, or a crash that nobody was told of. Messages are frozen on the way. It works with any runner.
 *
 * Given a function, answers one for the runner: what it is given runs as a process of the node, and may take the time it wants.
 *
 * @param options how the test is played
 * @param play the test: gets the scene, with `self`, `node`, `time`
 * @throws InvalidOption for an option that cannot be; the test throws what `play` threw, and NotClean when something is left
 * @example
 * it("is told of the end of what it monitors", supervised(async ({ self }) => {
 *   const { ref } = self.spawnMonitor((child) => child.sleep(60_000));
 *   expect(await self.receive()).toMatchObject({ ref, reason: "normal" });
 * }));
 */
export function supervised(play: (scene: Scene) => unknown): () => Promise<void>;
export function supervised(options: SupervisedOptions, play: (scene: Scene) => unknown): () => Promise<void>;
/**
 * The same around a test: what is left is looked for when the scene is disposed of. Time passes in `scene.until` and `scene.advance`.
 *
 * @example
 * await using scene = supervised({ seed: 7 });
 * const child = scene.self.spawnLink((self) => self.sleep(1_000));
 * await scene.advance(1_000);
 */
export function supervised(options?: SceneOptions): Scene;
export function supervised(...given: readonly unknown[]): Scene | (() => Promise<void>) {
  const [options, play] = typeof given[0] === "function" ? [{}, given[0]] : given;
  if (given.length < 2 && play === undefined) return new Scene(options as SceneOptions | undefined);
  checkFunction("supervised(play): play", play);
  checkOptions("supervised options", options as object, checks);
  const { seeds, ...rest } = options as SupervisedOptions;
  const test = play as (scene: Scene) => unknown;
  return async () => {
    if (seeds === undefined) await new Scene(rest, test).end();
    else for (let at = 0, first = rest.seed ?? 1; at < seeds; at++) await new Scene({ ...rest, seed: first + at }, test).end();
  };
}
