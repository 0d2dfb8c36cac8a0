import { Dice } from "./dice.js";
import type { Act, Attempt, Child, Dyn, Kind, Reason, Restart, Scenario, Step, Sup } from "./scenario.js";

/**
 * Times are far from each other, so that a slow machine comes to the same: what is deaf gets `deaf` ms, what need not wait gets `ample`, and `brief`
 * is what a supervisor gets that has to wait for the one child of a scenario that takes `stuck` ms.
 */
export const times = { deaf: 20, brief: 250, stuck: 1_200, ample: 20_000, window: 2, pass: 3_600, forever: 1_000 };

class Grower {
  readonly #dice: Dice;
  readonly #timed: boolean;
  #stuckLeft: number;

  constructor(dice: Dice, timed: boolean) {
    this.#dice = dice;
    this.#timed = timed;
    this.#stuckLeft = timed || dice.chance(0.7) ? 0 : 1;
  }

  sup(id: string, depth: number): Sup {
    const dice = this.#dice;
    const autoShutdown = dice.weighed([
      [depth === 1 ? 9 : 5, "never"],
      [2, "any_significant"],
      [2, "all_significant"],
    ] as const);
    const names = ["a", "b", "c", "d", "e"].slice(0, dice.whole(1, depth === 1 ? 5 : 4));
    return {
      type: "sup",
      id,
      strategy: dice.of(["one_for_one", "one_for_all", "rest_for_one"] as const),
      ...this.#intensity(depth),
      autoShutdown,
      starts: this.#starts(0.06, false, depth > 1),
      children: names.map((name) => this.child(name, depth, autoShutdown !== "never")),
    };
  }

  dyn(id: string, isRoot: boolean): Dyn {
    const dice = this.#dice;
    return { type: "dyn", id, maxChildren: dice.whole(1, 5), ...this.#intensity(isRoot ? 1 : 2), starts: this.#starts(0.06, false, !isRoot) };
  }

  #intensity(depth: number): { maxRestarts: number; maxSeconds: number } {
    const dice = this.#dice;
    return {
      maxRestarts: dice.of(depth === 1 ? [0, 1, 2, 3, 5, 8, 8, 12] : [0, 1, 1, 2, 2, 3, 5, 8]),
      maxSeconds: this.#timed && dice.chance(0.7) ? times.window : times.forever,
    };
  }

  #starts(often: number, stillborn: boolean, mayFail = true): Attempt[] {
    const dice = this.#dice;
    if (!mayFail || !dice.chance(often)) return [];
    return dice.times(dice.whole(2, 8), (n) =>
      dice.weighed<Attempt>([
        [n === 0 ? 40 : 4, "ok"],
        [4, "fail"],
        [1, "raise"],
        [2, "ignore"],
        [2, "late"],
        [stillborn ? 1 : 0, "boom"],
        [stillborn ? 0.7 : 0, "normal"],
      ]),
    );
  }

  // A child of a supervisor of this depth. None is stillborn below a second one: that one would restart it while the first goes on, in no order.
  child(id: string, depth: number, maySignify: boolean): Child {
    const dice = this.#dice;
    const restart = dice.weighed<Restart>([
      [6, "permanent"],
      [3, "transient"],
      [1.5, "temporary"],
    ]);
    const significant = maySignify && restart !== "permanent" && dice.chance(0.6);
    const common = { restart, significant };
    if (depth < 3 && dice.chance(0.27)) {
      const stuckBefore = this.#stuckLeft;
      const what = dice.chance(0.15) ? this.dyn(id, false) : this.sup(id, depth + 1);
      const holdsStuck = this.#stuckLeft < stuckBefore;
      const shutdown = dice.weighed<Child["shutdown"]>([
        [5, "infinity"],
        [2, "brutal_kill"],
        [3, holdsStuck && !holdsBrief(what) ? times.brief : times.ample],
      ]);
      return { ...common, shutdown, what };
    }
    const kind = dice.weighed<Kind>([
      [7, "polite"],
      [5, "slow"],
      [5, "plain"],
      [2, "deaf"],
      [2, "odd"],
    ]);
    const shutdown = kind === "deaf" ? this.#deafTime() : dice.of([times.ample, times.ample, "infinity", "brutal_kill"] as const);
    return { ...common, shutdown, what: { type: "leaf", id, kind, starts: this.#starts(depth > 3 ? 0.7 : 0.4, depth === 1 || depth > 3) } };
  }

  #deafTime(): Child["shutdown"] {
    if (this.#stuckLeft > 0 && this.#dice.chance(0.6)) {
      this.#stuckLeft--;
      return times.stuck;
    }
    return this.#dice.of([times.deaf, times.deaf, "brutal_kill"] as const);
  }
}

const holdsBrief = (what: Child["what"]): boolean =>
  what.type === "sup" && what.children.some((child) => (child.what.type === "sup" && child.shutdown === times.brief) || holdsBrief(child.what));

interface Place {
  readonly path: string;
  readonly what: Child["what"];
}

function places(what: Child["what"], above = ""): Place[] {
  const path = above === "" ? what.id : `${above}/${what.id}`;
  return [{ path, what }, ...(what.type === "sup" ? what.children.flatMap((child) => places(child.what, path)) : [])];
}

function makeSteps(dice: Dice, grower: Grower, root: Sup | Dyn, timed: boolean): Step[] {
  const all = places(root);
  const added = ["x", "y", "z"];
  for (const { path, what } of [...all]) {
    if (what.type !== "dyn" && !dice.chance(0.15)) continue;
    for (const id of added) if (what.type !== "leaf") all.push({ path: `${path}/${id}`, what: { type: "leaf", id, kind: "polite", starts: [] } });
  }
  const leaves = all.filter(({ what }) => what.type === "leaf");
  const sups = all.filter(({ what }) => what.type !== "leaf");
  const reason = (): Reason => dice.of<Reason>(["boom", "boom", "boom", "normal", "shutdown", { shutdown: "why" }]);
  const idUnder = (path: string): string =>
    dice
      .of([...all.map((place) => place.path).filter((below) => below.startsWith(`${path}/`)), `${path}/x`])
      .slice(path.length + 1)
      .split("/")[0] ?? "x";

  const newChild = ({ what }: Place, id?: string): Child =>
    grower.child(
      id ?? dice.of(what.type === "dyn" || dice.chance(0.7) ? added : ["a", "b", "c"]),
      dice.chance(0.1) ? 2 : 4,
      what.type === "sup" && what.autoShutdown !== "never",
    );

  // To stop is not among them: in OTP that waits its turn, here it overtakes what waits, so that nothing is started only to be stopped.
  const act = (sup: Place, often: string): Act => {
    const id = dice.chance(0.5) ? often : idUnder(sup.path);
    const fixed = sup.what.type === "sup" ? 1 : 0;
    return dice.weighed<() => Act>([
      [8, () => ["kill", id]],
      [2, () => ["exit", id]],
      [4 - 2 * fixed, () => ["terminate_child", id]],
      [2 * fixed, () => ["restart_child", id]],
      [2 * fixed, () => ["delete_child", id]],
      [3 - fixed, () => ["start_child", newChild(sup)]],
      [2 * fixed, () => ["which", "nothing"]],
      [1, () => ["count", "nothing"]],
    ])();
  };

  const burst = (sup: Place): Act[] => {
    const often = idUnder(sup.path);
    return dice.times(dice.whole(1, 6), () => act(sup, often));
  };

  const step = (): Step => {
    const leaf = dice.of(leaves.length > 0 ? leaves : all).path;
    const sup = dice.of(sups);
    const dynamic = sup.what.type === "dyn";
    return dice.weighed<() => Step>([
      [30, () => ["exit", leaf, reason()]],
      [10, () => ["kill", leaf]],
      [4, () => ["kill", dice.of(sups.length > 1 ? sups.slice(1) : all).path]],
      [0.4, () => ["kill", root.id]],
      [1.5, () => ["unlink", leaf]],
      [6, () => ["signal", dice.of(all.slice(1).length > 0 ? all.slice(1) : all).path, reason()]],
      [dynamic ? 60 : 25, () => ["burst", sup.path, burst(sup)]],
      [10, () => ["terminate_child", sup.path, idUnder(sup.path)]],
      [dynamic ? 0 : 8, () => ["restart_child", sup.path, idUnder(sup.path)]],
      [dynamic ? 0 : 6, () => ["delete_child", sup.path, idUnder(sup.path)]],
      [dynamic ? 60 : 8, () => ["start_child", sup.path, newChild(sup)]],
      [timed ? 10 : 0, () => ["pass", times.pass]],
      [1, () => ["parent_exit", reason()]],
      [4, () => ["stop", dice.chance(0.2) ? root.id : sup.path, dice.of<Reason>(["normal", "shutdown", { shutdown: "why" }])]],
    ])();
  };

  const steps: Step[] = [];
  if (root.type === "dyn") steps.push(...added.map((id) => ["start_child", root.id, newChild({ path: root.id, what: root }, id)] as const));
  const count = steps.length + dice.whole(4, 12);
  let passes = 0;
  while (steps.length < count) {
    const one = step();
    if (one[0] === "pass" && ++passes > 2) continue;
    const again = (one[0] === "exit" || one[0] === "kill" || one[0] === "burst") && dice.chance(0.3) ? dice.whole(1, 4) : 0;
    steps.push(...dice.times(again + 1, () => one));
  }
  return steps;
}

/** One scenario, the same for the same seed. */
export function makeScenario(seed: number): Scenario {
  const dice = new Dice(seed);
  const timed = dice.chance(0.25);
  const grower = new Grower(dice, timed);
  const root = dice.chance(0.15) ? grower.dyn("root", true) : grower.sup("root", 1);
  const steps = makeSteps(dice, grower, root, timed);
  const brief = JSON.stringify([root, steps]).includes(`"shutdown":${times.brief}`);
  return { seed, time: timed ? "window" : brief ? "brief" : "still", root, steps };
}
